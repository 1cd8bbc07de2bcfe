"""Networks this small are computed faster by one thread than by several that wait for each other."""

import pytest
import torch

import core.backbones.networks  # noqa: F401 - before any test imports torchvision itself


@pytest.fixture(scope="package", autouse=True)
def one_thread():
    n_threads = torch.get_num_threads()
    torch.set_num_threads(1)
    yield
    torch.set_num_threads(n_threads)
