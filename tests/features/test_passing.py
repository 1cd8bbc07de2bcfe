"""A pass with taps brings back what an uncached forward computes, once."""

import numpy as np
import pytest
import torch
from torch import nn

from core.backbones.catalogue import get_backbone
from core.backbones.freezing import weights_digest
from core.backbones.loaders import build_backbone
from core.backbones.staged import StagedBackbone
from core.features import passing
from core.features.cache import ArrayCache
from core.features.engine import choose_engine
from core.features.inputs import ReadyInputs, inputs_key, text_inputs
from core.features.passing import tap_features
from core.features.sources import DenseSource, PixelSource
from core.training.classifier import Classifier
from tests.training.networks import image_samples, tiny_images

TEXTS = [
    "Where is my parcel?",
    "I want my money back, the shoes fell apart after two days of rain and nobody answers my letters.",
    "hello",
    "The new lamp is lovely, thank you so much!",
    "Please change the address of order 1234 before it leaves the warehouse, I have moved to another town.",
]
IMAGE_CUTS = (0, 1, 4, 7)
TEXT_CUTS = (0, 1, 4, 6)


@pytest.fixture(scope="module")
def lite0():
    return build_backbone("efficientnet-lite0", pretrained=True)


@pytest.fixture(scope="module")
def minilm():
    return build_backbone("minilm-l6", pretrained=True)


@pytest.fixture(scope="module")
def pixels():
    smooth = np.random.default_rng(0).integers(0, 256, (5, 8, 8, 3), dtype=np.uint8).repeat(8, 1).repeat(8, 2)
    return PixelSource(smooth)


@pytest.fixture(scope="module")
def expected_of_images(lite0, pixels):
    return forward_one_by_one(lite0, pixels)


@pytest.fixture(scope="module")
def tokens(minilm):
    return text_inputs(minilm.row, TEXTS)


@pytest.fixture(scope="module")
def expected_of_texts(minilm, tokens):
    return forward_one_by_one(minilm, tokens)


@pytest.fixture
def cache(tmp_path):
    return ArrayCache(tmp_path / "cache")


class Steps(list):
    """Collects progress."""

    def __call__(self, done, of):
        self.append((done, of))


def run_pass(backbone, source, cache, *, cut, want_pooled=True, precision="float32", progress=None, rows=None, **keys):
    names = keys.get("names", [f"sample {row}" for row in range(source.n_samples)])
    return tap_features(
        backbone,
        ReadyInputs(source, names, keys.get("inputs_key", "inputs")),
        np.arange(source.n_samples) if rows is None else rows,
        weights_key=keys.get("weights_key", "weights"),
        cut=cut,
        want_pooled=want_pooled,
        engine=choose_engine(backbone.row.modality, precision),
        cache=cache,
        on_progress=progress if progress is not None else Steps(),
        features=keys.get("features", "last-stage"),
    )


def forward_one_by_one(backbone, inputs):
    """Every sample alone, without padding or cache."""
    with torch.no_grad():
        batches = [inputs.batch(np.array([row])) for row in range(inputs.n_samples)]
        return torch.cat([backbone(batch.values, batch.mask) for batch in batches])


def assert_taps_equal(backbone, inputs, cache, cut, expected):
    taps = run_pass(backbone, inputs, cache, cut=cut)
    scale = float(expected.abs().max())
    np.testing.assert_allclose(np.asarray(taps.pooled) / scale, expected.numpy() / scale, atol=1e-5)
    classifier = Classifier(backbone, 10, seed=1).eval()
    batch = (taps.activations or inputs).batch(np.arange(inputs.n_samples))
    with torch.no_grad():
        logits = classifier(batch.values, batch.mask, start=cut)
        np.testing.assert_allclose(logits.numpy(), classifier.head(expected).numpy(), atol=1e-2)


@pytest.mark.parametrize("cut", IMAGE_CUTS)
def test_taps_of_an_image_network_equal_an_uncached_forward(lite0, pixels, expected_of_images, cache, cut):
    assert_taps_equal(lite0, pixels, cache, cut, expected_of_images)


