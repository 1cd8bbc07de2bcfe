"""Several runs become one that answers with the mean of theirs, predicts what it reports and tells its choices."""

import shutil

import numpy as np
import pytest
import torch
from safetensors.torch import load_file, save_file

from core.errors import ConfigurationError, UnknownChoiceError
from core.evaluation.intervals import wilson_interval
from core.training.temperature import scaled_probs
from core.workflows.average_weights import mean_tensors
from core.workflows.combinable import find_combinations, why_not_combined
from core.workflows.combine_runs import combine_runs
from core.workflows.export_model import export_model
from core.workflows.measure_drift import measure_drift
from core.workflows.measure_learning_curve import measure_learning_curve
from core.workflows.plan_run import RunChoices, plan_run
from core.workflows.predict import predict_images, predict_texts
from core.workflows.report_run import export_card, gather_facts
from core.workflows.run_settings import settings_of
from core.workflows.show_run import list_runs, read_predictions, show_run
from core.workflows.train_run import create_run, execute_run
from tests.workflows.conftest import QUICK, TOP_LAYER_TRAINS


@pytest.fixture(scope="module")
def run_of(workspace):
    """A finished run of a dataset."""

    def train(dataset, strategy="feature-extraction", frozen=None, **settings):
        choices = RunChoices(
            dataset_id=dataset.id, strategy=strategy, frozen_stages=frozen, settings={**QUICK, **settings}
        )
        run_id = create_run(workspace, plan_run(workspace, choices).spec)
        execute_run(workspace.root, run_id, should_stop=lambda: None)
        return show_run(workspace, run_id)

    return train


@pytest.fixture(scope="module")
def sizes(finished, images, run_of):
    """Two runs on images, alike but for the size of these."""
    return finished["image"], run_of(images, image_size_px=64)


@pytest.fixture(scope="module")
def tuned(finished, texts, run_of):
    """A probe on texts and two fine-tunings that trained the last layer."""
    frozen = TOP_LAYER_TRAINS["text"]
    return (
        finished["text"],
        *(run_of(texts, "head-then-fine-tune", frozen, learning_rate=1e-3, seed=seed) for seed in (1, 2)),
    )


@pytest.fixture(scope="module")
def averaged_answers(workspace, sizes):
    return show_run(workspace, combine_runs(workspace, [run.id for run in sizes]))


@pytest.fixture(scope="module")
def averaged_weights(workspace, tuned):
    return show_run(workspace, combine_runs(workspace, [run.id for run in tuned], by="weights"))


def test_what_the_first_member_was_set_to_is_not_told_as_its_own(workspace, averaged_answers, sizes):
    assert settings_of(sizes[0])["Image size"].endswith("px")
    assert settings_of(averaged_answers) == {}
    assert dict(gather_facts(workspace, averaged_answers.id).settings).keys() <= {"Batches"}
    assert b"Image size" not in export_card(workspace, averaged_answers.id)


def test_the_answers_are_the_mean_of_those_of_the_members_at_a_temperature(workspace, sizes, averaged_answers) -> None:
    tables = [read_predictions(workspace, run.id) for run in sizes]
    table = read_predictions(workspace, averaged_answers.id)
    mean = (tables[0].probs.astype(np.float64) + tables[1].probs) / 2
    assert averaged_answers.report is not None
    temperature = averaged_answers.report.temperature
    assert temperature is not None
    assert np.allclose(table.probs, scaled_probs(np.log(mean), temperature.value), atol=1e-5)
    assert table.sample_ids == tables[0].sample_ids
    hits = int((table.predictions == table.labels)[table.rows("test")].sum())
    test = averaged_answers.report.split("test")
    assert test is not None
    assert test.accuracy == wilson_interval(hits, len(table.rows("test")))


def test_a_run_of_answers_predicts_what_its_report_says(workspace, averaged_answers) -> None:
    table = read_predictions(workspace, averaged_answers.id)
    files = [(name, workspace.datasets.image_path(name)) for name in table.sample_ids[:6]]
    found = predict_images(workspace, averaged_answers.id, files)
    probs = [[p for _, p in one.probabilities] for one in found]
    assert np.allclose(probs, table.probs[:6], atol=2e-3)


def test_a_head_on_joined_features_reads_every_network_and_predicts_what_it_reports(workspace, sizes) -> None:
    joined = show_run(workspace, combine_runs(workspace, [run.id for run in sizes], by="features"))
    head = load_file(workspace.runs.get(joined.id).model_path)["head.weight"]
    widths = [load_file(workspace.runs.get(run.id).model_path)["head.weight"].shape[1] for run in sizes]
    assert head.shape == (3, sum(widths))
    assert head[:, : widths[0]].abs().max() > 0
    assert head[:, widths[0] :].abs().max() > 0
    table = read_predictions(workspace, joined.id)
    files = [(name, workspace.datasets.image_path(name)) for name in table.sample_ids[:6]]
    probs = [[p for _, p in one.probabilities] for one in predict_images(workspace, joined.id, files)]
    assert np.allclose(probs, table.probs[:6], atol=2e-3)
    assert joined.parameters.trainable == head.numel() + 3
    assert joined.strategy_title == "One head on 2 networks"


