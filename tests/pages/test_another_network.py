"""Train, the panel below the cards: a network by its name, or with weights from a file of one's own."""

from dataclasses import replace
from pathlib import Path

import pytest
import torch
from streamlit.testing.v1 import AppTest

from core.backbones.hub import own_folder
from core.jobs.training_jobs import training_queue
from core.workflows.own_networks import add_network, list_networks
from core.workflows.plan_run import RunChoices, plan_run
from core.workflows.show_run import list_runs, show_run
from core.workflows.train_run import create_run
from pages.components.another_network import NAME_KEY, PANEL_KEY
from pages.components.own_weights import FIT_KEY
from tests.pages.conftest import Trained, all_text, open_app
from tests.pages.hostile import NAMES
from tests.weight_files import save_constant, save_random

TINY = "timm:test_resnet.r160_in1k"


def open_panel(trained: Trained) -> AppTest:
    app = open_app("train", dataset=trained.dataset_id)
    app.session_state[PANEL_KEY] = True
    return app.run()


def name(app: AppTest, text: str) -> AppTest:
    app.text_input(key=NAME_KEY).set_value(text)
    next(button for button in app.button if button.label == "Choose it").click()
    return app.run()


def upload(app: AppTest, file: Path, file_name: str) -> AppTest:
    box = next(box for box in app.file_uploader if "uploads.weights." in box.key)
    box.upload(file_name, file.read_bytes(), "application/octet-stream")
    return app.run()


def fits_of(app: AppTest):
    return next(radio for radio in app.radio if (radio.key or "").startswith(FIT_KEY))


def chosen(app: AppTest) -> list[str]:
    keys = [button.key for button in app.button if button.label.startswith("**")]
    return [key.removeprefix("choose-") for key in keys if (key or "").startswith("choose-")]


def taken_in(trained: Trained, folder: Path, file_name: str = "mine.pth") -> str:
    file = save_constant(folder / "mine.pth", TINY)
    return add_network(file, file_name=file_name, base=TINY).id


def test_the_panel_is_folded_until_it_is_asked_for(one_dataset: Trained) -> None:
    app = open_app("train", dataset=one_dataset.dataset_id)
    assert "Another network" in [panel.label for panel in app.expander]
    assert not app.file_uploader


def test_a_network_that_is_named_is_chosen_and_its_card_shows_what_it_is(one_dataset: Trained) -> None:
    app = name(open_panel(one_dataset), "test_resnet")
    assert not app.exception
    assert chosen(app) == [TINY]
    text = all_text(app)
    assert "5 stages · " in text
    assert "the weights are downloaded when it is trained" in text
    assert "from huggingface.co, once" in app.warning[0].value
    app.switch_page("pages/home.py").run()
    app.switch_page("pages/train.py").run()
    assert chosen(app) == [TINY]


def test_a_name_that_cannot_be_used_is_answered_with_the_nearest_and_changes_nothing(one_dataset: Trained) -> None:
    app = name(open_panel(one_dataset), "resnet26x")
    assert "There is no network of timm named" in app.error[0].value
    assert "Did you mean" in app.error[0].value
    assert chosen(app) == ["efficientnet-lite0"]