@pytest.mark.parametrize("cut", TEXT_CUTS)
def test_taps_of_a_text_network_equal_an_uncached_forward_without_padding(
    minilm, tokens, expected_of_texts, cache, cut
):
    assert_taps_equal(minilm, tokens, cache, cut, expected_of_texts)


def test_activations_are_stored_in_half_precision_and_at_cut_0_not_at_all(lite0, pixels, cache):
    assert run_pass(lite0, pixels, cache, cut=3).activations.values.dtype == np.float16
    assert run_pass(lite0, pixels, cache, cut=0, want_pooled=False).activations is None


def test_only_what_was_asked_for_comes_back(lite0, pixels, cache):
    taps = run_pass(lite0, pixels, cache, cut=None)
    assert taps.activations is None
    assert taps.pooled.shape == (5, lite0.n_features)
    assert run_pass(lite0, pixels, cache, cut=2, want_pooled=False).pooled is None


def test_bfloat16_stays_near_single_precision(lite0, pixels, cache):
    exact = np.asarray(run_pass(lite0, pixels, cache, cut=None).pooled)
    rough = np.asarray(run_pass(lite0, pixels, cache, cut=None, precision="bfloat16").pooled)
    error = np.linalg.norm(rough - exact) / np.linalg.norm(exact)
    assert 0 < error < 0.1


def test_a_second_pass_computes_nothing_and_gives_the_same(cache):
    backbone, (inputs, _) = tiny_images(), image_samples(n=40)
    first, again = Steps(), Steps()
    taps = run_pass(backbone, inputs, cache, cut=2, progress=first)
    repeated = run_pass(backbone, inputs, cache, cut=2, progress=again)
    assert first[-1] == (40, 40)
    assert again == []
    np.testing.assert_array_equal(taps.pooled, repeated.pooled)
    rows = np.arange(40)
    np.testing.assert_array_equal(taps.activations.batch(rows).values, repeated.activations.batch(rows).values)


def test_another_dataset_computes_only_the_samples_that_are_new(cache):
    backbone, (inputs, _) = tiny_images(), image_samples(n=40)
    whole = run_pass(backbone, inputs, ArrayCache(cache._root / "other"), cut=2)
    run_pass(backbone, inputs, cache, cut=2, rows=np.arange(3, 20))
    steps = Steps()
    order = np.random.default_rng(0).permutation(40)
    shuffled = DenseSource(inputs.values[order])
    taps = run_pass(backbone, shuffled, cache, cut=2, progress=steps, names=[f"sample {row}" for row in order])
    assert steps[-1] == (23, 23)
    np.testing.assert_allclose(taps.pooled, whole.pooled[order], atol=1e-6)
    found, expected = (one.activations.batch(rows).values for one, rows in ((taps, np.arange(40)), (whole, order)))
    np.testing.assert_allclose(found, expected, atol=1e-3)


def test_texts_of_two_passes_are_read_back_as_if_of_one(minilm, tokens, cache):
    run_pass(minilm, tokens, cache, cut=2, rows=np.array([1, 4]))
    steps = Steps()
    taps = run_pass(minilm, tokens, cache, cut=2, progress=steps)
    assert steps[-1] == (3, 3)
    batch, expected = taps.activations.batch(np.arange(5)), tokens.batch(np.arange(5))
    with torch.no_grad():
        hidden = minilm.run_stages(expected.values, expected.mask, stop=2)
    assert torch.equal(batch.mask, expected.mask)
    np.testing.assert_allclose(batch.values[batch.mask], hidden[expected.mask], atol=1e-2)


@pytest.mark.parametrize(
    ("first", "again", "n_new"),
    [
        ({"cut": 2}, {"cut": None}, 0),
        ({"cut": None}, {"cut": 2, "want_pooled": False}, 40),
        ({"cut": 2, "want_pooled": False}, {"cut": 2}, 40),
    ],
)
def test_a_tap_that_is_there_is_not_computed_again_for_the_sake_of_another(cache, first, again, n_new):
    backbone, (inputs, _) = tiny_images(), image_samples(n=40)
    run_pass(backbone, inputs, cache, **first)
    steps = Steps()
    run_pass(backbone, inputs, cache, **again, progress=steps)
    assert len(steps) == (2 if n_new else 0)


