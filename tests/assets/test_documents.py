"""The documents name only files that exist."""

import re
from pathlib import Path

import pytest

from core.settings import LIMITS

ROOT = Path(__file__).parents[2]
NAMED = re.compile(r"`((?:core|tests|pages|assets|static|\.ci)/[\w./-]*)`")


@pytest.mark.parametrize("name", ["README.md", "ARCHITECTURE.md", "CONTRIBUTING.md", "assets/samples/README.md"])
def test_every_file_named_in_a_document_exists(name):
    document = (ROOT / name).read_text(encoding="utf-8")
    named = set(NAMED.findall(document)) | set(re.findall(r"\]\(((?!https?:)[^)#]+\.md)\)", document))
    missing = [
        path for path in sorted(named) if not ((ROOT / name).parent / path).exists() and not (ROOT / path).exists()
    ]
    assert missing == []


def test_architecture_names_every_room_of_core():
    document = (ROOT / "ARCHITECTURE.md").read_text(encoding="utf-8")
    rooms = {path.parent.name for path in (ROOT / "core").glob("*/__init__.py")}
    assert {room for room in rooms if f"{room}/" not in document} == set()


@pytest.mark.parametrize("row", LIMITS, ids=lambda row: row.name)
def test_the_readme_lists_every_limit_as_its_row_has_it(row):
    readme = (ROOT / "README.md").read_text(encoding="utf-8")
    assert f"| `{row.variable}` | {row.default:,} {row.unit} | {row.help} |" in readme
