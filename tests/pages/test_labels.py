"""Labels put right on the pages: chosen under a list, collected at the foot, made a version, trained again, undone."""

import pytest
from streamlit.testing.v1 import AppTest

from core.datasets.records import Dataset
from core.workflows.dataset_versions import made_from, make_version
from core.workflows.label_draft import exclude, mark, read_draft, rename_class
from core.workflows.show_run import list_runs, show_run
from tests.pages.conftest import Trained, all_text, open_app
from tests.pages.hostile import NAMES
from tests.pages.test_results import open_run, spoil_predictions


def load(trained: Trained) -> Dataset:
    return trained.workspace.datasets.load(trained.dataset_id)


def boxes(app: AppTest, key: str) -> list[str]:
    return [box.key for box in app.checkbox if box.key.startswith(f"{key}-choose-")]


def draft(trained: Trained) -> str:
    return read_draft(trained.workspace, load(trained)).summary


@pytest.fixture
def spoiled_run(finished_run: Trained) -> Trained:
    """A run with one test sample of "cats" taken for "dogs"."""
    spoil_predictions(finished_run, 1, "test")
    return finished_run


def test_nothing_can_be_done_before_a_sample_is_chosen(spoiled_run: Trained) -> None:
    app = open_run(spoiled_run)
    assert len(boxes(app, "wrong")) == 1
    assert all(app.button(key=f"wrong-{name}").disabled for name in ("relabel", "exclude", "hard"))
    app.checkbox(key=boxes(app, "wrong")[0]).check().run()
    assert app.button(key="wrong-relabel").disabled  # no class is chosen yet
    assert not app.button(key="wrong-exclude").disabled


def test_a_label_is_corrected_and_the_draft_stands_at_the_foot_of_every_page_of_the_data(spoiled_run: Trained) -> None:
    app = open_run(spoiled_run)
    app.checkbox(key=boxes(app, "wrong")[0]).check().run()
    app.selectbox(key="wrong-class").set_value("dogs").run()
    app.button(key="wrong-relabel").click().run()
    assert not app.exception
    assert draft(spoiled_run) == "1 relabelled"
    assert "1 relabelled" in all_text(app)
    assert "1 of these samples are in validation" in next(
        text.help for text in app.markdown if "Not yet in the data" in text.value
    )
    assert "1 relabelled" in all_text(open_app("data", dataset=spoiled_run.dataset_id))


def test_the_samples_of_a_cell_are_chosen_together_and_left_out(spoiled_run: Trained) -> None:
    app = open_run(spoiled_run)
    app.checkbox(key="cell-all").check().run()
    app.button(key="cell-exclude").click().run()
    assert draft(spoiled_run) == "1 excluded"
    assert "will be left out" in all_text(app)
    app.checkbox(key=boxes(app, "cell")[0]).check().run()
    app.button(key="cell-leave").click().run()
    assert draft(spoiled_run) == ""


def test_a_mark_is_kept_shown_filtered_by_and_taken_away(spoiled_run: Trained) -> None:
    app = open_run(spoiled_run)
    app.checkbox(key="wrong-all").check().run()
    app.button(key="wrong-hard").click().run()
    app.button(key="make-version").click().run()
    data = made_from(spoiled_run.workspace, spoiled_run.dataset_id)[0]
    made = spoiled_run.workspace.datasets.load(data.id)
    assert len(made.hard) == 1
    app = open_app("data", dataset=made.id)
    (look,) = [box for box in app.selectbox if box.label == "Class" and "Marked as hard" in box.options]
    look.select("Marked as hard").run()
    assert not app.exception


