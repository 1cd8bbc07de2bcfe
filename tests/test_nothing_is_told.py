"""No library that the program loads tells anybody that it is used."""

import subprocess
import sys
from pathlib import Path

import pytest

from core.features import openvino_model

REPOSITORY = Path(__file__).parents[1]


def run(code):
    return subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, timeout=120, cwd=REPOSITORY)


def test_hugging_face_reports_nothing():
    found = run("import core, huggingface_hub.constants as constants; print(constants.HF_HUB_DISABLE_TELEMETRY)")
    assert found.stdout.strip() == "True", found.stderr


@pytest.mark.skipif(not openvino_model.is_available(), reason="OpenVINO runs on x86 processors only")
@pytest.mark.parametrize(
    "first",
    [
        "import core",
        "import contextlib, runpy\n"  # the program in an exported archive, for which there is no core
        "program = runpy.run_path('core/exporting/standalone/predict.py')\n"
        "with contextlib.suppress(RuntimeError):\n"
        "    program['_openvino_network']('missing.xml')",
    ],
)
def test_openvino_reports_nothing(first):
    found = run(
        f"{first}\nimport sys, openvino, openvino.tools.ovc.telemetry_utils as utils\n"
        "print(utils.tm.__name__, openvino.convert_model.__name__)"
    )
    assert found.stdout.split() == ["openvino.tools.ovc.telemetry_stub", "convert_model"], found.stderr


def test_mlflow_reports_nothing():
    found = run("import core; from mlflow.telemetry.utils import is_telemetry_disabled; print(is_telemetry_disabled())")
    assert found.stdout.strip() == "True", found.stderr
