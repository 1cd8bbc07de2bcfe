"""The usual ways to do the same, each with the same data, split, pretrained weights and thread count as ours."""

import core.backbones.networks  # noqa: F401 - beside a CPU-only torch no peer could import torchvision without it
