import timm
import torch
import torchvision
from torch import nn

from core.backbones.networks.hollow import HollowTensors, give_memory, restore_constants


def test_a_network_is_built_without_values_and_without_drawing_a_number():
    state = torch.get_rng_state()
    with HollowTensors():
        network = torchvision.models.regnet_y_400mf(weights=None)  # computes its widths in tensors
    assert torch.equal(torch.get_rng_state(), state)
    assert all(parameter.is_meta for parameter in network.parameters())
    assert network.fc.in_features == 440


def test_memory_is_given_to_what_has_none_and_shared_tensors_stay_one():
    with HollowTensors():
        network = nn.Sequential(nn.Linear(3, 3), nn.BatchNorm2d(2), nn.Linear(3, 3))
    network[2].weight = network[0].weight
    network[1].register_buffer("constant", torch.arange(4))
    give_memory(network)
    assert not any(tensor.is_meta for tensor in (*network.parameters(), *network.buffers()))
    assert network[2].weight is network[0].weight
    assert isinstance(network[0].weight, nn.Parameter)
    assert network[1].constant.tolist() == [0, 1, 2, 3]


def test_constants_that_no_file_holds_are_those_of_a_network_built_as_usual():
    name = "swin_tiny_patch4_window7_224"
    usual = timm.create_model(name)
    with HollowTensors():
        network = timm.create_model(name)
    give_memory(network)
    for module in network.modules():
        for buffer in module.buffers(recurse=False):
            buffer.zero_()
    restore_constants(network)
    expected = dict(usual.named_buffers())
    assert expected
    assert all(torch.equal(buffer, expected[key]) for key, buffer in network.named_buffers())
