import subprocess
import sys

import pytest

from core.backbones.catalogue import DEFAULT_BACKBONES, get_backbone, list_backbones
from core.errors import UnknownChoiceError


def test_ids_are_unique_and_every_row_is_found_by_its_own():
    rows = list_backbones()
    assert len({row.id for row in rows}) == len(rows)
    assert all(get_backbone(row.id) is row for row in rows)


@pytest.mark.parametrize("modality", ["image", "text"])
def test_the_default_of_each_modality_needs_no_download(modality):
    row = get_backbone(DEFAULT_BACKBONES[modality])
    assert row.modality == modality
    assert row.source == "bundled"
    assert row in list_backbones(modality)


def test_listing_one_modality_leaves_out_the_other():
    assert {row.modality for row in list_backbones("text")} == {"text"}
    assert len(list_backbones("text")) + len(list_backbones("image")) == len(list_backbones())


def test_an_unknown_backbone_is_answered_with_the_nearest_id():
    with pytest.raises(UnknownChoiceError, match='Did you mean "resnet18"'):
        get_backbone("resnet-18")


def test_light_modules_import_no_torch():
    code = (
        "import core.backbones.catalogue, core.backbones.freezing, core.backbones.records, sys;"
        "assert not {'torch', 'timm', 'transformers', 'torchvision'} & set(sys.modules)"
    )
    subprocess.run([sys.executable, "-c", code], check=True)
