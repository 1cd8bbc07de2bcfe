import copy

import pytest
import torch
from torch import nn

from core.backbones.freezing import (
    copy_tensors,
    count_parameters,
    cut_index,
    frozen_until,
    hash_frozen,
    hash_tensors,
    movement,
    prove_freeze,
    require_stages,
    weights_digest,
)
from core.backbones.loaders import build_backbone
from core.backbones.measuring import describe_backbone
from core.errors import UnknownChoiceError

STAGES = ("stem", "layer1", "layer2", "layer3", "layer4")


def test_freezing_until_a_stage_includes_it():
    assert frozen_until(STAGES, "layer2") == ("stem", "layer1", "layer2")
    assert frozen_until(STAGES, "layer4") == STAGES


@pytest.mark.parametrize(
    ("frozen", "index"),
    [((), 0), (("stem",), 1), (("stem", "layer1", "layer3"), 2), (("layer1", "layer2"), 0), (STAGES, 5)],
)
def test_the_cut_lies_behind_the_longest_frozen_run_from_the_input_on(frozen, index):
    assert cut_index(STAGES, frozen) == index


def test_a_stage_that_does_not_exist_is_answered_with_the_nearest():
    for call in (lambda: require_stages(STAGES, ["layer9"]), lambda: frozen_until(STAGES, "layer9")):
        with pytest.raises(UnknownChoiceError, match='no stage named "layer9"'):
            call()


def test_parameters_are_counted_with_the_head():
    info = describe_backbone("resnet18")
    everything_frozen = count_parameters(info, info.stage_names, n_classes=10)
    assert everything_frozen.trainable == 512 * 10 + 10
    assert everything_frozen.total == 11_176_512 + 5_130
    last_stage_trains = count_parameters(info, STAGES[:-1], n_classes=10)
    assert last_stage_trains.trainable == 8_393_728 + 5_130


def test_a_digest_changes_with_a_single_bit_in_a_parameter_or_buffer():
    network = nn.BatchNorm2d(3)
    before = hash_tensors(network)
    network.num_batches_tracked += 1
    after = hash_tensors(network)
    assert {name for name in before if before[name] != after[name]} == {"num_batches_tracked"}
    with torch.no_grad():
        network.weight[0] = torch.nextafter(network.weight[0], torch.tensor(2.0))
    assert hash_tensors(network)["weight"] != before["weight"]


def test_a_digest_does_not_depend_on_strides_but_on_type_and_shape():
    values = torch.arange(24.0).reshape(1, 2, 3, 4)

    def digest(tensor):
        holder = nn.Module()
        holder.register_buffer("values", tensor)
        return hash_tensors(holder)["values"]

    assert digest(values) == digest(values.to(memory_format=torch.channels_last))
    assert digest(values) != digest(values.reshape(1, 2, 4, 3))
    assert digest(torch.zeros(2, dtype=torch.int32)) != digest(torch.zeros(2, dtype=torch.float32))
    assert digest(values.bfloat16()) != digest(values)
    assert digest(torch.tensor(3)) != digest(torch.tensor(4))


def test_movement_is_the_norm_of_the_difference_over_the_norm_of_the_start():
    layer = nn.Linear(2, 1, bias=False)
    with torch.no_grad():
        layer.weight.copy_(torch.tensor([[3.0, 4.0]]))
        start = copy_tensors(layer)
        assert movement(start, layer) == 0
        layer.weight += torch.tensor([[0.0, 0.5]])
    assert movement(start, layer) == pytest.approx(0.1)


def test_movement_from_an_all_zero_start_says_whether_anything_moved():
    layer = nn.Linear(2, 1)
    nn.init.zeros_(layer.weight)
    nn.init.zeros_(layer.bias)
    start = copy_tensors(layer)
    assert movement(start, layer) == 0
    nn.init.ones_(layer.bias)
    assert movement(start, layer) == 1


def test_the_proof_counts_changed_appeared_and_vanished_tensors():
    proof = prove_freeze({"a": "1", "b": "2", "c": "3"}, {"a": "1", "b": "9", "d": "4"}, [("head", 0.5)])
    assert (proof.n_tensors, proof.n_changed, proof.movement) == (4, 3, (("head", 0.5),))


def test_frozen_tensors_are_hashed_under_the_names_of_their_stages():
    backbone = build_backbone("efficientnet-lite0", pretrained=False)
    digests = hash_frozen(backbone, ["stem", "conv_head"])
    assert {name.partition("/")[0] for name in digests} == {"stem", "conv_head"}
    n_tensors = len(backbone.stage("stem").state_dict()) + len(backbone.stage("conv_head").state_dict())
    assert len(digests) == n_tensors


def test_what_is_left_out_of_a_stage_that_trains_in_part_is_hashed_as_well():
    backbone = build_backbone("efficientnet-lite0", pretrained=False)
    whole = hash_frozen(backbone, ["stem", "conv_head"])
    partly = hash_frozen(backbone, ["stem"], {"conv_head": {"1.weight", "1.bias"}})
    assert whole.keys() - partly.keys() == {"conv_head/1.weight", "conv_head/1.bias"}
    assert partly.items() <= whole.items()


def test_parameters_are_counted_by_what_trains_in_a_stage():
    info = describe_backbone("resnet18")
    head = 512 * 10 + 10
    count = count_parameters(info, STAGES[:-1], n_classes=10, tensors="norms-and-biases")
    assert count.trainable == 5 * 2 * 512 + head  # layer4: four convolutions and one of the shortcut, each with a norm
    assert count.total == 11_176_512 + head


def test_only_what_is_named_is_copied_and_compared():
    layer = nn.Linear(2, 1)
    start = copy_tensors(layer, {"bias"})
    assert start.keys() == {"bias"}
    with torch.no_grad():
        layer.weight += 1
        assert movement(start, layer) == 0
        layer.bias *= 1.5
    assert movement(start, layer) == pytest.approx(0.5)


def test_the_weights_digest_tells_networks_apart_and_survives_a_copy():
    backbone = build_backbone("efficientnet-lite0", pretrained=False, seed=1)
    digest = weights_digest(backbone)
    assert weights_digest(copy.deepcopy(backbone)) == digest
    assert weights_digest(build_backbone("efficientnet-lite0", pretrained=False, seed=2)) != digest


def test_a_head_that_reads_every_stage_is_counted_in_its_width():
    info = describe_backbone("resnet18")
    assert info.stage_widths == (64, 64, 128, 256, 512)
    count = count_parameters(info, info.stage_names, n_classes=10, features="every-stage")
    assert count.trainable == (64 + 64 + 128 + 256 + 512) * 10 + 10
