"""Trying rates behind a page: one outcome for each plan, and never beside a training."""

import threading
from collections.abc import Iterator
from dataclasses import dataclass, replace
from pathlib import Path

import pytest

from core.jobs.anchor import drop_queues, get_queue
from core.jobs.line import ShouldStop
from core.jobs.measuring import one_at_a_time
from core.jobs.rate_finding import rate_finding, start_rate_finding, wait_for_rates
from core.jobs.training_jobs import TrainingWork, submit_training
from core.runs.store import RunStore
from core.training.spec import TrainingSpec
from core.training.strategies import Phase, Strategy, build_phases, get_strategy

SOON_S = 30.0  # the first search of a process imports torch
SPEC = TrainingSpec(dataset_id="0123456789abcdef", model="m", strategy="head-then-fine-tune", frozen_stages=("a",))


@dataclass(frozen=True)
class FakePlan:
    """As much of a plan as is looked at before the data are."""

    spec: TrainingSpec = SPEC

    @property
    def strategy(self) -> Strategy:
        return get_strategy(self.spec.strategy)

    @property
    def phases(self) -> tuple[Phase, ...]:
        return build_phases(self.spec, ("a", "b"))


class PlanTooLarge(FakePlan):
    """Asks for more memory than there is."""

    @property
    def phases(self) -> tuple[Phase, ...]:
        raise MemoryError


class FakeTraining:
    """Runs until it is released."""

    def __init__(self) -> None:
        self.began, self.released = threading.Event(), threading.Event()

    def __call__(self, store_root: Path, run_id: str, *, should_stop: ShouldStop) -> None:
        self.began.set()
        while not (should_stop() or self.released.wait(0.001)):
            pass


@pytest.fixture
def training(tmp_path: Path) -> Iterator[FakeTraining]:
    fake = FakeTraining()
    get_queue(tmp_path, lambda root: TrainingWork(root, fake))
    yield fake
    fake.released.set()
    drop_queues()


def begin(root: Path, training: FakeTraining) -> None:
    submit_training(root, RunStore(root).create(SPEC, name="x").id)
    assert training.began.wait(SOON_S)


def test_nothing_is_known_of_a_plan_that_nobody_asked_about(tmp_path: Path) -> None:
    assert rate_finding(tmp_path, FakePlan()) is None
    assert wait_for_rates(tmp_path, FakePlan(), 0.0)


def test_beside_a_training_no_search_begins(tmp_path: Path, training: FakeTraining) -> None:
    begin(tmp_path, training)
    assert start_rate_finding(tmp_path, FakePlan()).state == "yielded"
    assert wait_for_rates(tmp_path, FakePlan(), 0.0)


def test_a_search_gives_way_to_a_training_that_begins_meanwhile(tmp_path: Path, training: FakeTraining) -> None:
    with one_at_a_time:  # something is being measured, so that the search waits
        assert start_rate_finding(tmp_path, FakePlan()).state == "running"
        assert start_rate_finding(tmp_path, FakePlan()).state == "running"
        begin(tmp_path, training)
    assert wait_for_rates(tmp_path, FakePlan(), SOON_S)
    assert rate_finding(tmp_path, FakePlan()).state == "yielded"


def test_what_a_person_can_put_right_is_kept_as_an_error(tmp_path: Path, training: FakeTraining) -> None:
    plan = FakePlan(replace(SPEC, strategy="feature-extraction", frozen_stages=("a", "b")))
    start_rate_finding(tmp_path, plan)
    assert wait_for_rates(tmp_path, plan, SOON_S)
    found = rate_finding(tmp_path, plan)
    assert found.state == "failed"
    assert "without steps" in found.error.problem


def test_a_lack_of_memory_is_told_in_words(tmp_path: Path, training: FakeTraining) -> None:
    plan = PlanTooLarge(replace(SPEC, seed=7))
    start_rate_finding(tmp_path, plan)
    assert wait_for_rates(tmp_path, plan, SOON_S)
    found = rate_finding(tmp_path, plan)
    assert (found.state, found.error.code) == ("failed", "out_of_resources")


def test_an_outcome_stays_for_other_rates_and_not_for_other_batches(tmp_path: Path, training: FakeTraining) -> None:
    start_rate_finding(tmp_path, FakePlan())
    assert wait_for_rates(tmp_path, FakePlan(), SOON_S)
    rates = {"learning_rate": 2e-4, "head_learning_rate": 2e-3, "epochs": 30, "patience": 1}
    assert rate_finding(tmp_path, FakePlan(replace(SPEC, **rates))) is not None
    assert rate_finding(tmp_path, FakePlan(replace(SPEC, head_learning_rate=2e-3))) is None
    assert rate_finding(tmp_path, FakePlan(replace(SPEC, batch_size=8))) is None
