"""With which versions of what a run is made: written down when it ends, because they may be others later."""

from __future__ import annotations

import importlib.metadata
import platform

PACKAGES = ("torch", "torchvision", "timm", "transformers", "openvino", "scikit-learn", "scipy", "numpy", "pillow")
"""Those that numbers depend on."""


def package_versions() -> dict[str, str]:
    """Python and the packages that are installed here, by name."""
    found = {name: _version(name) for name in PACKAGES}
    return {"Python": platform.python_version(), **{name: version for name, version in found.items() if version}}


def _version(name: str) -> str:
    try:
        return importlib.metadata.version(name)
    except importlib.metadata.PackageNotFoundError:
        return ""
