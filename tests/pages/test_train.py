"""Train: every choice shows what it does, and a start does exactly what was shown."""

import json
import shutil
from dataclasses import replace

import pytest
from streamlit.testing.v1 import AppTest

from core.jobs.measuring import wait_for_measuring
from core.jobs.training_jobs import training_queue
from core.runs.records import LIVE_STATES
from core.workflows.estimate_run import deepest_within
from core.workflows.list_models import count_models, list_models
from core.workflows.plan_run import RunChoices, plan_run
from core.workflows.show_run import list_runs, show_run
from core.workflows.workspace import Workspace
from pages.components.backbone_cards import AWAY_KEY
from tests.pages.conftest import Trained, all_text, open_app
from tests.pages.hostile import NAMES

STAGES = ("stem", *(f"blocks.{number}" for number in range(7)), "conv_head")


def metrics(app: AppTest) -> dict[str, str]:
    return {metric.label: metric.value for metric in app.metric}


def switch(app: AppTest, stage: str):
    return app.toggle(key=f"stage-efficientnet-lite0-{stage}")


def open_fine_tuning(trained: Trained) -> AppTest:
    app = open_app("train", dataset=trained.dataset_id)
    app.button(key="open-stages").click().run()
    assert not app.exception
    return app


def test_without_data_the_page_says_what_to_do(workspace: Workspace) -> None:
    app = open_app("train")
    assert "No data yet" in [element.value for element in app.subheader]
    assert [button.label for button in app.button] == ["Bring data"]


def unfold(app: AppTest) -> AppTest:
    """Opens the folder with the backbones that need a download."""
    app.session_state[AWAY_KEY] = True
    return app.run()


def cards(app: AppTest) -> dict[str, str]:
    """Titles of the backbones that are shown, by the key of their button."""
    return {button.key: button.label for button in app.button if (button.key or "").startswith("choose-")}


def test_every_backbone_of_the_modality_has_a_card_and_the_bundled_one_is_chosen(one_dataset: Trained) -> None:
    app = unfold(open_app("train", dataset=one_dataset.dataset_id))
    assert set(cards(app)) == {f"choose-{info.row.id}" for info in list_models("image")}
    assert [key for key, label in cards(app).items() if label.startswith("**")] == ["choose-efficientnet-lite0"]
    text = all_text(app)
    assert "3.4 M parameters · 19 MB" in text
    assert "Bundled" in text


def test_backbones_to_download_are_folded_away_until_one_is_chosen(one_dataset: Trained) -> None:
    app = open_app("train", dataset=one_dataset.dataset_id)
    here = {f"choose-{info.row.id}" for info in list_models("image", place="here")}
    n_away = count_models("image", place="away")
    assert set(cards(app)) == here
    assert app.expander[0].label.startswith(f"{n_away} more")
    unfold(app)
    assert len(cards(app)) == len(here) + n_away
    app.button(key="choose-vit-s16").click().run()
    assert "choose-vit-s16" not in [button.key for button in app.expander[0].button]
    app.session_state[AWAY_KEY] = False
    assert set(cards(app.run())) == {*here, "choose-vit-s16"}


def test_a_row_that_needs_a_download_says_so_before_the_start(one_dataset: Trained) -> None:
    app = unfold(open_app("train", dataset=one_dataset.dataset_id))
    app.button(key="choose-vgg16").click().run()
    assert "553 MB" in app.warning[0].value
    assert app.button(key="start").label == "Download 553 MB and start"
    vgg = next(info for info in list_models("image") if info.row.id == "vgg16")
    assert [toggle.key for toggle in app.toggle] == [f"stage-vgg16-{name}-fixed" for name in vgg.stage_names]


def test_where_the_strategy_leaves_no_choice_the_switches_are_disabled_with_the_reason(one_dataset: Trained) -> None:
    app = open_app("train", dataset=one_dataset.dataset_id)
    assert [toggle.disabled for toggle in app.toggle] == [True] * len(STAGES)
    assert not any(toggle.value for toggle in app.toggle)
    assert "keeps every stage frozen" in all_text(app)
    app.radio(key="strategy").set_value("full-fine-tuning").run()
    assert [toggle.value for toggle in app.toggle] == [True] * len(STAGES)
    assert all(toggle.disabled for toggle in app.toggle)
    assert "trains every stage" in all_text(app)


