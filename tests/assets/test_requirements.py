"""What is imported is required, and each requirement is bounded."""

import ast
import re
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
OWN = {"core", "pages", "app", "tests", "benchmarks"}
PACKAGE_OF = {"PIL": "pillow", "sklearn": "scikit-learn"}


def requirements(name: str) -> dict[str, str]:
    """The version rule of each required package, by its normalised name."""
    lines = [line.split("#")[0].strip() for line in (ROOT / name).read_text(encoding="utf-8").splitlines()]
    pairs = [
        re.fullmatch(r"([A-Za-z0-9_.-]+?)([=<>!~].*)", line) for line in lines if line and not line.startswith("-r")
    ]
    assert None not in pairs
    return {normalised(pair[1]): pair[2] for pair in pairs}


def normalised(name: str) -> str:
    return re.sub(r"[-_.]+", "-", name).lower()


def imported_packages(path: Path) -> set[str]:
    names = set()
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, ast.Import):
            names |= {alias.name.split(".")[0] for alias in node.names}
        elif isinstance(node, ast.ImportFrom) and node.level == 0:
            names.add(node.module.split(".")[0])
    return names - set(sys.stdlib_module_names) - OWN


ACCOUNTS = (ROOT / "core/access/provider.py",)
SERVING = (ROOT / "core/serving", ROOT / "core/commands/serving.py")
FILES = tuple(file.name for file in sorted(ROOT.glob("requirements*.txt")))


def missing_packages(paths, *files):
    imported = set().union(*(imported_packages(path) for path in paths))
    required = set().union(*(requirements(file) for file in files))
    return {normalised(PACKAGE_OF.get(name, name)) for name in imported} - required


def is_for_serving(path: Path) -> bool:
    return any(path.is_relative_to(place) for place in SERVING)


def needs_more(path: Path) -> bool:
    return is_for_serving(path) or path in ACCOUNTS


@pytest.mark.parametrize("folder", ["core", "pages"])
def test_every_imported_package_is_required(folder):
    paths = [path for path in (ROOT / folder).rglob("*.py") if not needs_more(path)]
    assert missing_packages(paths, "requirements.txt") == set()


def test_only_serving_asks_for_more_and_says_so():
    paths = [path for path in (ROOT / "core").rglob("*.py") if is_for_serving(path)]
    assert paths
    assert missing_packages(paths, "requirements.txt", "requirements-serve.txt") == set()


def test_only_the_way_to_a_provider_asks_for_what_accounts_need():
    assert missing_packages(ACCOUNTS, "requirements.txt", "requirements-openid.txt") == set()


@pytest.mark.parametrize("name", FILES)
def test_every_requirement_has_an_upper_bound(name):
    rules = requirements(name)
    assert [package for package, rule in rules.items() if "==" not in rule and "<" not in rule] == []


def test_torch_and_torchvision_are_pinned_exactly():
    rules = requirements("requirements.txt")
    assert re.fullmatch(r"==[\d.]+", rules["torch"])
    assert re.fullmatch(r"==[\d.]+", rules["torchvision"])
