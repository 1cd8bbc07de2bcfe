"""The views on the Train page: shown where there are any, with a warning where mirroring would harm."""

from dataclasses import replace

from streamlit.testing.v1 import AppTest

from core.workflows.inspect_dataset import load_dataset
from pages.components.views_preview import KEY
from tests.pages.conftest import Trained, all_text, open_app

LABEL = "See the views the run would learn from"


def open_with(trained: Trained, **settings: int | str) -> AppTest:
    app = open_app("train", dataset=trained.dataset_id)
    for name, value in settings.items():
        field = app.selectbox if isinstance(value, str) else app.number_input
        field(key=f"setting-{name}").set_value(value).run()
    assert not app.exception
    return app


def unfold(app: AppTest) -> AppTest:
    app.session_state[KEY] = True
    return app.run()


def panels(app: AppTest) -> list[str]:
    return [panel.label for panel in app.expander if panel.label == LABEL]


def pictures(app: AppTest) -> list[str]:
    """Captions of all pictures of views."""
    drawn = [picture for element in app.get("image") or app.get("imgs") for picture in element.proto.imgs]
    return [picture.caption for picture in drawn]


def name_classes(trained: Trained, *names: str) -> None:
    store = trained.workspace.datasets
    store.save(replace(load_dataset(trained.workspace, trained.dataset_id), class_names=names))


def test_with_one_view_there_is_nothing_to_show(one_dataset: Trained) -> None:
    app = open_with(one_dataset)
    assert panels(app) == []
    assert pictures(app) == []


def test_two_classes_stand_in_their_views_once_the_panel_is_open(one_dataset: Trained) -> None:
    app = open_with(one_dataset, n_views=3)
    assert panels(app) == [LABEL]
    assert pictures(app) == []
    unfold(app)
    assert not app.exception
    assert pictures(app) == ["Itself", "View 2", "View 3"] * 2


def test_mirroring_of_digits_is_warned_of(one_dataset: Trained) -> None:
    name_classes(one_dataset, "3", "7")
    app = open_with(one_dataset, mirroring="on", n_views=2)
    assert "look like digits" in app.warning[0].value
    app.selectbox(key="setting-mirroring").set_value("off").run()
    assert not app.warning


def test_mirroring_of_pets_is_not_and_without_further_views_nothing_is_mirrored(one_dataset: Trained) -> None:
    app = open_with(one_dataset, mirroring="on")
    assert not app.warning
    assert "nothing is mirrored" in all_text(app)


def test_names_of_classes_are_not_markup(one_dataset: Trained) -> None:
    name_classes(one_dataset, "left ![x](http://example.org/x.png)", "right")
    app = unfold(open_with(one_dataset, mirroring="on", n_views=2))
    assert "![x](" not in all_text(app)


def test_texts_have_no_views(finished_text_run: Trained) -> None:
    assert panels(open_with(finished_text_run)) == []