def test_the_suggested_strategy_is_marked_and_says_why(one_dataset: Trained) -> None:
    app = open_app("train", dataset=one_dataset.dataset_id)
    options = app.radio(key="strategy").options
    marked = [option for option in options if "Suggested" in option]
    assert len(marked) == 1
    assert marked[0].startswith("Feature extraction :blue-badge[Suggested]")
    assert "training samples in 2 classes" in all_text(app)


def test_the_slider_freezes_all_stages_up_to_one_and_the_counts_follow(one_dataset: Trained) -> None:
    app = open_fine_tuning(one_dataset)
    app.select_slider(key="freeze-until").set_value("blocks.4").run()
    assert [toggle.value for toggle in app.toggle] == [False] * 6 + [True] * 3
    plan = plan_run(
        one_dataset.workspace,
        RunChoices(dataset_id=one_dataset.dataset_id, strategy="head-then-fine-tune", freeze_until="blocks.4"),
    )
    assert metrics(app)["Share that trains"] == f"{plan.parameters.trainable_share:.1%}"
    assert metrics(app)["Frozen stages"] == "6 of 9"
    assert metrics(app)["Steps at most"] == f"{plan.n_steps:,}"


def test_any_pattern_of_stages_can_be_switched(one_dataset: Trained) -> None:
    app = open_fine_tuning(one_dataset)
    app.select_slider(key="freeze-until").set_value("nothing").run()
    assert metrics(app)["Frozen stages"] == "0 of 9"
    assert metrics(app)["Share that trains"] == "100.0%"
    switch(app, "blocks.2").set_value(False).run()
    switch(app, "blocks.5").set_value(False).run()
    assert metrics(app)["Frozen stages"] == "2 of 9"
    assert [toggle.label.replace("\\", "") for toggle in app.toggle if not toggle.value] == ["blocks.2", "blocks.5"]
    assert app.select_slider(key="freeze-until").value == "nothing"
    drawn = json.loads(app.get("plotly_chart")[0].proto.spec)["data"]
    assert [trace["customdata"] for trace in drawn if trace["name"].startswith("Frozen")] == [
        [["blocks.2"], ["blocks.5"]]
    ]


def test_where_a_part_of_each_stage_trains_that_part_is_counted_and_named(one_dataset: Trained) -> None:
    app = open_fine_tuning(one_dataset)
    app.radio(key="strategy").set_value("norms-and-biases").run()
    choices = RunChoices(dataset_id=one_dataset.dataset_id, strategy="norms-and-biases")
    plan = plan_run(one_dataset.workspace, choices)
    assert metrics(app)["Trainable parameters"] == f"{plan.parameters.trainable / 1e3:.1f} k"
    assert "Trains norms and biases of" in all_text(app)
    assert "its other weights stay" in all_text(app)


def test_adapters_are_offered_to_transformers_and_forgotten_with_them(one_dataset: Trained) -> None:
    app = unfold(open_app("train", dataset=one_dataset.dataset_id))
    assert not [option for option in app.radio(key="strategy").options if "LoRA" in option]
    app.button(key="choose-vit-s16").click().run()
    app.radio(key="strategy").set_value("lora").run()
    assert "Trains adapters in" in all_text(app)
    app.button(key="choose-efficientnet-lite0").click().run()
    assert not app.exception
    assert app.radio(key="strategy").value == "feature-extraction"


def test_choices_that_contradict_each_other_are_explained_and_cannot_start(one_dataset: Trained) -> None:
    app = open_fine_tuning(one_dataset)
    app.select_slider(key="freeze-until").set_value("blocks.6").run()
    switch(app, "conv_head").set_value(False).run()
    assert "all 9 were to be frozen" in app.error[0].value
    assert "Leave the last stage trainable" in app.error[0].value
    assert app.button(key="start").disabled
    switch(app, "conv_head").set_value(True).run()
    assert not app.error
    assert not app.button(key="start").disabled


