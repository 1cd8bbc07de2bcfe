"""Loaded before the tests of this folder, some of which import torchvision themselves."""

import core.backbones.networks  # noqa: F401