def test_texts_are_asked_for_names_on_hugging_face(finished_text_run: Trained, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("https_proxy", "http://127.0.0.1:1")  # nobody answers there
    app = open_panel(finished_text_run)
    assert app.text_input(key=NAME_KEY).label == "Name on Hugging Face"
    name(app, "someone/something")
    assert "The description of someone/something cannot be fetched" in app.error[0].value.replace("\\", "")
    assert chosen(app) == ["minilm-l6"]


def test_a_file_shows_what_it_fits_and_becomes_the_choice(one_dataset: Trained, tmp_path: Path) -> None:
    file = save_constant(tmp_path / "x.pth", "resnet18", {"head.![x](y)": torch.zeros(3)})
    app = upload(open_panel(one_dataset), file, NAMES[0])
    assert not app.exception
    fits = fits_of(app)
    assert fits.options[0] == "ResNet\\-18"
    assert fits.proto.captions[0] == "120 of 120 tensors fit · 1 of the file left over"
    assert "missing" in fits.proto.captions[1]
    assert "![x](" not in all_text(app)
    assert not app.button(key="weights-take").disabled
    fits.set_value("resnet34").run()
    assert app.button(key="weights-take").disabled
    assert "Missing: layer1\\.2\\.conv1\\.weight" in all_text(app)
    fits_of(app).set_value("resnet18").run()
    app.button(key="weights-take").click().run()
    assert not app.exception
    (network,) = list_networks(one_dataset.workspace, "image")
    assert chosen(app) == [network.weights.id]
    assert "![x](" not in all_text(app)
    assert not list(one_dataset.workspace.uploads_dir.iterdir()), "what was taken in need not be kept twice"
    app.button(key="start").click().run()
    (run,) = list_runs(one_dataset.workspace)
    assert training_queue(one_dataset.workspace.root).wait(run.id, 60)
    assert show_run(one_dataset.workspace, run.id).status.state == "finished"


def test_a_file_of_something_else_says_so_and_how_to_go_on(one_dataset: Trained, tmp_path: Path) -> None:
    (tmp_path / "x").write_bytes(b"PK\x03\x04 and nothing")
    app = upload(open_panel(one_dataset), tmp_path / "x", "weights.pth")
    assert not app.exception
    assert "or it is damaged" in app.error[0].value
    assert "What to do" in app.error[0].value
    assert "weights-take" not in [button.key for button in app.button]


def test_what_no_run_needs_is_removed_and_the_usual_choice_is_back(one_dataset: Trained, tmp_path: Path) -> None:
    own_id = taken_in(one_dataset, tmp_path, NAMES[1])
    app = open_panel(one_dataset)
    app.button(key=f"choose-{own_id}").click().run()
    assert chosen(app) == [own_id]
    app.button(key=f"remove-now-{own_id}").click().run()
    assert not app.exception
    assert list_networks(one_dataset.workspace, "image") == ()
    assert chosen(app) == ["efficientnet-lite0"]


def test_what_a_run_needs_names_the_run_and_has_no_button(one_dataset: Trained, tmp_path: Path) -> None:
    own_id = taken_in(one_dataset, tmp_path)
    choices = RunChoices(dataset_id=one_dataset.dataset_id, model=own_id, settings={"image_size_px": 96})
    run_id = create_run(one_dataset.workspace, plan_run(one_dataset.workspace, choices).spec)
    app = open_panel(one_dataset)
    assert f"remove-now-{own_id}" not in [button.key for button in app.button]
    assert run_id in [link.proto.label for link in app.get("page_link")]


def test_a_choice_whose_files_are_gone_is_said_and_given_up(one_dataset: Trained, tmp_path: Path) -> None:
    own_id = taken_in(one_dataset, tmp_path)
    app = open_panel(one_dataset)
    app.button(key=f"choose-{own_id}").click().run()
    for file in own_folder(own_id).iterdir():
        file.unlink()
    app.run()
    assert "There is no file of your own named" in app.error[0].value
    assert chosen(app) == ["efficientnet-lite0"]
    assert not app.run().error


def test_weights_put_there_by_hand_need_no_download(one_dataset: Trained) -> None:
    own_folder(TINY).mkdir(parents=True)
    save_random(own_folder(TINY) / "model.safetensors", TINY)
    app = name(open_panel(one_dataset), "test_resnet")
    assert "weights: on this machine" in all_text(app)
    assert not app.warning
    assert app.button(key="start").label == "Start training"


def test_a_run_that_trained_stages_can_be_begun_with_and_says_what_it_knows(finished_run: Trained) -> None:
    app = open_panel(finished_run)
    assert "No run here has trained stages" in all_text(app)
    folder = finished_run.workspace.runs.get(finished_run.run_id)
    folder.write_spec(replace(folder.read_spec(), strategy="full-fine-tuning", frozen_stages=()))
    dataset = finished_run.workspace.datasets.load(finished_run.dataset_id)
    folder.write_json("learned", {"samples": list(dataset.sample_ids)})
    app = open_panel(finished_run)
    app.button(key="begin-take").click().run()
    assert not app.exception
    assert f"Run {finished_run.run_id} knows these samples" in [box.title for box in app.warning] or (
        "had already learned from" in " ".join(box.value for box in app.warning)
    )