def test_time_and_memory_are_said_before_the_start(one_dataset: Trained) -> None:
    app = open_app("train", dataset=one_dataset.dataset_id)
    assert metrics(app)["Expected time"].startswith(("About", "Under"))
    assert metrics(app)["Expected memory"].endswith("MB")
    strategies = app.radio(key="strategy")
    assert all("about" in caption or "under" in caption for caption in strategies.proto.captions)
    assert not any("about" in option or "under" in option for option in strategies.options)
    assert "time-budget" not in [slider.key for slider in app.select_slider]


def test_what_was_never_measured_is_measured_behind_the_page(one_dataset: Trained) -> None:
    shutil.rmtree(one_dataset.workspace.timings_dir)
    app = open_app("train", dataset=one_dataset.dataset_id)
    small = {"image_size_px": 64}  # which is measured sooner
    app.number_input(key="setting-image_size_px").set_value(small["image_size_px"]).run()
    app.button(key="open-stages").click().run()
    assert metrics(app)["Expected time"] == metrics(app)["Expected memory"] == "Measuring"
    assert app.select_slider(key="time-budget-unknown").disabled
    plan = plan_run(one_dataset.workspace, RunChoices(dataset_id=one_dataset.dataset_id, settings=small))
    assert wait_for_measuring(one_dataset.workspace.root, plan, 180)
    app.run()
    assert metrics(app)["Expected time"].startswith("About")
    assert not app.select_slider(key="time-budget").disabled


def test_minutes_freeze_as_few_stages_as_fit_into_them(one_dataset: Trained) -> None:
    app = open_fine_tuning(one_dataset)
    app.number_input(key="setting-epochs").set_value(1).run()
    app.select_slider(key="time-budget").set_value(240).run()
    assert metrics(app)["Frozen stages"] == "0 of 9"
    app.number_input(key="setting-epochs").set_value(1000).run()
    app.select_slider(key="time-budget").set_value(1).run()
    choices = RunChoices(dataset_id=one_dataset.dataset_id, strategy="head-then-fine-tune", settings={"epochs": 1000})
    n_frozen = len(deepest_within(one_dataset.workspace, choices, minutes=1))
    assert n_frozen > 0
    assert metrics(app)["Frozen stages"] == f"{n_frozen} of 9"


def test_settings_show_what_is_suggested_and_go_back_to_it(one_dataset: Trained) -> None:
    app = open_fine_tuning(one_dataset)
    epochs = app.number_input(key="setting-epochs")
    suggested = epochs.value
    assert f"Suggested\\: {suggested}" in all_text(app)
    assert (epochs.min, epochs.max) == (1, 1000)
    epochs.set_value(3).run()
    assert "at most 3 epochs" in all_text(app)
    app.button(key="settings-reset").click().run()
    assert app.number_input(key="setting-epochs").value == suggested


def test_settings_that_do_nothing_for_a_strategy_are_not_offered(one_dataset: Trained) -> None:
    app = open_app("train", dataset=one_dataset.dataset_id)
    assert "setting-seed" in [field.key for field in app.number_input]
    assert "setting-epochs" not in [field.key for field in app.number_input]
    assert "solved for directly" in all_text(app)


def test_a_start_creates_a_run_with_exactly_what_was_chosen(one_dataset: Trained) -> None:
    app = open_fine_tuning(one_dataset)
    app.select_slider(key="freeze-until").set_value("blocks.6").run()
    switch(app, "blocks.1").set_value(True).run()
    app.number_input(key="setting-epochs").set_value(1).run()
    app.number_input(key="setting-image_size_px").set_value(32).run()
    app.number_input(key="setting-learning_rate").set_value(2e-4).run()
    app.button(key="start").click().run()
    run = show_run(one_dataset.workspace, list_runs(one_dataset.workspace)[0].id)
    assert app.query_params["run"] == run.id
    assert (run.spec.model, run.spec.strategy, run.spec.epochs, run.spec.image_size_px) == (
        "efficientnet-lite0",
        "head-then-fine-tune",
        1,
        32,
    )
    assert run.spec.learning_rate == pytest.approx(2e-4)
    assert run.spec.frozen_stages == tuple(name for name in STAGES[:-1] if name != "blocks.1")
    assert training_queue(one_dataset.workspace.root).wait(run.id, 60)
    assert show_run(one_dataset.workspace, run.id).status.state == "finished"


