"""A training behind a cached cut is the same training: the conditions under which that holds, each by itself."""

from dataclasses import replace

import numpy as np
import pytest
import torch

from core.backbones.catalogue import get_backbone
from core.backbones.freezing import cut_index, hash_tensors
from core.backbones.loaders import build_backbone
from core.backbones.networks.image import cut_image_network
from core.backbones.staged import StagedBackbone
from core.features import cut_sink
from core.features.cache import ArrayCache
from core.features.engine import Engine
from core.features.inputs import ReadyInputs, text_inputs
from core.features.passing import tap_features, tap_keys
from core.features.sources import DenseSource
from core.training.classifier import Classifier
from core.training.events import EpochDone
from core.training.loop import train
from core.training.scoring import predict_logits
from core.training.spec import TrainingSpec
from core.training.state import TrainingState
from core.training.strategies import build_phases
from core.training.training_data import TrainingData
from tests.training.networks import image_samples, text_samples, tiny_images, tiny_texts

FLOAT32 = Engine(device="cpu", frozen="float32", trained="float32")
N = 36
LABELS = np.arange(N) % 3


def convolutional():
    """EfficientNet-Lite0 as it comes, and noise with a colour per class."""
    return build_backbone("efficientnet-lite0", pretrained=True), image_samples(n=N, size=64)[0]


def vision_transformer():
    """The architecture of ViT, small; and noise with a colour per class."""
    from timm.models.vision_transformer import VisionTransformer  # after core.backbones.networks, which readies it

    torch.manual_seed(0)
    network = VisionTransformer(
        img_size=32, patch_size=8, depth=4, num_heads=2, embed_dim=32, mlp_ratio=2, proj_drop_rate=0.1, num_classes=5
    )
    row = get_backbone("vit-s16")
    return StagedBackbone(row, cut_image_network(row, network), 32).eval(), image_samples(n=N, size=32)[0]


def text_encoder():
    """MiniLM as it comes, and short texts with a word per class."""
    backbone = build_backbone("minilm-l6", pretrained=True)
    words = ("parcel", "refund", "thanks")
    return backbone, text_inputs(backbone.row, [f"{words[n % 3]} {'and so on ' * (n % 5)}{n}" for n in range(N)])


NETWORKS = {
    "a CNN": (convolutional, 7),
    "a vision transformer": (vision_transformer, 3),
    "a text encoder": (text_encoder, 5),
}


def pass_frozen(backbone, source, cache, cut, **changes):
    return tap_features(
        backbone,
        ReadyInputs(source, [str(row) for row in range(source.n_samples)], "inputs"),
        np.arange(source.n_samples),
        **{
            "weights_key": "weights",
            "cut": cut,
            "want_pooled": True,
            "engine": FLOAT32,
            "cache": cache,
            "on_progress": lambda done, of: None,
            **changes,
        },
    )


def train_behind(backbone, taps, source, *, start, **settings):
    """Loss and F1 of every epoch, the stages before stage number 'cut' frozen; computed from stage `start` on."""
    spec = TrainingSpec(
        dataset_id="0" * 16,
        model=backbone.row.id,
        strategy="head-then-fine-tune",
        **{"epochs": 2, "batch_size": 8, "learning_rate": 1e-4, "head_learning_rate": 1e-4, "patience": 0, **settings},
    )
    classifier = Classifier(backbone, 3, seed=0)
    state = TrainingState(spec, build_phases(spec, backbone.stage_names), classifier)
    held_out = np.arange(N) % 4 == 3
    data = TrainingData(
        pooled=taps.pooled,
        activations=source,
        cut=start,
        labels=LABELS,
        train_rows=np.flatnonzero(~held_out),
        val_rows=np.flatnonzero(held_out),
    )
    told = [event for event in train(state, data, FLOAT32) if isinstance(event, EpochDone)]
    return np.array([(event.train_loss, event.val_loss, event.train_macro_f1) for event in told])


