"""Measured stages: by what must hold on any machine, never by the clock."""

import pytest

from core.features.engine import Engine
from core.features.timing import BackboneTiming, time_backbone
from core.features.timing_store import TimingStore
from tests.training.networks import WIDTH, tiny_images, tiny_texts

FLOAT32 = Engine(device="cpu", frozen="float32", trained="float32")


@pytest.mark.parametrize(("build", "n_positions"), [(tiny_images, 32 * 32), (tiny_texts, 32)])
def test_every_stage_is_measured(build, n_positions) -> None:
    backbone = build()
    timing = time_backbone(backbone, FLOAT32, size=32)
    assert tuple(stage.name for stage in timing.stages) == backbone.stage_names
    for stage in timing.stages:
        assert 0 < stage.forward_s <= stage.train_s
        assert stage.frozen_s > 0
        assert stage.n_outputs == n_positions * WIDTH
    # A stage keeps at least its input or its output for the backward pass, as float32.
    assert all(stage.saved_bytes >= 4 * n_positions for stage in timing.stages[1:])
    assert timing.step_s > 0


def test_timings_survive_being_stored(tmp_path) -> None:
    timing = time_backbone(tiny_texts(), FLOAT32, size=8)
    TimingStore(tmp_path).put(timing.to_json(), model="tiny")
    stored = TimingStore(tmp_path).get(model="tiny")
    assert stored is not None
    assert BackboneTiming.from_json(stored) == timing


def test_what_was_not_measured_or_cannot_be_read_is_none(tmp_path) -> None:
    store = TimingStore(tmp_path)
    assert store.get(model="tiny") is None
    store.put({"seconds": 1.0}, model="tiny")
    assert store.get(model="other") is None
    for file in tmp_path.iterdir():
        file.write_text("{")
    assert store.get(model="tiny") is None
