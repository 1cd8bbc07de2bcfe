"""The half of this room that loads network libraries; importing it first makes them safe to import.

Everything that must happen before the first import of torchvision, timm or transformers happens here, and nowhere
else: Python runs this file before any module beside it.
"""

from __future__ import annotations

from core.backbones.networks.torchvision_operators import declare_missing_operators

declare_missing_operators()

# Here rather than where it is first used: functions of two threads that import it at the same moment, the one directly
# and the other through timm, were seen to find it half made.
import torchvision  # noqa: E402, F401
