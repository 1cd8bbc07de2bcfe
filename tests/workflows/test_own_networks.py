"""Networks beyond the catalogue: by their names and of files, from the first look to a prediction."""

import json

import pytest
import torch

from core.backbones.catalogue import get_backbone
from core.backbones.hub import own_folder
from core.errors import ConfigurationError, MissingWeightsError, UnknownChoiceError
from core.workflows.estimate_run import estimate_run
from core.workflows.inspect_dataset import UploadedFile, discard_uploads, inspect_dataset, keep_upload
from core.workflows.list_models import list_models
from core.workflows.own_networks import (
    add_network,
    choose_fit,
    inspect_weights,
    list_networks,
    remove_network,
    require_network,
    resolve_name,
)
from core.workflows.plan_run import RunChoices, plan_run
from core.workflows.predict import predict_images
from core.workflows.show_run import list_runs, show_run
from core.workflows.train_run import create_run, execute_run
from core.workflows.workspace import open_workspace
from tests.weight_files import save_constant, save_pretrained, save_random
from tests.workflows.conftest import QUICK, picture

TINY = "timm:test_resnet.r160_in1k"
BERT = {"model_type": "bert", "vocab_size": 200, "hidden_size": 32, "num_hidden_layers": 2, "num_attention_heads": 4}


@pytest.fixture(autouse=True)
def own(tmp_path, monkeypatch):
    """A workspace of the test's own, without a network."""
    monkeypatch.setenv("HEADSTART_WORKSPACE", str(tmp_path / "workspace"))
    monkeypatch.setenv("https_proxy", "http://127.0.0.1:1")  # nobody answers there
    return open_workspace()


@pytest.fixture
def pictures(own, tmp_path, image_zip):
    path = tmp_path / "pets.zip"
    path.write_bytes(image_zip)
    return inspect_dataset(own, [UploadedFile(name="pets.zip", path=path)])


def describe(backbone_id, configuration):
    own_folder(backbone_id).mkdir(parents=True)
    (own_folder(backbone_id) / "config.json").write_text(json.dumps(configuration))


def train(own, dataset, model, **settings):
    choices = RunChoices(
        dataset_id=dataset.id, model=model, strategy="feature-extraction", settings={**QUICK, **settings}
    )
    run_id = create_run(own, plan_run(own, choices).spec)
    execute_run(own.root, run_id, should_stop=lambda: None)
    run = show_run(own, run_id)
    assert (run.status.state, run.status.error) == ("finished", None)
    return run


@pytest.mark.parametrize(
    "typed",
    [
        "test_resnet",
        " test_resnet.r160_in1k ",
        "timm:test_resnet",
        "timm/test_resnet.r160_in1k",
        "https://huggingface.co/timm/test_resnet.r160_in1k/tree/main?x=1",
    ],
)
def test_a_network_of_timm_is_found_however_its_name_is_copied(typed):
    info = resolve_name(typed, "image")
    assert info.row.id == TINY
    assert info.weights == "download"
    assert len(info.stages) > 3


@pytest.mark.parametrize(
    ("typed", "modality", "row"),
    [
        ("sentence-transformers/all-MiniLM-L6-v2", "text", "minilm-l6"),
        ("https://huggingface.co/intfloat/e5-small-v2", "text", "e5-small"),
        ("bert-base-uncased", "text", "bert-base"),
        ("bert-base", "text", "bert-base"),
        ("vit_small_patch16_224.augreg_in21k", "image", "vit-s16"),
    ],
)
def test_what_the_catalogue_has_under_this_name_is_taken_from_there(typed, modality, row):
    assert resolve_name(typed, modality).row.id == row


def test_a_name_that_torchvision_and_timm_share_means_the_one_of_timm():
    assert resolve_name("resnet18", "image").row.source == "timm"


def test_a_network_on_hugging_face_is_measured_from_its_description():
    describe("hf:a/b", BERT)
    info = resolve_name("a/b", "text")
    assert info.stage_names == ("embeddings", "layer.0", "layer.1")
    assert info.weights == "download"


@pytest.mark.parametrize(
    ("typed", "modality", "error", "said"),
    [
        ("resnet26x", "image", UnknownChoiceError, 'Did you mean "resnet26'),
        ("c/d", "text", MissingWeightsError, "The description of c/d cannot be fetched"),
        ("a/t5", "text", ConfigurationError, 'of the kind "t5"'),
        ("hf:a/b", "image", ConfigurationError, "The data are images; a/b takes texts"),
        ("timm:test_resnet", "text", ConfigurationError, "takes images. Name a network for texts"),
        ("bert", "text", ConfigurationError, "named hf:OWNER/NAME"),
        ("../../etc/passwd", "text", ConfigurationError, "named hf:OWNER/NAME"),
        ("hf-hub:a/b", "image", UnknownChoiceError, "no network of timm"),
        ("own:00000000", "image", UnknownChoiceError, "file of your own"),
        ("", "image", ConfigurationError, "1 to 200 letters"),
        ("a" * 201, "image", ConfigurationError, "1 to 200 letters"),
        ("a/b\x1b[31m", "text", ConfigurationError, "1 to 200 letters"),
        ("a/\u202eb", "text", ConfigurationError, "1 to 200 letters"),
    ],
)
def test_a_name_that_cannot_be_used_is_refused_with_the_reason(typed, modality, error, said):
    describe("hf:a/b", BERT)
    describe("hf:a/t5", BERT | {"model_type": "t5"})
    with pytest.raises(error) as caught:
        resolve_name(typed, modality)
    assert said in str(caught.value)
    assert caught.value.remedy


