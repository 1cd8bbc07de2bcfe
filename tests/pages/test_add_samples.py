"""More samples for a dataset that is there, and one that begins with the camera."""

from core.workflows.camera_frames import keep_frames
from core.workflows.inspect_dataset import list_datasets, load_dataset
from core.workflows.workspace import Workspace
from pages.components import state
from tests.datasets.pictures import picture
from tests.pages.conftest import Trained, all_text, open_app


def frames(workspace: Workspace, name: str, start: int, presses: int = 3) -> list[tuple[str, str, str]]:
    """What the session remembers of some presses of a button."""
    kept = [
        frame
        for press in range(presses)
        for frame in keep_frames(workspace, name, [picture(start + 10 * press + n, kind="JPEG") for n in range(4)])
    ]
    return [(frame.class_name, frame.press, str(frame.path)) for frame in kept]


def test_pasted_lines_become_a_version(finished_text_run: Trained) -> None:
    app = open_app("data", dataset=finished_text_run.dataset_id)
    app.session_state["add-open"] = True
    app.run()
    assert app.button(key="add-samples").disabled
    app.text_area(key=f"add-lines-{finished_text_run.dataset_id}").set_value("I adore it\nI adore number 3, too")
    app.selectbox(key=f"add-class-{finished_text_run.dataset_id}").set_value("good").run()
    app.button(key="add-samples").click().run()
    assert not app.exception
    made = load_dataset(finished_text_run.workspace, app.query_params["dataset"])
    assert (made.parent, made.changes) == (finished_text_run.dataset_id, "2 added")
    assert made.texts[-2:] == ("I adore it", "I adore number 3, too")


def test_images_of_a_class_are_added_and_what_is_there_is_listed(one_dataset: Trained) -> None:
    before = load_dataset(one_dataset.workspace, one_dataset.dataset_id)
    again = one_dataset.workspace.datasets.image_path(before.sample_ids[0]).read_bytes()
    app = open_app("data", dataset=one_dataset.dataset_id)
    app.session_state["add-open"] = True
    app.run()
    app.file_uploader[0].upload("a.png", picture(71)).upload("b.png", picture(72)).upload("c.png", again).run()
    app.selectbox(key=f"add-class-{one_dataset.dataset_id}").set_value("cats").run()
    app.button(key="add-samples").click().run()
    assert not app.exception
    made = load_dataset(one_dataset.workspace, app.query_params["dataset"])
    assert made.class_counts()["cats"] == before.class_counts()["cats"] + 2
    assert "it is in the dataset already" in all_text(app)


def test_a_dataset_begins_with_the_camera(workspace: Workspace) -> None:
    app = open_app("data")
    app.segmented_control(key="data.way").set_value("camera").run()
    app.text_input(key="camera-classes").set_value("up, <b>").run()
    assert app.button(key="camera-make").disabled
    app.session_state[f"{state.FRAMES}.new"] = (*frames(workspace, "up", 0), *frames(workspace, "<b>", 500))
    app.run()
    assert "12 pictures in 3 presses" in all_text(app)
    app.button(key="camera-make").click().run()
    assert not app.exception
    made = load_dataset(workspace, list_datasets(workspace)[0].id)
    assert made.class_counts() == {"<b>": 12, "up": 12}
    assert not list(workspace.uploads_dir.iterdir())


def test_a_press_can_be_taken_back(workspace: Workspace) -> None:
    app = open_app("data")
    app.segmented_control(key="data.way").set_value("camera").run()
    app.session_state[f"{state.FRAMES}.new"] = tuple(frames(workspace, "yes", 0, presses=2))
    app.run()
    app.button(key="take-back-new-yes").click().run()
    assert "4 pictures in 1 press" in all_text(app)
    assert len(list(workspace.uploads_dir.iterdir())) == 4
