import subprocess
import sys
from pathlib import Path

import pytest

from core.backbones.networks import torchvision_operators

REPOSITORY = Path(__file__).parents[3]


def run(code):
    return subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, timeout=120, cwd=REPOSITORY)


def test_torchvision_can_be_imported_and_used_after_this_package():
    found = run(
        "import core.backbones.networks, torchvision, torch;"
        "network = torchvision.models.resnet18(weights=None).eval();"
        "print(tuple(network(torch.zeros(1, 3, 32, 32)).shape))"
    )
    assert found.stdout.strip() == "(1, 1000)", found.stderr


def test_declaring_again_after_the_import_does_nothing():
    before = list(torchvision_operators._declared)
    torchvision_operators.declare_missing_operators()
    assert torchvision_operators._declared == before


def test_operators_that_are_there_are_left_alone():
    """Stands in for a torchvision whose extension fits: both operators exist before this package is imported."""
    import torchvision

    if torchvision.extension._has_ops():
        pytest.skip("here torchvision's own operators are there, and defining them twice is an error")
    found = run(
        "import torch; own = torch.library.Library('torchvision', 'DEF');"
        "schema = '(Tensor dets, Tensor scores, float iou_threshold) -> Tensor';"
        "own.define('nms' + schema); own.define('qnms' + schema);"
        "from core.backbones.networks import torchvision_operators; import torchvision;"
        "print(len(torchvision_operators._declared))"
    )
    assert found.stdout.strip() == "0", found.stderr
