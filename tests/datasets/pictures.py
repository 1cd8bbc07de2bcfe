"""Small files for the tests of this room: pictures that differ, and archives of them."""

import io
import zipfile
from collections.abc import Mapping
from pathlib import Path

import numpy as np
from PIL import Image


def picture(seed: int, *, kind: str = "PNG", size: tuple[int, int] = (12, 10)) -> bytes:
    """A picture of random colours; another seed is another picture."""
    pixels = np.random.default_rng(seed).integers(0, 256, (size[1], size[0], 3), dtype=np.uint8)
    return encoded(Image.fromarray(pixels), kind)


def encoded(image: Image.Image, kind: str, **options: object) -> bytes:
    file = io.BytesIO()
    image.save(file, kind, **options)
    return file.getvalue()


def write_zip(path: Path, members: Mapping[str, bytes]) -> Path:
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, data in members.items():
            archive.writestr(name, data)
    return path


def write_folder(root: Path, members: Mapping[str, bytes]) -> Path:
    for name, data in members.items():
        file = root / name
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_bytes(data)
    return root


def two_classes(n: int = 4, prefix: str = "", start: int = 0) -> dict[str, bytes]:
    """n cats and n dogs under class folders."""
    return {
        f"{prefix}{name}/{number}.png": picture(start + 1000 * place + number)
        for place, name in enumerate(("cats", "dogs"))
        for number in range(n)
    }
