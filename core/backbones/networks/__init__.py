"""The half of this room that loads network libraries; importing it first makes them safe to import.

Everything that must happen before the first import of torchvision, timm, transformers or huggingface_hub happens here,
and nowhere else: Python runs this file before any module beside it.
"""

from __future__ import annotations

import os

from core.backbones.networks.torchvision_operators import declare_missing_operators

os.environ.setdefault("HF_HUB_DISABLE_TELEMETRY", "1")

declare_missing_operators()
