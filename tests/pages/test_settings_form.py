"""The advanced settings: each says what is suggested and why, and each goes back alone."""

from streamlit.testing.v1 import AppTest

from core.training.settings import list_groups, list_settings
from core.workflows.plan_run import RunChoices, plan_run
from pages.components.text import escape_markdown
from tests.pages.conftest import Trained, all_text, open_app

BACK = "suggested-"


def open_fine_tuning(trained: Trained) -> AppTest:
    app = open_app("train", dataset=trained.dataset_id)
    return app.radio(key="strategy").set_value("head-then-fine-tune").run()


def ways_back(app: AppTest) -> list[str]:
    """Names of the settings that can be put back one by one."""
    return [button.key.removeprefix(BACK) for button in app.button if (button.key or "").startswith(BACK)]


def test_every_setting_stands_with_its_suggestion_and_one_sentence_why(one_dataset: Trained) -> None:
    app = open_fine_tuning(one_dataset)
    choices = RunChoices(dataset_id=one_dataset.dataset_id, strategy="head-then-fine-tune")
    plan = plan_run(one_dataset.workspace, choices)
    captions = [caption.value for caption in app.caption]
    for row in list_settings():
        suggested = getattr(plan.spec, row.name)
        shown = f"{suggested:g}" if isinstance(suggested, float) else f"{suggested} {row.unit}".strip()
        why = plan.suggestion.reason_of(row.name) or row.reason
        assert escape_markdown(f"Suggested: {shown}. {why}") in captions
    assert ways_back(app) == []


def test_settings_stand_in_groups_with_a_sentence_each(one_dataset: Trained) -> None:
    text = all_text(open_fine_tuning(one_dataset))
    places = [text.index(f"**{group.title}**") for group in list_groups()]
    assert places == sorted(places)
    assert all(group.help in text for group in list_groups())


def test_a_group_without_a_setting_that_acts_is_left_out(one_dataset: Trained) -> None:
    text = all_text(open_app("train", dataset=one_dataset.dataset_id))
    assert "**Training**" not in text
    assert "**Data**" in text


def test_one_changed_setting_goes_back_and_the_others_stay(one_dataset: Trained) -> None:
    app = open_fine_tuning(one_dataset)
    suggested = app.number_input(key="setting-epochs").value
    app.number_input(key="setting-epochs").set_value(3).run()
    app.number_input(key="setting-mixup").set_value(0.2).run()
    app.selectbox(key="setting-optimizer").set_value("sgd").run()
    assert ways_back(app) == ["epochs", "optimizer", "mixup"]
    app.button(key="suggested-epochs").click().run()
    assert app.number_input(key="setting-epochs").value == suggested
    assert app.number_input(key="setting-mixup").value == 0.2
    assert app.selectbox(key="setting-optimizer").value == "sgd"
    assert ways_back(app) == ["optimizer", "mixup"]
    app.button(key="settings-reset").click().run()
    assert ways_back(app) == []


def test_what_was_set_to_the_suggestion_by_hand_needs_no_way_back(one_dataset: Trained) -> None:
    app = open_fine_tuning(one_dataset)
    suggested = app.number_input(key="setting-epochs").value
    app.number_input(key="setting-epochs").set_value(suggested + 1).run()
    app.number_input(key="setting-epochs").set_value(suggested).run()
    assert ways_back(app) == []
