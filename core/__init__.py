"""All of Headstart but its screens; see ARCHITECTURE.md for the order of the rooms."""

import os
import sys

# Threads of OpenMP (torch) and OpenBLAS (numpy) with nothing to do burn their core for a while by default. A trainer
# shares the machine with a browser, where that costs small steps up to ten times their time; and for 25 ms after every
# product of matrices numpy's idle threads kept a core from the network. Read once, when torch and numpy load: hence
# here, before them. OpenBLAS waits 2 to the power of its number in clock cycles.
os.environ.setdefault("OMP_WAIT_POLICY", "PASSIVE")
os.environ.setdefault("OPENBLAS_THREAD_TIMEOUT", "10")

# No library tells anybody that it is used: MLflow, Hugging Face's client, and OpenVINO, which reports every import to a
# server unless the package that does so is missing. Read when they are imported.
os.environ.setdefault("DO_NOT_TRACK", "true")
os.environ.setdefault("HF_HUB_DISABLE_TELEMETRY", "1")
sys.modules["openvino_telemetry"] = None  # type: ignore[assignment]
