"""What people hand over, made here: pictures, untidy zips and tables."""

import io
import zipfile

from tests.conftest import make_image_zip

ZIP, PNG, CSV = "application/zip", "image/png", "text/csv"
N_PER_CLASS = 30


def untidy_zip() -> bytes:
    """Three classes of thirty pictures with a hidden file, a corrupt picture and a text among them."""
    file = io.BytesIO(make_image_zip(("cats", "dogs", "frogs"), n_per_class=N_PER_CLASS))
    with zipfile.ZipFile(file, "a") as archive:
        archive.writestr("cats/.DS_Store", b"\x00\x00\x00\x01Bud1")
        archive.writestr("dogs/broken.png", b"\x89PNG\r\n\x1a\n but no picture follows")
        archive.writestr("frogs/notes.txt", b"taken in the garden")
    return file.getvalue()


def one_picture(class_name: str) -> bytes:
    """A picture of one of the classes of `untidy_zip`."""
    with zipfile.ZipFile(io.BytesIO(untidy_zip())) as archive:
        return archive.read(f"{class_name}/7.png")