def test_a_file_of_weights_trains_and_predicts_when_the_upload_is_long_gone(own, pictures, tmp_path):
    content = save_pretrained(tmp_path / "brought.safetensors").read_bytes()
    upload = keep_upload(own, "mine.safetensors", [content])
    best, *_ = inspect_weights(upload.path, "image")
    assert (best.base, best.is_complete) == ("efficientnet-lite0", True)
    taken = add_network(upload.path, file_name=upload.name, base=best.base)
    discard_uploads([upload])
    (tmp_path / "brought.safetensors").unlink()
    assert estimate_run(own, plan_run(own, RunChoices(dataset_id=pictures.id, model=taken.id))).seconds > 0
    run, bundled = train(own, pictures, taken.id), train(own, pictures, "efficientnet-lite0")
    assert run.model_title == "EfficientNet-Lite0 from mine.safetensors"
    assert run.report == bundled.report  # the same numbers in another file
    assert run.proof.n_changed == 0
    (found,), (expected,) = (predict_images(own, one.id, [("new", picture("red", 99))]) for one in (run, bundled))
    assert (found.label, found.probability) == (expected.label, pytest.approx(expected.probability))
    assert [card.spec.model for card in list_runs(own)].count(taken.id) == 1


def test_a_network_named_by_a_person_trains_and_predicts_with_weights_put_there_by_hand(own, pictures):
    own_folder(TINY).mkdir(parents=True)
    save_random(own_folder(TINY) / "model.safetensors", TINY)
    info = resolve_name("test_resnet", "image")
    assert info.weights == "cached"
    plan = plan_run(own, RunChoices(dataset_id=pictures.id, model=info.row.id, settings={"image_size_px": 96}))
    assert estimate_run(own, plan).seconds > 0
    run = train(own, pictures, info.row.id, image_size_px=96)
    assert run.model_title == TINY
    (found,) = predict_images(own, run.id, [("new", picture("red", 99))])
    assert found.label in pictures.class_names


def test_what_was_taken_in_is_listed_for_its_modality_only(own, tmp_path):
    taken = add_network(save_constant(tmp_path / "x.pth", TINY), file_name="x.pth", base=TINY)
    (network,) = list_networks(own, "image")
    assert (network.weights, network.run_ids) == (taken, ())
    assert network.title == f"{TINY} from x.pth"
    assert list_networks(own, "text") == ()
    assert taken.id in [info.row.id for info in list_models("image", place="here")]
    assert taken.id not in [info.row.id for info in list_models("text")]


def test_a_file_for_a_network_nobody_knows_any_more_does_not_hide_the_others(own, tmp_path):
    taken = add_network(save_constant(tmp_path / "x.pth", TINY), file_name="x.pth", base=TINY)
    description = own_folder(taken.id) / "own.json"
    description.write_text(description.read_text().replace(TINY, "timm:gone_for_good"))
    assert list_networks(own, "image") == ()
    assert taken.id not in [info.row.id for info in list_models("image")]
    with pytest.raises(UnknownChoiceError):
        require_network(taken.id)


def test_weights_that_a_run_needs_stay_and_the_run_is_named(own, pictures, tmp_path):
    taken = add_network(save_constant(tmp_path / "x.pth", TINY), file_name="x.pth", base=TINY)
    plan = plan_run(own, RunChoices(dataset_id=pictures.id, model=taken.id, settings={"image_size_px": 96}))
    run_id = create_run(own, plan.spec)
    assert list_networks(own, "image")[0].run_ids == (run_id,)
    with pytest.raises(ConfigurationError, match=run_id):
        remove_network(own, taken.id)
    assert get_backbone(taken.id)


def test_weights_that_no_run_needs_are_removed_and_say_so_where_they_were_chosen(own, tmp_path):
    taken = add_network(save_constant(tmp_path / "x.pth", TINY), file_name="x.pth", base=TINY)
    require_network(taken.id)
    remove_network(own, taken.id)
    assert list_networks(own, "image") == ()
    with pytest.raises(UnknownChoiceError):
        require_network(taken.id)


def test_weights_whose_file_was_lost_say_so_before_a_run_is_planned(own, tmp_path):
    taken = add_network(save_constant(tmp_path / "x.pth", TINY), file_name="x.pth", base=TINY)
    (own_folder(taken.id) / "model.safetensors").unlink()
    with pytest.raises(MissingWeightsError, match="Hand the file over again"):
        require_network(taken.id)


def test_the_network_that_a_file_fits_is_chosen_where_nobody_names_one(tmp_path):
    fit = choose_fit(save_constant(tmp_path / "x.pth", "resnet34", {"fc.bias": torch.zeros(3)}), None)
    assert fit.base == "resnet34"
    assert fit.is_complete


def test_a_file_that_fits_several_networks_alike_asks_which(tmp_path):
    with pytest.raises(ConfigurationError, match="several networks alike: bge-small, e5-small") as caught:
        choose_fit(save_constant(tmp_path / "x.pth", "e5-small"), None)
    assert "--model bge-small" in caught.value.remedy
    assert choose_fit(tmp_path / "x.pth", "e5-small").base == "e5-small"


def test_a_file_that_fits_none_completely_names_the_nearest(tmp_path):
    file = save_constant(tmp_path / "x.pth", "resnet18", {"layer1.0.conv1.weight": torch.zeros(1)})
    with pytest.raises(ConfigurationError, match=r"the nearest are resnet18 \(119 of 120 tensors\)"):
        choose_fit(file, None)


def test_a_file_of_something_else_fits_nothing(tmp_path):
    torch.save({"a": torch.zeros(3)}, tmp_path / "x.pth")
    with pytest.raises(ConfigurationError, match=r"None of the file's tensors .* networks for texts"):
        inspect_weights(tmp_path / "x.pth", "text")
    with pytest.raises(ConfigurationError, match='There is no file "'):
        inspect_weights(tmp_path / "other.pth")
