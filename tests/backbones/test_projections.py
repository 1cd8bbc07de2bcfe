"""Where low-rank adapters can stand: layers that an attention calls."""

import pytest
import torch

from core.backbones.catalogue import get_backbone, list_backbones
from core.backbones.networks.families import build_without_weights
from core.backbones.projections import find_projections

WITH_ATTENTION = {"vit", "bert", "distilbert", "roberta", "xlm-roberta", "electra", "deberta-v2", "gpt2"}


def test_a_text_layer_has_one_for_queries_and_one_for_values():
    _, backbone = build_without_weights(get_backbone("minilm-l6"))
    assert set(find_projections(backbone.stage("layer.3"))) == {
        "layer.attention.self.query",
        "layer.attention.self.value",
    }
    assert find_projections(backbone.stage("embeddings")) == {}


@pytest.mark.parametrize("row", list_backbones(), ids=lambda row: row.id)
def test_every_transformer_whose_attention_calls_its_projections_has_them_in_every_layer_and_no_other_has(row):
    _, backbone = build_without_weights(row)
    _, *layers = backbone.stage_names
    found = [bool(find_projections(backbone.stage(name))) for name in layers]
    assert all(found) if row.family in WITH_ATTENTION else not any(found)


@pytest.mark.parametrize("backbone_id", ["vit-s16", "minilm-l6", "gpt2", "deberta-v3-small"])
def test_what_is_found_is_called_when_a_layer_runs(backbone_id):
    _, backbone = build_without_weights(get_backbone(backbone_id))
    stage = backbone.stage(backbone.stage_names[1])
    projections = find_projections(stage)
    called = set()
    for place, layer in projections.items():
        layer.register_forward_hook(lambda *_, place=place: called.add(place))
    is_image = backbone.row.modality == "image"
    shape = (1, 3, 224, 224) if is_image else (1, 4)
    sample = torch.empty(shape, dtype=torch.float32 if is_image else torch.int64, device="meta")
    with torch.no_grad():
        backbone.eval().run_stages(sample, stop=2)
    assert called == set(projections)