def test_the_new_version_is_trained_on_with_one_press(spoiled_run: Trained) -> None:
    app = open_run(spoiled_run)
    app.checkbox(key="wrong-all").check().run()
    app.button(key="wrong-exclude").click().run()
    app.button(key="make-version").click().run()
    (made,) = made_from(spoiled_run.workspace, spoiled_run.dataset_id)
    assert made.changes == "1 excluded"
    assert "pets \\(version 2\\)" in all_text(app)
    app.button(key="train-newer").click().run()
    newest = list_runs(spoiled_run.workspace)[0]
    assert newest.spec.dataset_id == made.id
    spec, before = (show_run(spoiled_run.workspace, run_id).spec for run_id in (newest.id, spoiled_run.run_id))
    assert (spec.model, spec.strategy, spec.seed) == (before.model, before.strategy, before.seed)
    again = open_run(spoiled_run)
    assert "train-newer" not in [button.key for button in again.button]
    assert "compare-newer" in [button.key for button in again.button]


def test_what_is_refused_is_said_with_a_remedy_and_nothing_is_lost(finished_run: Trained) -> None:
    data = load(finished_run)
    exclude(finished_run.workspace, data.id, [data.sample_ids[row] for row in range(data.n_samples // 2)])
    app = open_run(finished_run)
    app.button(key="make-version").click().run()
    assert "cannot lose its last sample" in app.error[0].value
    assert "What to do" in app.error[0].value
    assert draft(finished_run) == "12 excluded"


def test_changes_are_thrown_away_only_by_a_second_press(finished_run: Trained) -> None:
    data = load(finished_run)
    exclude(finished_run.workspace, data.id, data.sample_ids[:1])
    app = open_app("data", dataset=data.id)
    app.button(key="throw-away").click().run()
    assert draft(finished_run) == ""
    assert "make-version" not in [button.key for button in app.button]


def test_going_back_to_the_parent_undoes_and_the_way_on_stays(finished_run: Trained) -> None:
    data = load(finished_run)
    exclude(finished_run.workspace, data.id, data.sample_ids[:1])
    app = open_app("data", dataset=data.id)
    app.button(key="make-version").click().run()
    (made,) = made_from(finished_run.workspace, data.id)
    assert app.query_params["dataset"] == made.id
    assert "made from version 1: 1 excluded" in all_text(app)
    app.button(key="back-to-parent").click().run()
    assert app.query_params["dataset"] == data.id
    app.button(key=f"on-to-{made.id}").click().run()
    assert app.query_params["dataset"] == made.id


def test_a_class_is_renamed_merged_and_left_as_it_is(finished_run: Trained) -> None:
    app = open_app("data", dataset=finished_run.dataset_id)
    app.selectbox(key=f"class-to.{finished_run.dataset_id}").set_value("dogs").run()
    assert app.button(key="rename-class").label == "Merge"
    app.button(key="rename-class").click().run()
    assert draft(finished_run) == '"cats" merged into "dogs"'
    app.button(key="make-version").click().run()
    assert "at least two classes; 1 would be left" in app.error[0].value
    app.button(key="leave-class").click().run()
    assert draft(finished_run) == ""


def test_two_versions_are_compared(finished_run: Trained) -> None:
    data = load(finished_run)
    mark(finished_run.workspace, data.id, data.sample_ids[:1], is_hard=True)
    exclude(finished_run.workspace, data.id, data.sample_ids[1:3])
    rename_class(finished_run.workspace, data.id, "dogs", NAMES[0])
    made = make_version(finished_run.workspace, data.id)
    app = open_app("data", dataset=made.id)
    app.session_state["versions-open"] = True
    app.run()
    text = all_text(app)
    assert "**2 left out**" in text
    assert "**1 marked as hard**" in text
    assert "**dogs** renamed to" in text
    assert "![x](" not in text


@pytest.mark.parametrize(
    ("kind", "names"), [("image", ["Zip of class folders"]), ("text", ["CSV", "JSON Lines", "Zip for Hugging Face"])]
)
def test_data_can_be_taken_along(request: pytest.FixtureRequest, kind: str, names: list[str]) -> None:
    trained = request.getfixturevalue("finished_run" if kind == "image" else "finished_text_run")
    app = open_app("data", dataset=trained.dataset_id)
    assert not app.get("download_button")
    app.session_state["dataset-downloads-open"] = True
    app.run()
    assert not app.exception
    assert [button.label for button in app.get("download_button")] == names