def test_what_was_chosen_is_still_there_after_another_page(one_dataset: Trained) -> None:
    app = open_fine_tuning(one_dataset)
    app.select_slider(key="freeze-until").set_value("blocks.1").run()
    app.switch_page("pages/home.py").run()
    app.switch_page("pages/train.py").run()
    assert metrics(app)["Frozen stages"] == "3 of 9"


def test_another_run_in_training_does_not_keep_anybody_from_planning(running_run: Trained) -> None:
    app = open_app("train", dataset=running_run.dataset_id)
    assert not app.exception
    assert not app.button(key="start").disabled
    assert [card.status.state in LIVE_STATES for card in list_runs(running_run.workspace)] == [True]


def test_a_dataset_that_is_not_there_is_said_and_the_newest_is_shown(one_dataset: Trained) -> None:
    app = open_app("train", dataset="0123456789abcdef")
    assert "not here" in app.warning[0].value
    assert app.selectbox(key="train.dataset").value == one_dataset.dataset_id


def test_texts_have_their_own_backbones_and_no_image_size(finished_text_run: Trained) -> None:
    app = open_app("train", dataset=finished_text_run.dataset_id)
    assert "choose-minilm-l6" in [button.key for button in app.button]
    assert "choose-resnet18" not in [button.key for button in app.button]
    assert "setting-image_size_px" not in [field.key for field in app.number_input]


def test_a_hostile_dataset_name_is_not_markup(one_dataset: Trained) -> None:
    store = one_dataset.workspace.datasets
    store.save(replace(store.load(one_dataset.dataset_id), name=NAMES[0]))
    app = open_app("train", dataset=one_dataset.dataset_id)
    assert "![x](" not in all_text(app)
    assert not app.exception


def test_the_phases_of_a_strategy_are_drawn_with_what_trains_in_each(one_dataset: Trained) -> None:
    app = open_fine_tuning(one_dataset)
    drawn = phase_figure(app)
    assert drawn["layout"]["xaxis"]["ticktext"] == ["1", "2"]
    height = drawn["layout"]["height"]
    app.radio(key="strategy").set_value("full-fine-tuning").run()
    drawn = phase_figure(app)
    assert drawn["layout"]["xaxis"]["ticktext"] == ["1"]
    assert [trace["name"] for trace in drawn["data"] if trace["hovertext"]] == ["Trains"]
    assert drawn["layout"]["height"] == height


def phase_figure(app: AppTest) -> dict:
    """The map of stages by time, which shows what is solved for besides what is frozen and what trains."""
    figures = [json.loads(chart.proto.spec) for chart in app.get("plotly_chart")]
    (found,) = (figure for figure in figures if [trace["name"] for trace in figure["data"]][-1:] == ["Solved"])
    return found


def test_contrast_is_offered_for_texts_without_the_settings_that_act_on_none_of_its_steps(
    finished_text_run: Trained,
) -> None:
    app = open_app("train", dataset=finished_text_run.dataset_id)
    app.radio(key="strategy").set_value("contrastive").run()
    assert not app.exception
    assert "fits the head anew after each" in all_text(app)
    fields = [field.key for field in app.number_input]
    assert "setting-epochs" in fields
    assert not {"setting-mixup", "setting-label_smoothing", "setting-head_learning_rate"} & set(fields)


def test_contrast_is_not_offered_for_images(one_dataset: Trained) -> None:
    options = open_app("train", dataset=one_dataset.dataset_id).radio(key="strategy").options
    assert "Contrastive tuning" not in " ".join(options)