@pytest.mark.parametrize("name", NETWORKS)
@pytest.mark.parametrize("settings", [{}, {"mixup": 0.4}], ids=["plain", "blended"])
def test_the_loss_curve_with_the_cache_is_the_one_without_it(name, settings, tmp_path, monkeypatch):
    monkeypatch.setattr(cut_sink, "HALF_PRECISION_LIMIT", 0.0)  # everything is kept in single precision
    build, cut = NETWORKS[name]
    curves = []
    for start in (cut, 0):
        backbone, source = build()
        if start == 0 and settings:  # what is blended is what enters the trainable stages, so the prefix runs first
            source = RunPrefix(source, backbone, cut)
        taps = pass_frozen(backbone, source if start else build()[1], ArrayCache(tmp_path / str(start)), cut)
        entering = taps.activations if start else source
        where = cut if settings else start
        frozen = backbone.stage_names[:cut]
        curves.append(train_behind(backbone, taps, entering, start=where, frozen_stages=frozen, **settings))
    with_cache, without = curves
    assert len(with_cache) > 3
    assert not np.allclose(with_cache[-1], with_cache[-2], atol=1e-5)  # something moved at all
    np.testing.assert_allclose(with_cache, without, atol=1e-5)


class RunPrefix:
    """The frozen stages, run again for every batch of every epoch."""

    def __init__(self, source, backbone, cut):
        self.n_samples, self.lengths = source.n_samples, source.lengths
        self._source, self._backbone, self._cut = source, backbone, cut

    def batch(self, rows):
        batch = self._source.batch(rows)
        with torch.no_grad():
            values = self._backbone.run_stages(batch.values, batch.mask, stop=self._cut)
        return replace(batch, values=values if batch.mask is None else values * batch.mask[..., None])


@pytest.mark.parametrize("name", NETWORKS)
def test_logits_from_activations_kept_in_half_precision_are_near_those_of_the_whole_network(name, tmp_path):
    build, cut = NETWORKS[name]
    backbone, source = build()
    classifier = Classifier(backbone, 3, seed=0)
    taps = pass_frozen(backbone, source, ArrayCache(tmp_path), cut)
    assert taps.activations.values.dtype == np.float16
    whole, behind = (
        predict_logits(classifier, one, np.arange(N), start=start, engine=FLOAT32)
        for one, start in ((source, 0), (taps.activations, cut))
    )
    np.testing.assert_allclose(behind, whole, atol=1e-2)


def state_of(backbone, frozen):
    spec = TrainingSpec(
        dataset_id="0" * 16, model=backbone.row.id, strategy="head-then-fine-tune", frozen_stages=frozen, epochs=2
    )
    return TrainingState(spec, build_phases(spec, backbone.stage_names), Classifier(backbone, 3, seed=0))


@pytest.mark.parametrize("build", [tiny_images, tiny_texts])
def test_frozen_tensors_need_no_gradient_and_are_unknown_to_the_optimiser(build):
    backbone = build()
    state = state_of(backbone, backbone.stage_names[:2])
    state.phase_index = 1
    state.open_phase()
    known = {id(parameter) for group in state.optimizer.param_groups for parameter in group["params"]}
    for name in backbone.stage_names[:2]:
        for parameter in backbone.stage(name).parameters():
            assert not parameter.requires_grad
            assert id(parameter) not in known
    assert {id(parameter) for parameter in backbone.stage(backbone.stage_names[2]).parameters()} <= known


@pytest.mark.parametrize(("build", "samples"), [(tiny_images, image_samples), (tiny_texts, text_samples)])
def test_a_pass_draws_nothing_and_changes_nothing_though_the_network_was_left_in_training_mode(
    build, samples, tmp_path
):
    backbone, (source, _) = build(), samples(n=N)
    before = hash_tensors(backbone)
    taps = []
    for number in range(2):
        backbone.train_batch_norm = True
        backbone.train()
        taps.append(pass_frozen(backbone, source, ArrayCache(tmp_path / str(number)), 2))
    np.testing.assert_array_equal(taps[0].pooled, taps[1].pooled)
    assert hash_tensors(backbone) == before


def test_nothing_is_cached_behind_a_stage_that_trains():
    names = tiny_images().stage_names
    assert cut_index(names, names[1:]) == 0
    assert cut_index(names, (names[0], names[2])) == 1


