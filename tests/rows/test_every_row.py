"""The laws of backbones, for every row of the catalogue: slow, because every network is really built and run.

Random weights, each network built once. Vectors are shaken first: fresh networks have biases of zero and branch scales
of a millionth, with which a stage that forgot a term would pass unnoticed.
"""

import gc
import tempfile
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
import torch
from torch import Tensor, nn
from torch.nn.modules.batchnorm import _BatchNorm

from core.backbones.catalogue import list_backbones
from core.backbones.freezing import frozen_until, hash_frozen
from core.backbones.measuring import describe_backbone
from core.backbones.networks.families import build_network, stage_network
from core.backbones.networks.hollow import give_memory, restore_constants
from core.backbones.networks.initialisation import initialise_weights
from core.backbones.records import BackboneRow
from core.backbones.staged import StagedBackbone
from core.features import openvino_model
from core.features.cache import ArrayCache
from core.features.engine import Engine
from core.features.frozen_pass import build_pass
from core.features.sources import Batch

SMALL_PX = 64
SMALL_PX_OF_NETWORKS_THAT_NEED_MORE = 96
N_TOKENS = 8
TOLERANCE = 1e-4
ENGINE_TOLERANCE = 1e-3
"""Largest relative difference between OpenVINO and torch in float32: they sum in different orders."""

_RESNET = ["stem", "layer1", "layer2", "layer3", "layer4"]
_EFFICIENTNET = ["stem", *(f"blocks.{i}" for i in range(7)), "conv_head"]
_VIT = ["embed", *(f"block.{i}" for i in range(12))]
_VGG = ["conv1", "conv2", "conv3", "conv4", "conv5", "fc"]
_SIX_LAYERS = ["embeddings", *(f"layer.{i}" for i in range(6))]
_TWELVE_LAYERS = ["embeddings", *(f"layer.{i}" for i in range(12))]

STAGES = {  # permanent: runs and freeze plans name them
    "efficientnet-lite0": _EFFICIENTNET,
    "resnet18": _RESNET,
    "resnet34": _RESNET,
    "resnet50": _RESNET,
    "vgg16": _VGG,
    "vgg19": _VGG,
    "googlenet": ["stem", *(f"inception{block}" for block in ("3a", "3b", "4a", "4b", "4c", "4d", "4e", "5a", "5b"))],
    "inception-v3": [
        "stem",
        *(f"mixed{block}" for block in ("5b", "5c", "5d", "6a", "6b", "6c", "6d", "6e", "7a", "7b", "7c")),
    ],
    "densenet121": ["stem", "block1", "block2", "block3", "block4"],
    "mobilenetv2": ["stem", "blocks.1", "blocks.2", "blocks.3", "blocks.4", "conv_head"],
    "mobilenetv3-large": ["stem", "blocks.1", "blocks.2", "blocks.3", "blocks.4", "conv_head", "fc"],
    "efficientnet-b0": _EFFICIENTNET,
    "regnet-y-800mf": ["stem", "block1", "block2", "block3", "block4"],
    "convnext-tiny": ["stem", "blocks.0", "blocks.1", "blocks.2", "blocks.3", "norm"],
    "vit-s16": _VIT,
    "vit-b16": _VIT,
    "swin-t": ["embed", "blocks.0", "blocks.1", "blocks.2", "blocks.3"],
    "minilm-l6": _SIX_LAYERS,
    "bge-small": _TWELVE_LAYERS,
    "e5-small": _TWELVE_LAYERS,
    "minilm-l12-multilingual": _TWELVE_LAYERS,
    "bert-base": _TWELVE_LAYERS,
    "distilbert": _SIX_LAYERS,
    "roberta-base": _TWELVE_LAYERS,
    "electra-small": _TWELVE_LAYERS,
    "deberta-v3-small": _SIX_LAYERS,
    "gpt2": _TWELVE_LAYERS,
    "xlm-roberta-base": _TWELVE_LAYERS,
}


@dataclass(frozen=True, kw_only=True, slots=True)
class Built:
    """One network under test.

    Attributes:
        network: the library's own, its tensors shared with the stages.
        backbone: its stages.
        batch: two samples it can take; of the first text, the last tokens are padding.
    """

    network: Any
    backbone: StagedBackbone
    batch: Batch


