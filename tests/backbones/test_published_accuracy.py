"""What publishers say of their networks, and silence where they say nothing."""

import pytest

from core.backbones.catalogue import list_backbones
from core.backbones.published_accuracy import published_accuracy


@pytest.mark.parametrize(("backbone_id", "expected"), [("resnet18", 0.69758), ("efficientnet-lite0", 0.755)])
def test_the_accuracy_is_the_publishers(backbone_id, expected):
    assert published_accuracy(backbone_id) == pytest.approx(expected)


@pytest.mark.parametrize("row", list_backbones(), ids=lambda row: row.id)
def test_every_row_has_a_plausible_accuracy_or_none(row):
    found = published_accuracy(row.id)
    if row.source == "torchvision":
        assert 0.65 < found < 0.9
    if row.modality == "text":
        assert found is None
