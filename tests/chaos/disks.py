"""Small and read-only disks, made of memory; only root may mount them."""

from __future__ import annotations

import os
import shutil
import subprocess
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

ROOMY_MB = 512


@dataclass(frozen=True, slots=True)
class Disk:
    """A mounted one."""

    path: Path

    def grow(self) -> None:
        """Space returns."""
        self._remount(f"size={ROOMY_MB}m")

    @contextmanager
    def read_only(self) -> Iterator[None]:
        """Nobody writes while inside."""
        self._remount("ro")
        try:
            yield
        finally:
            self._remount("rw")

    def _remount(self, option: str) -> None:
        subprocess.run(["mount", "-o", f"remount,{option}", str(self.path)], check=True)


@contextmanager
def small_disk(path: Path, n_mb: float) -> Iterator[Disk]:
    """A disk of so many megabytes (10^6 bytes) at `path`, gone afterwards with all that is on it."""
    path.mkdir(parents=True, exist_ok=True)
    subprocess.run(["mount", "-t", "tmpfs", "-o", f"size={int(n_mb * 1e6)}", "headstart-chaos", str(path)], check=True)
    try:
        yield Disk(path)
    finally:
        subprocess.run(["umount", "--lazy", str(path)], check=True)


def why_not() -> str:
    """Why no disk can be mounted here; empty where one can."""
    if os.name != "posix" or os.geteuid() != 0 or not shutil.which("mount"):
        return "needs Linux and root, to mount a small disk"
    try:
        with tempfile.TemporaryDirectory() as folder, small_disk(Path(folder) / "disk", 1):
            return ""
    except subprocess.CalledProcessError:
        return "needs the right to mount a small disk"


def megabytes_in(folder: Path) -> float:
    """What the files in a folder take, 10^6 bytes."""
    return sum(path.stat().st_blocks * 512 for path in folder.rglob("*")) / 1e6