def test_what_was_finished_before_an_interruption_is_kept(cache, monkeypatch):
    monkeypatch.setattr(passing, "BLOCK", 64)
    backbone, (inputs, _) = tiny_images(), image_samples(n=200)

    def stop(done, of):
        if done > 150:
            raise InterruptedError("enough")

    with pytest.raises(InterruptedError):
        run_pass(backbone, inputs, cache, cut=2, progress=stop)
    steps = Steps()
    run_pass(backbone, inputs, cache, cut=2, progress=steps)
    assert steps[-1] == (200 - 128, 200 - 128)


@pytest.mark.parametrize(
    "change", [{"weights_key": "others"}, {"inputs_key": "others"}, {"precision": "bfloat16"}, {"cut": 1}]
)
def test_other_weights_inputs_precision_or_cut_are_computed_anew(cache, change):
    backbone, (inputs, _) = tiny_images(), image_samples(n=8)
    run_pass(backbone, inputs, cache, cut=2)
    steps = Steps()
    run_pass(backbone, inputs, cache, **{"cut": 2, **change}, progress=steps)
    assert steps[-1] == (8, 8)


def test_a_single_changed_weight_changes_the_key_of_the_weights():
    backbone = tiny_images()
    before = weights_digest(backbone)
    with torch.no_grad():
        backbone.stage("middle")[1].running_mean[0] += 1e-6
    assert weights_digest(backbone) != before


def test_a_pass_that_is_interrupted_leaves_no_half_entry(cache, tmp_path):
    backbone, (inputs, _) = tiny_images(), image_samples(n=40)

    def stop(done, of):
        raise InterruptedError("enough")

    with pytest.raises(InterruptedError):
        run_pass(backbone, inputs, cache, cut=2, progress=stop)
    assert list((tmp_path / "cache").iterdir()) == []


class Louder(nn.Module):
    def forward(self, values):
        return values * 1e4


def test_activations_beyond_half_precision_are_stored_in_single(cache):
    stages = [("louder", Louder()), ("last", nn.Conv2d(3, 8, 1))]
    backbone = StagedBackbone(tiny_images().row, stages, 8).eval()
    values = np.random.default_rng(0).uniform(-1, 1, (80, 3, 4, 4)).astype(np.float32)
    values[70] = 12.0  # in the third batch: what was written before it must survive
    taps = run_pass(backbone, DenseSource(values), cache, cut=1)
    read = taps.activations.batch(np.arange(80)).values.numpy()
    assert taps.activations.values.dtype == np.float32
    np.testing.assert_array_equal(read[70], 120_000.0)
    np.testing.assert_allclose(read, values * 1e4, rtol=1e-3, atol=1e-2)


def test_the_key_of_the_inputs_names_preprocessing_size_and_tokenizer():
    lite0, resnet, minilm = (get_backbone(name) for name in ("efficientnet-lite0", "resnet18", "minilm-l6"))
    keys = {inputs_key(lite0, 64), inputs_key(lite0, 96), inputs_key(resnet, 64), inputs_key(minilm, 64)}
    assert len(keys) == 4
    assert inputs_key(minilm, 96) == inputs_key(minilm, 64)


@pytest.mark.parametrize(("network", "source"), [("lite0", "pixels"), ("minilm", "tokens")])
def test_features_of_every_stage_equal_an_uncached_forward_and_are_kept_beside_those_of_the_last(
    network, source, cache, request
):
    backbone, inputs = request.getfixturevalue(network), request.getfixturevalue(source)
    found = run_pass(backbone, inputs, cache, cut=None, features="every-stage").pooled
    with torch.no_grad():
        batches = [inputs.batch(np.array([row])) for row in range(inputs.n_samples)]
        expected = torch.cat([backbone.join(backbone.each_stage(one.values, one.mask), one.mask) for one in batches])
    np.testing.assert_allclose(found, expected.numpy(), atol=1e-4 * float(expected.abs().max()))
    assert run_pass(backbone, inputs, cache, cut=None).pooled.shape == (inputs.n_samples, backbone.n_features)
    steps = Steps()
    again = run_pass(backbone, inputs, cache, cut=None, features="every-stage", progress=steps).pooled
    np.testing.assert_array_equal(again, found)
    assert steps == []
