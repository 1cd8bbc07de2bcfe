"""What trains when: from the phases of real plans, with the rates that their optimisers take."""

import pytest

from core.training.records import PartInPhase
from core.workflows.estimate_run import PhaseEstimate, RunEstimate
from core.workflows.phase_timeline import lay_out_phases
from core.workflows.plan_run import RunChoices, plan_run


@pytest.fixture
def layout(workspace, texts):
    def lay_out(strategy, estimate=None, **settings):
        choices = RunChoices(dataset_id=texts.id, strategy=strategy, freeze_until="layer.3", settings=settings)
        return lay_out_phases(plan_run(workspace, choices), estimate)

    return lay_out


def test_a_solver_trains_the_head_alone_and_steps_train_what_is_left_on(layout):
    fit, tune = layout("head-then-fine-tune", learning_rate=2e-4, head_learning_rate=3e-4, layer_decay=0.5)
    assert {part.how for part in fit.parts[:-1]} == {"frozen"}
    assert fit.parts[-1] == PartInPhase(name="head", how="solved")
    trained = {part.name: part.learning_rate for part in tune.parts if part.how == "steps"}
    assert trained == {"layer.4": 1e-4, "layer.5": 2e-4, "head": 3e-4}
    assert [part.name for part in tune.parts][:2] == ["embeddings", "layer.0"]


def test_under_contrast_the_head_takes_no_steps(layout):
    *_, contrast = layout("contrastive")
    assert contrast.parts[-1] == PartInPhase(name="head", how="solved")
    assert [part.name for part in contrast.parts if part.how == "steps"] == ["layer.4", "layer.5"]


def test_seconds_are_those_of_the_estimate_and_unknown_without_one(layout):
    named = (PhaseEstimate(name="Fit the head", seconds=2.0), PhaseEstimate(name="Fine-tune", seconds=30.0))
    known = RunEstimate(seconds=32.0, memory_mb=1.0, disk_mb=1.0, phases=named)
    assert [phase.seconds for phase in layout("head-then-fine-tune", known)] == [2.0, 30.0]
    assert [phase.seconds for phase in layout("head-then-fine-tune")] == [None, None]


def test_stages_that_open_one_after_another_step_ever_more_gently(layout):
    *_, last = layout("gradual-unfreezing", learning_rate=1e-3)
    rates = [part.learning_rate for part in last.parts if part.how == "steps" and part.name != "head"]
    assert rates == pytest.approx([1e-3 / 2.6, 1e-3])