def test_what_it_costs_and_what_each_can_alone_is_told(sizes, averaged_answers) -> None:
    combination = averaged_answers.combination
    assert combination is not None
    assert set(combination.run_ids) == {run.id for run in sizes}
    assert combination.members[0].val.value >= combination.members[1].val.value
    assert all(member.ms_per_sample > 0 for member in combination.members)
    assert combination.ms_per_sample == pytest.approx(sum(one.ms_per_sample for one in combination.members))
    assert averaged_answers.parameters.total == sum(run.parameters.total for run in sizes)
    assert combination.gain_split == "test"
    assert combination.n == averaged_answers.report.split("test").n
    assert averaged_answers.strategy_title == "Average of 2 runs, probabilities"
    assert averaged_answers.proof is None


def test_a_combination_stands_in_lists_and_is_found_by_its_members(workspace, sizes, averaged_answers) -> None:
    card = next(card for card in list_runs(workspace) if card.id == averaged_answers.id)
    assert card.strategy_title == averaged_answers.strategy_title
    assert card.accuracy == averaged_answers.report.split("val").accuracy.value
    assert averaged_answers.id in find_combinations(workspace, [run.id for run in reversed(sizes)])
    assert find_combinations(workspace, [sizes[0].id, averaged_answers.id]) == ()


def test_a_member_that_is_gone_is_named_with_a_remedy(workspace, sizes, tmp_path) -> None:
    combined = combine_runs(workspace, [run.id for run in sizes])
    folder = workspace.runs.get(sizes[1].id).path
    image = workspace.datasets.image_path(read_predictions(workspace, combined).sample_ids[0])
    shutil.move(folder, tmp_path / "elsewhere")
    try:
        with pytest.raises(ConfigurationError, match="one of them is gone") as refused:
            predict_images(workspace, combined, [("one", image)])
        assert sizes[1].id in refused.value.problem
        assert "Bring its folder back" in refused.value.remedy
    finally:
        shutil.move(tmp_path / "elsewhere", folder)


def test_the_average_never_falls_below_the_best_run_on_validation(tuned, averaged_weights) -> None:
    steps = averaged_weights.combination.steps
    best = max(run.report.split("val").accuracy.value for run in tuned)
    assert steps[0].is_kept
    assert steps[0].val_accuracy == pytest.approx(best)
    kept = [step.val_accuracy for step in steps if step.is_kept]
    assert kept == sorted(kept)
    assert len(kept) > 1
    assert averaged_weights.report.split("val").accuracy.value == kept[-1]


def test_the_stored_weights_are_the_mean_of_those_kept(workspace, averaged_weights) -> None:
    kept = [member.run_id for member in averaged_weights.combination.in_use]
    heads = [load_file(workspace.runs.get(run_id).model_path)["head.weight"] for run_id in kept]
    stored = load_file(workspace.runs.get(averaged_weights.id).model_path)
    assert np.allclose(stored["head.weight"], np.mean([head.numpy() for head in heads], axis=0), atol=1e-6)


def test_an_average_of_weights_predicts_what_its_report_says(workspace, texts, averaged_weights) -> None:
    table = read_predictions(workspace, averaged_weights.id)
    by_id = dict(zip(texts.sample_ids, texts.texts, strict=True))
    found = predict_texts(workspace, averaged_weights.id, [by_id[name] for name in table.sample_ids])
    probs = [[p for _, p in one.probabilities] for one in found]
    assert np.allclose(probs, table.probs, atol=2e-3)


def test_a_run_that_lowers_the_validation_accuracy_is_refused_with_its_score(workspace, texts, run_of) -> None:
    good, spoiled = run_of(texts), run_of(texts, seed=5)
    path = workspace.runs.get(spoiled.id).model_path
    save_file({name: -1e3 * tensor for name, tensor in load_file(path).items()}, path)
    with pytest.raises(ConfigurationError, match=f"lowers the accuracy of the best one.*{spoiled.id} to"):
        combine_runs(workspace, [good.id, spoiled.id], by="weights")


def test_the_mean_of_counts_is_the_count_of_the_first() -> None:
    mean = mean_tensors([{"w": torch.ones(2), "n": torch.tensor(3)}, {"w": torch.zeros(2), "n": torch.tensor(9)}])
    assert mean["w"].tolist() == [0.5, 0.5]
    assert mean["n"].item() == 3


def test_what_cannot_be_combined_is_refused_with_the_reason(workspace, sizes, tuned) -> None:
    for runs, by, said in (
        (sizes[:1], "probabilities", "two or more"),
        ((sizes[0], sizes[0]), "probabilities", "two or more"),
        ((sizes[0], tuned[0]), "probabilities", "same version"),
        (sizes, "weights", "different image sizes"),
        (tuned, "features", "every stage stayed frozen"),
    ):
        assert said in why_not_combined(runs, by)
        with pytest.raises(ConfigurationError, match=said):
            combine_runs(workspace, [run.id for run in runs], by=by)
    assert why_not_combined(sizes, "probabilities") == ""
    with pytest.raises(UnknownChoiceError):
        combine_runs(workspace, [sizes[0].id, "../../etc"])


def test_nothing_is_left_behind_where_somebody_ends_it(workspace, sizes) -> None:
    before = {folder.id for folder in workspace.runs.list_runs()}

    def stop(*_: object) -> None:
        raise InterruptedError

    with pytest.raises(InterruptedError):
        combine_runs(workspace, [run.id for run in sizes], on_progress=stop)
    assert {folder.id for folder in workspace.runs.list_runs()} == before


@pytest.mark.parametrize("ask", [export_model, measure_drift, measure_learning_curve])
def test_what_needs_one_network_is_refused_to_a_mean_of_answers(workspace, averaged_answers, ask) -> None:
    with pytest.raises(ConfigurationError, match="no network of its own"):
        ask(workspace, averaged_answers.id)