@pytest.fixture(scope="module")
def built(request: pytest.FixtureRequest) -> Iterator[Built]:
    row: BackboneRow = request.param
    network = build_network(row)
    give_memory(network)
    restore_constants(network)
    backbone = stage_network(row, network).eval()
    generator = torch.Generator().manual_seed(3)
    initialise_weights(backbone, generator, linear_std=0.02)
    _shake(backbone, generator)
    yield Built(network=network, backbone=backbone, batch=_batch_for(row, generator))
    del network, backbone
    gc.collect()


# All tests of a row run in one process, so that its network is built once.
every_row = pytest.mark.parametrize(
    "built",
    [pytest.param(row, id=row.id, marks=pytest.mark.xdist_group(row.id)) for row in list_backbones()],
    indirect=True,
)
every_image_row = pytest.mark.parametrize(
    "built",
    [pytest.param(row, id=row.id, marks=pytest.mark.xdist_group(row.id)) for row in list_backbones("image")],
    indirect=True,
)
every_text_row = pytest.mark.parametrize(
    "built",
    [pytest.param(row, id=row.id, marks=pytest.mark.xdist_group(row.id)) for row in list_backbones("text")],
    indirect=True,
)


@every_row
def test_the_stages_have_their_permanent_names_and_parameters_each(built: Built) -> None:
    assert list(built.backbone.stage_names) == STAGES[built.backbone.row.id]
    for name in built.backbone.stage_names:
        assert next(built.backbone.stage(name).parameters(), None) is not None


@every_row
def test_features_have_the_stated_width_and_differ_between_samples(built: Built) -> None:
    features = _features(built)
    assert features.shape == (2, built.backbone.n_features)
    assert features.dtype == torch.float32
    assert torch.isfinite(features).all()
    assert not torch.allclose(features[0], features[1], rtol=1e-3)
    info = describe_backbone(built.backbone.row.id)
    assert info.n_features == built.backbone.n_features
    assert info.n_parameters == sum(parameter.numel() for parameter in built.backbone.parameters())
    with torch.inference_mode():
        joined = built.backbone.join(built.backbone.each_stage(built.batch.values, built.batch.mask), built.batch.mask)
    assert joined.shape == (2, sum(info.stage_widths))


@every_row
def test_the_whole_pass_equals_two_passes_joined_at_every_border(built: Built) -> None:
    backbone, batch = built.backbone, built.batch
    whole = _features(built)
    activation = batch.values
    with torch.inference_mode():
        for border in range(1, len(backbone.stage_names) + 1):
            activation = backbone.run_stages(activation, batch.mask, start=border - 1, stop=border)
            kept = activation.clone()
            joined = backbone.pool(backbone.run_stages(activation, batch.mask, start=border), batch.mask)
            torch.testing.assert_close(joined, whole, rtol=TOLERANCE, atol=TOLERANCE)
            assert torch.equal(activation, kept), "what was cached is written to"
            assert isinstance(activation, Tensor)


@every_image_row
def test_pooled_features_are_what_the_library_hands_to_its_last_layer(built: Built) -> None:
    layers = [layer for layer in built.network.modules() if isinstance(layer, nn.Linear)]
    taken: list[Tensor] = []
    hook = layers[-1].register_forward_pre_hook(lambda _, values: taken.append(values[0]))
    with torch.inference_mode():
        built.network.eval()(built.backbone.normalise(built.batch.values))
    hook.remove()
    torch.testing.assert_close(_features(built), taken[0].flatten(1), rtol=TOLERANCE, atol=TOLERANCE)


@every_text_row
def test_features_of_a_text_do_not_depend_on_padding_or_neighbours(built: Built) -> None:
    ids = built.batch.values[:1, :5]
    padded = torch.full((2, 17), 1)
    padded[0, :5] = ids
    mask = torch.zeros(2, 17, dtype=torch.bool)
    mask[0, :5] = True
    mask[1] = True
    with torch.inference_mode():
        torch.testing.assert_close(
            built.backbone(padded, mask)[:1], built.backbone(ids), rtol=TOLERANCE, atol=TOLERANCE
        )


