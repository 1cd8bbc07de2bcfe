"""Why?: a panel that asks only when it is opened, on Predict and under the samples of Results."""

import pytest
from streamlit.testing.v1 import AppTest

from tests.pages.conftest import Trained, all_text, open_app
from tests.pages.hostile import NAMES, rename_classes
from tests.pages.test_predict import a_picture

HOSTILE = 'I **love** [it](http://e.example) ]{background="red"} ![x](http://e.example/x.png) <b>so</b> much'


def open_why(app: AppTest) -> AppTest:
    app.session_state["why-open"] = True
    app.run()
    assert not app.exception
    return app


def predicted_text(trained: Trained, text: str) -> AppTest:
    app = open_app("predict", run=trained.run_id)
    app.text_input(key=f"text-{trained.run_id}").set_value(text)
    app.form_submit_button[0].click().run()
    return app


def predicted_image(trained: Trained) -> AppTest:
    app = open_app("predict", run=trained.run_id)
    app.file_uploader(key=f"image-{trained.run_id}").upload("new.png", a_picture("cats")).run()
    return app


def choose_method(app: AppTest, method: str, key: str = "why") -> AppTest:
    app.session_state[f"{key}-method"] = method
    app.run()
    assert not app.exception
    return app


def similarity(app: AppTest) -> str:
    return next(metric.value for metric in app.metric if metric.label == "Similarity under a random head")


def test_nothing_is_asked_before_the_panel_is_opened(finished_run: Trained) -> None:
    app = predicted_image(finished_run)
    assert [metric.label for metric in app.metric] == ["Most probable class"]
    assert "Orange speaks for" not in all_text(app)


def test_an_image_is_explained_beside_its_answer(finished_run: Trained) -> None:
    app = open_why(predicted_image(finished_run))
    assert app.metric[0].value == "cats"
    assert "Orange speaks for **cats**" in all_text(app)
    assert similarity(app) == "–"
    assert "4 places are too few to compare" in all_text(app)  # so small an image leaves 2 x 2 of them
    assert "it does not show which detail" in all_text(app)
    choose_method(app, "occlusion")
    assert "by covering each with grey" in all_text(app)
    assert 0 <= float(similarity(app)) <= 1


def test_the_other_class_can_be_explained(finished_run: Trained) -> None:
    app = open_why(predicted_image(finished_run))
    box = next(box for box in app.selectbox if box.label == "Class to explain")
    box.set_value(1).run()
    assert "Orange speaks for **dogs**" in all_text(app)
    assert app.metric[0].value == "cats"


def test_the_nearest_training_images_carry_their_labels(finished_run: Trained) -> None:
    app = choose_method(open_why(predicted_image(finished_run)), "nearest-samples")
    assert "6 of the 6 nearest are labeled **cats**" in all_text(app)
    assert "training samples were looked at" in all_text(app)


@pytest.mark.parametrize("way", ["leave-one-word-out", "integrated-gradients", "nearest-samples"])
def test_the_words_of_a_text_are_never_markup(finished_text_run: Trained, way: str) -> None:
    """The answer to a form is gone with the next run of the whole page, so the panel is open before."""
    app = open_app("predict", run=finished_text_run.run_id)
    app.session_state["why-open"] = True
    app.session_state["why-method"] = way
    app.text_input(key=f"text-{finished_text_run.run_id}").set_value(HOSTILE)
    app.form_submit_button[0].click().run()
    assert not app.exception
    text = all_text(app)
    assert ("nearest are labeled" if way == "nearest-samples" else "Orange speaks for") in text
    assert all(part not in text for part in ("**love**", "](http", "<b>", "![x]"))
    if way != "nearest-samples":
        assert r"\*\*love\*\*" in text
        assert ':color[much]{background="rgba(' in text or " much" in text


def test_hostile_class_names_are_not_markup(finished_text_run: Trained) -> None:
    rename_classes(finished_text_run)
    app = open_app("predict", run=finished_text_run.run_id)
    app.session_state["why-open"] = True
    app.text_input(key=f"text-{finished_text_run.run_id}").set_value("I love it")
    app.form_submit_button[0].click().run()
    assert "Orange speaks for" in all_text(app)
    assert all(name not in all_text(app) for name in NAMES)


def test_a_sample_of_the_results_is_explained_in_one_panel_under_the_list(finished_run: Trained) -> None:
    app = open_app("results", run=finished_run.run_id)
    buttons = [button for button in app.button if button.key and button.key.startswith("cell-why-")]
    assert [button.label for button in buttons] == ["Why?", "Why?"]
    assert "Orange speaks for" not in all_text(app)
    buttons[1].click().run()
    assert not app.exception
    assert all_text(app).count("Orange speaks for **cats**") == 1
    assert "**Why cats?**" in all_text(app)
    app.button(key="cell-why-close").click().run()
    assert "Orange speaks for" not in all_text(app)
