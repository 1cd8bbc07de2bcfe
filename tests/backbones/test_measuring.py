import pytest

from core.backbones.catalogue import list_backbones
from core.backbones.measuring import describe_backbone

PUBLISHED_PARAMETERS = {  # without the source head, as the papers' tables minus 1,000 classes or the pooler
    "efficientnet-lite0": 3_371_008,
    "minilm-l6": 22_565_376,
    "resnet18": 11_176_512,
    "resnet34": 21_284_672,
    "resnet50": 23_508_032,
    "vgg16": 134_260_544,
    "vgg19": 139_570_240,
    "googlenet": 5_599_904,
    "inception-v3": 21_785_568,
    "mobilenetv2": 2_223_872,
    "efficientnet-b0": 4_007_548,
    "regnet-y-800mf": 5_647_512,
    "convnext-tiny": 27_820_128,
    "vit-s16": 21_665_664,
    "vit-b16": 85_798_656,
    "swin-t": 27_519_354,
    "mobilenetv3-large": 4_202_032,
    "densenet121": 6_953_856,
    "bert-base": 108_891_648,
    "distilbert": 66_362_880,
    "roberta-base": 124_055_040,
    "bge-small": 33_212_160,
    "e5-small": 33_212_160,
    "minilm-l12-multilingual": 117_505_920,
    "electra-small": 13_483_008,
    "deberta-v3-small": 141_304_320,
    "gpt2": 124_439_808,
    "xlm-roberta-base": 277_453_056,
}


@pytest.mark.parametrize("row", list_backbones(), ids=lambda row: row.id)
def test_every_row_is_measured_from_its_network_without_weights(row):
    info = describe_backbone(row.id)
    assert info.row is row
    assert info.n_parameters == PUBLISHED_PARAMETERS[row.id]
    assert sum(stage.share_of_cost for stage in info.stages) == pytest.approx(1)
    assert all(0 <= stage.share_of_cost < 0.6 for stage in info.stages)


def test_layers_of_equal_shape_cost_the_same_and_looking_up_embeddings_costs_nothing():
    shares = [stage.share_of_cost for stage in describe_backbone("minilm-l6").stages]
    assert shares == pytest.approx([0, *[1 / 6] * 6])


def test_the_stages_of_resnet18_cost_what_the_arithmetic_says():
    """Multiply-adds by hand, 224 px: the stem 118 M, layer1 462 M, the others 411 M each."""
    shares = [stage.share_of_cost for stage in describe_backbone("resnet18").stages]
    assert shares == pytest.approx([0.065, 0.255, 0.227, 0.227, 0.227], abs=0.001)