@every_row
@pytest.mark.skipif(not openvino_model.is_available(), reason="OpenVINO is not installed, or not for this processor")
def test_openvino_agrees_with_torch(built: Built) -> None:
    backbone, batch = built.backbone, built.batch
    cut = len(backbone.stage_names) // 2
    found: dict[str, tuple[Tensor, Tensor]] = {}
    with tempfile.TemporaryDirectory() as folder:  # pytest would keep gigabytes of converted networks
        for backend in ("torch", "openvino"):
            run = build_pass(
                backbone,
                cut=cut,
                want_pooled=True,
                engine=Engine(device="cpu", frozen="float32", trained="float32", backend=backend),
                cache=ArrayCache(Path(folder)),
                weights_key="random",
            )
            at_cut, pooled = run(batch)
            assert at_cut is not None
            assert pooled is not None
            valid = at_cut if batch.mask is None else at_cut[batch.mask]
            found[backend] = (valid.clone(), pooled.clone())
            del run
    for expected, given in zip(found["torch"], found["openvino"], strict=True):
        assert given.shape == expected.shape
        difference = torch.linalg.vector_norm(given - expected) / torch.linalg.vector_norm(expected)
        assert float(difference) < ENGINE_TOLERANCE


@every_row
def test_a_step_of_training_changes_no_frozen_tensor_and_reaches_every_other(built: Built) -> None:
    """Stands last: it changes the weights."""
    backbone, batch = built.backbone, built.batch
    frozen = frozen_until(backbone.stage_names, backbone.stage_names[len(backbone.stage_names) // 2])
    trained = [name for name in backbone.stage_names if name not in frozen]
    backbone.train_batch_norm = True
    backbone.apply_freeze(frozen)
    backbone.train()
    before, before_trained = hash_frozen(backbone, frozen), hash_frozen(backbone, trained)
    parameters = [parameter for parameter in backbone.parameters() if parameter.requires_grad]
    optimizer = torch.optim.SGD(parameters, lr=1.0)
    target = torch.randn(2, backbone.n_features, generator=torch.Generator().manual_seed(1))
    state = torch.get_rng_state()
    (backbone(batch.values, batch.mask) * target).sum().backward()
    assert torch.equal(torch.get_rng_state(), state), "a layer draws from the generator that all threads share"
    assert all(parameter.grad is not None for parameter in parameters)
    optimizer.step()
    changed = {name for name, digest in hash_frozen(backbone, trained).items() if digest != before_trained[name]}
    assert hash_frozen(backbone, frozen) == before
    assert {name.split("/")[0] for name in changed} == set(trained)


def _features(built: Built) -> Tensor:
    with torch.inference_mode():
        return built.backbone(built.batch.values, built.batch.mask)


def _shake(backbone: StagedBackbone, generator: torch.Generator) -> None:
    """Adds noise to all that is a vector, and gives BatchNorm statistics of its own."""
    with torch.no_grad():
        for parameter in backbone.parameters():
            if parameter.numel() == max(parameter.shape):
                parameter += 0.1 * torch.randn(parameter.shape, generator=generator)
        for module in backbone.modules():
            if isinstance(module, _BatchNorm):
                module.running_mean.normal_(0, 0.1, generator=generator)
                module.running_var.uniform_(0.5, 1.5, generator=generator)


def _batch_for(row: BackboneRow, generator: torch.Generator) -> Batch:
    if row.modality == "image":
        size_px = row.preprocessing.size_px if row.fixed_size else SMALL_PX
        if size_px < row.min_size_px:
            size_px = SMALL_PX_OF_NETWORKS_THAT_NEED_MORE
        return Batch(torch.randint(0, 256, (2, 3, size_px, size_px), generator=generator, dtype=torch.uint8))
    mask = torch.ones(2, N_TOKENS, dtype=torch.bool)
    mask[0, 5:] = False
    return Batch(torch.randint(5, 900, (2, N_TOKENS), generator=generator), mask)
