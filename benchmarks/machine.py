"""What was measured on: processor, memory, system and the versions of what takes part."""

from __future__ import annotations

import importlib.metadata
import os
import platform
from pathlib import Path

import torch

PACKAGES = (
    "torch",
    "torchvision",
    "timm",
    "transformers",
    "openvino",
    "scikit-learn",
    "numpy",
    "pillow",
    "streamlit",
    "fastai",
    "accelerate",
    "sentence-transformers",
)
CPUINFO = Path("/proc/cpuinfo")
CAPABILITIES = ("avx2", "avx512", "avx512_bf16", "amx_bf16")


def describe_machine() -> dict[str, str]:
    """Facts in words, by what they are called; the load tells whether the machine was busy with something else."""
    return {
        "processor": _processor_name(),
        "instructions": ", ".join(name for name in CAPABILITIES if torch.cpu.get_capabilities().get(name)) or "plain",
        "cores": _cores(),
        "threads of torch": str(torch.get_num_threads()),
        "memory": _memory(),
        "system": f"{platform.system()} {platform.release()}, Python {platform.python_version()}",
        "load before": f"{os.getloadavg()[0]:.1f}" if hasattr(os, "getloadavg") else "unknown",
    }


def list_versions() -> dict[str, str]:
    """The installed versions of the packages that matter, by name."""
    return {name: version for name in PACKAGES if (version := _version(name))}


def _version(name: str) -> str:
    try:
        return importlib.metadata.version(name)
    except importlib.metadata.PackageNotFoundError:
        return ""


def _processor_name() -> str:
    names = _processor_facts("model name")
    return names[0] if names else platform.processor() or platform.machine()


def _cores() -> str:
    """How many processors the system sees, and how many cores these are where it tells."""
    cores = set(zip(_processor_facts("physical id"), _processor_facts("core id"), strict=True))
    return f"{len(cores)} physical, {os.cpu_count()} logical" if cores else f"{os.cpu_count()} logical"


def _memory() -> str:
    if not hasattr(os, "sysconf"):
        return "unknown"
    return f"{os.sysconf('SC_PAGE_SIZE') * os.sysconf('SC_PHYS_PAGES') / 1e9:.0f} GB"


def _processor_facts(name: str) -> list[str]:
    """What Linux says under this name, for each processor."""
    lines = CPUINFO.read_text(encoding="utf-8").splitlines() if CPUINFO.exists() else []
    return [line.partition(":")[2].strip() for line in lines if line.partition(":")[0].strip() == name]