def test_views_are_a_fixed_number_and_each_epoch_draws_from_them():
    source, labels = image_samples(n=4)
    data = TrainingData(
        pooled=None,
        activations=source,
        cut=0,
        labels=labels,
        train_rows=np.array([0, 2]),
        val_rows=np.array([1]),
        n_views=3,
    )
    drawn = [data.train_views((0, epoch)) for epoch in range(60)]
    assert {int(row) for rows in drawn for row in rows} == {0, 4, 8, 2, 6, 10}
    assert all(
        rows.tolist() == again.tolist()
        for rows, again in zip(drawn, (data.train_views((0, e)) for e in range(60)), strict=True)
    )
    assert data.labels_of(np.array([0, 4, 8, 6])).tolist() == labels[[0, 0, 0, 2]].tolist()


def test_samples_are_blended_behind_the_cut_and_the_cache_never_holds_a_blend(tmp_path):
    backbone, (source, _) = tiny_images(), image_samples(n=N)
    taps = pass_frozen(backbone, source, ArrayCache(tmp_path), 2)
    before = taps.activations.batch(np.arange(N)).values
    frozen = backbone.stage_names[:2]
    blended, plain = (
        train_behind(tiny_images(), taps, taps.activations, start=2, frozen_stages=frozen, mixup=mixup)
        for mixup in (1.0, 0.0)
    )
    assert not np.allclose(blended[-1], plain[-1])
    assert torch.equal(taps.activations.batch(np.arange(N)).values, before)


@pytest.mark.parametrize("name", NETWORKS)
def test_exactly_one_tensor_passes_every_border(name):
    backbone, source = NETWORKS[name][0]()
    batch = source.batch(np.arange(4))
    with torch.no_grad():
        whole = backbone(batch.values, batch.mask)
        for border in range(len(backbone.stage_names) + 1):
            entering = backbone.run_stages(batch.values, batch.mask, stop=border)
            behind = backbone.run_stages(entering.clone(), batch.mask, start=border)
            torch.testing.assert_close(backbone.pool(behind, batch.mask), whole, atol=1e-6, rtol=1e-5)


def test_texts_give_the_same_however_far_they_are_padded():
    backbone, source = text_encoder()
    alone = source.batch(np.array([0]))
    among_longer = source.batch(np.array([0, 4]))
    with torch.no_grad():
        short, long = (backbone(batch.values, batch.mask)[0] for batch in (alone, among_longer))
    assert alone.values.shape[1] < among_longer.values.shape[1]
    torch.testing.assert_close(short, long, atol=1e-5, rtol=0)


@pytest.mark.parametrize(
    "change",
    [{"inputs_key": "other"}, {"weights_key": "other"}, {"cut": 3}, {"engine": replace(FLOAT32, frozen="bfloat16")},
     {"engine": replace(FLOAT32, backend="openvino")}, {"engine": replace(FLOAT32, device="cuda")}],
)  # fmt: skip
def test_whatever_decides_the_numbers_is_part_of_the_key(change):
    parts = {"inputs_key": "inputs", "weights_key": "weights", "engine": FLOAT32, "cut": 2}
    assert tap_keys(**parts)[1] != tap_keys(**{**parts, **change})[1]
    assert torch.__version__ in FLOAT32.frozen_key
    assert "timm" in FLOAT32.frozen_key


def test_what_is_no_number_is_not_squeezed_into_half_precision(tmp_path):
    backbone, (source, _) = tiny_images(), image_samples(n=N)
    values = np.array(source.values)
    values[5] = 1e8
    taps = pass_frozen(backbone, DenseSource(values), ArrayCache(tmp_path), 1)
    assert taps.activations.values.dtype == np.float32
    assert np.isfinite(taps.activations.batch(np.arange(N)).values.numpy()).all()


def test_a_stage_that_is_opened_moves_the_cut_before_it_and_is_computed_from_the_inputs(tmp_path):
    """From the inputs and not from a shallower tap, so that the numbers do not depend on what was cached before."""
    names = tiny_images().stage_names
    backbone, (source, _) = tiny_images(), image_samples(n=N)
    warm, cold = ArrayCache(tmp_path / "warm"), ArrayCache(tmp_path / "cold")
    pass_frozen(backbone, source, warm, cut_index(names, names[:2]))
    moved = cut_index(names, names[:1])
    assert moved == 1
    again, fresh = (pass_frozen(backbone, source, cache, moved).activations for cache in (warm, cold))
    rows = np.arange(N)
    assert torch.equal(again.batch(rows).values, fresh.batch(rows).values)
