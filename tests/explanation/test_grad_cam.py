"""Grad-CAM on networks whose answer can be divided among the places of the image."""

import numpy as np
import pytest
import torch
from torch import nn

from core.backbones.loaders import build_backbone
from core.backbones.staged import StagedBackbone
from core.errors import ConfigurationError
from core.explanation.grad_cam import JOINED_SIDE, grad_cam
from core.explanation.heads import head_of, random_heads
from core.training.classifier import Classifier
from tests.training.networks import WIDTH, tiny_images


def a_classifier(backbone, *, n_classes=2, **options):
    return Classifier(backbone, n_classes, **options).eval()


def noise(side_px, seed=0):
    return torch.randn(1, 3, side_px, side_px, generator=torch.Generator().manual_seed(seed))


def log_odds(classifier, pixels, label):
    with torch.no_grad():
        logits = classifier(pixels)[0]
    return float(logits[label] - logits[1 - label])


def maps_of(classifier, pixels, label=0, trained=(), heads=None):
    return grad_cam(classifier, pixels, label, heads or [head_of(classifier.head)], trained)


def test_behind_a_mean_and_a_linear_head_the_places_add_up_to_the_answer():
    classifier = a_classifier(tiny_images())
    pixels = noise(6)
    found = maps_of(classifier, pixels, label=1)
    assert found.stages == ("last",)
    assert found.scores.shape == (1, 6, 6)
    assert found.scores.sum() == pytest.approx(log_odds(classifier, pixels, 1), rel=1e-4)


def test_a_head_that_reads_every_stage_is_explained_through_all_of_them():
    classifier = a_classifier(tiny_images(), stage_widths=(WIDTH,) * 3)
    pixels = noise(JOINED_SIDE)
    found = maps_of(classifier, pixels)
    assert found.stages == ("stem", "middle", "last")
    assert found.scores.sum() == pytest.approx(log_odds(classifier, pixels, 0), rel=1e-4)
    with torch.no_grad():
        classifier.head.weight[:, :WIDTH] = 0  # nothing of the first stage is read any more
    assert not np.allclose(maps_of(classifier, pixels).scores, found.scores)


def test_the_other_of_two_classes_gets_the_negative():
    classifier = a_classifier(tiny_images())
    for_first, for_second = (maps_of(classifier, noise(6), label=label).scores for label in (0, 1))
    assert np.allclose(for_first, -for_second, atol=1e-6)


def test_the_last_trained_stage_is_looked_at():
    classifier = a_classifier(tiny_images())
    assert maps_of(classifier, noise(6), trained=("stem", "middle")).stages == ("middle",)
    assert maps_of(classifier, noise(6), trained=("stem", "middle", "last")).stages == ("last",)


def test_the_place_that_the_class_was_put_into_is_found():
    """The head is fitted to tell bright pictures from dark ones; then one corner alone is bright."""
    classifier = a_classifier(tiny_images())
    dark, bright = torch.full((1, 3, 16, 16), -1.0), torch.full((1, 3, 16, 16), 1.0)
    with torch.no_grad():
        difference = (classifier.read(bright) - classifier.read(dark))[0]
        classifier.head.weight.copy_(torch.stack([-difference, difference]))
    corner = dark.clone()
    corner[..., :4, -4:] = 1.0
    scores = maps_of(classifier, corner, label=1).scores[0]
    assert scores[1:3, -3:-1].min() > scores[6:10, 6:10].max()  # away from the edges, where padding is seen


@pytest.mark.parametrize("head", ["own", "random"])
def test_each_head_gets_a_map_of_its_own(head):
    classifier = a_classifier(tiny_images())
    own = head_of(classifier.head)
    found = maps_of(classifier, noise(6), heads=[own, *random_heads(own, n=2)])
    alone = maps_of(classifier, noise(6), heads=[own] if head == "own" else [random_heads(own, n=2)[0]])
    assert np.allclose(found.scores[0 if head == "own" else 1], alone.scores[0], atol=1e-6)
    assert not np.allclose(found.scores[0], found.scores[1])


@pytest.mark.parametrize(
    ("backbone_id", "size_px", "stage", "side"),
    [
        ("efficientnet-lite0", 64, "conv_head", 2),
        ("resnet18", 64, "layer4", 2),
        ("vgg16", 64, "conv5", 2),  # its last stage is fully connected
        ("vit-s16", 224, "block.10", 14),  # only the class token is read behind the last block
        ("swin-t", 64, "blocks.3", 2),
    ],
)
def test_networks_of_the_libraries_are_looked_at_where_they_still_have_places(backbone_id, size_px, stage, side):
    classifier = a_classifier(build_backbone(backbone_id, pretrained=False, seed=1), n_classes=3)
    found = maps_of(classifier, noise(size_px), label=2, trained=classifier.backbone.stage_names)
    assert found.stages == (stage,)
    assert found.scores.shape == (1, side, side)
    assert np.ptp(found.scores) > 0


def test_a_network_without_places_is_refused_with_a_remedy():
    flat = nn.Sequential(nn.AdaptiveAvgPool2d(1), nn.Flatten(1), nn.Linear(3, WIDTH))
    backbone = StagedBackbone(tiny_images().row, [("all", flat)], WIDTH).eval()
    with pytest.raises(ConfigurationError, match="occlusion"):
        maps_of(a_classifier(backbone), noise(6))
