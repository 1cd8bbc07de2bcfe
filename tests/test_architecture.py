"""The import law: data walks the street once, left to right, and light modules stay light."""

import ast
from collections.abc import Callable, Iterator
from functools import cache
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[1]
STREET = ("datasets", "backbones", "features", "training", "evaluation", "explanation", "exporting")
GROUND = ("core.arrays", "core.atomic", "core.paths", "core.shown", "core.errors", "core.settings")
"""Each imports at most those to its left."""
RECORD_MODULES = ("records", "spec", "events", "settings")
HEAVY = ("torch", "torchvision", "timm", "transformers", "openvino", "captum")
NEVER_ON_A_PAGE = ("torch", "torchvision", "timm", "transformers")
PAGES_MAY_REACH = ("core.workflows", "core.jobs", "core.plots", "core.access", "core.errors", "core.settings")
LIGHT = (
    "core/*.py",
    *(f"core/*/{name}.py" for name in ("__init__", *RECORD_MODULES)),
    "core/evaluation/records/*.py",
    "core/backbones/catalogue.py",
    "core/training/strategies.py",
    "core/explanation/methods.py",
    "core/runs/*.py",
    "core/plots/*.py",
    "core/jobs/*.py",
    "core/access/*.py",
    "core/commands/*.py",
)

Law = Callable[[str, str], bool]
"""Whether the module of the first name may import that of the second."""


def test_no_import_breaks_the_law() -> None:
    broken = [line for path in _sources() for line in broken_laws(path, (ROOT / path).read_text(encoding="utf-8"))]
    assert broken == []


def test_light_modules_reach_nothing_heavy_at_import() -> None:
    light = sorted({path.relative_to(ROOT).as_posix() for pattern in LIGHT for path in ROOT.glob(pattern)})
    assert "core/runs/folder.py" in light
    reached = {path: heavy for path in light if (heavy := _heavy_reach(_module_name(path)))}
    assert reached == {}


@pytest.mark.parametrize(
    ("path", "source"),
    [
        ("core/datasets/split.py", "from core.training.spec import TrainingSpec"),
        ("core/datasets/split.py", "import core.backbones"),
        ("core/datasets/split.py", "def f():\n    from core import workflows"),
        ("core/datasets/split.py", "from ..features import cache"),
        ("core/datasets/split.py", "from core.runs.records import RunStatus"),
        ("core/exporting/bundle.py", "from core.plots import loss_curves"),
        ("core/evaluation/report.py", "from core.explanation.sanity import check_sanity"),
        ("core/explanation/overlay.py", "from core.exporting.figures import x"),
        ("core/explanation/sanity.py", "from core.plots.palette import FROZEN"),
        ("core/runs/folder.py", "from core.training.loop import train"),
        ("core/runs/folder.py", "import core.training"),
        ("core/plots/curves.py", "from core.datasets.store import DatasetStore"),
        ("core/plots/curves.py", "from core.runs.folder import RunFolder"),
        ("core/workflows/train_run.py", "from core.jobs.queue import JobQueue"),
        ("core/jobs/training_jobs.py", "from core.training.loop import train"),
        ("core/__main__.py", "from core.datasets.store import DatasetStore"),
        ("core/commands/runs.py", "from core.runs.store import RunStore"),
        ("core/workflows/train_run.py", "from core.commands.words import describe_run"),
        ("core/workflows/train_run.py", "from core.serving.service import build_service"),
        ("core/serving/service.py", "from core.training.loop import train"),
        ("core/access/door.py", "from core.workflows.workspace import Workspace"),
        ("core/errors.py", "from core.settings import PRODUCT"),
        ("core/__init__.py", "from core.errors import UserError"),
        ("core/jobs/queue.py", "import streamlit as st"),
        ("core/jobs/queue.py", "def f():\n    from streamlit.runtime import get_instance"),
        ("core/newroom/thing.py", "from core.errors import UserError"),
        ("pages/train.py", "import torch.nn"),
        ("pages/components/curves.py", "def f():\n    from torchvision import models"),
        ("app.py", "from transformers import AutoModel"),
        ("dashboard.py", "from torchvision import models"),
        ("pages/train.py", "from core.datasets.store import DatasetStore"),
        ("pages/train.py", "from core.runs.store import RunStore"),
        ("pages/train.py", "from core import training"),
        ("pages/train.py", "import core"),
    ],
)
def test_a_violation_is_found(path: str, source: str) -> None:
    assert len(broken_laws(path, source)) == 1


@pytest.mark.parametrize(
    ("path", "source"),
    [
        ("core/training/loop.py", "from core.backbones.stages import x\nfrom core.training.spec import TrainingSpec"),
        ("core/settings.py", "from core.errors import ConfigurationError"),
        ("core/training/loop.py", "import torch\nfrom . import policies\nfrom core.errors import UserError"),
        ("core/explanation/behind.py", "from core.training.classifier import x\nfrom core.evaluation.records import y"),
        ("core/exporting/report.py", "from core.explanation.records import ImageExplanation"),
        ("core/runs/folder.py", "from core.training import spec\nfrom core.training.events import StoredEvent"),
        ("core/plots/curves.py", "from core.runs.records import RunStatus\nfrom core.evaluation.records import Report"),
        ("core/workflows/train_run.py", "from core.exporting.bundle import x\nfrom core.runs.store import RunStore"),
        ("core/jobs/training_jobs.py", "from core.workflows.train_run import x\nfrom core.runs.store import RunStore"),
        ("core/__main__.py", "from core.workflows.train_run import x"),
        ("core/commands/runs.py", "from core.commands.words import x\nfrom core.workflows.train_run import y"),
        ("pages/train.py", "import streamlit\nfrom core.workflows import train_run\nfrom core.plots.curves import x"),
        ("pages/train.py", "from core.training.spec import TrainingSpec\nfrom pages.components import blocks"),
        ("app.py", "import streamlit as st\nfrom core.access.door import Door"),
        ("dashboard.py", "import streamlit as st\nfrom core.settings import PRODUCT"),
    ],
)
def test_what_the_law_allows_is_not_a_violation(path: str, source: str) -> None:
    assert broken_laws(path, source) == []


def test_weight_is_found_through_the_fronts_of_packages(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    sources = {
        "core/__init__.py": "",
        "core/jobs/__init__.py": "",
        "core/jobs/light.py": "import json\nfrom core.rooms import records",
        "core/rooms/__init__.py": "from .networks import build",
        "core/rooms/records.py": "",
        "core/rooms/networks.py": "import torch.nn",
    }
    for path, source in sources.items():
        (tmp_path / path).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / path).write_text(source)
    monkeypatch.setattr(f"{__name__}.ROOT", tmp_path)
    for cached in (_source_of, _start_imports):
        cached.cache_clear()
    chain = _heavy_reach("core.jobs.light")
    for cached in (_source_of, _start_imports):
        cached.cache_clear()
    assert chain == ("core.jobs.light", "core.rooms", "core.rooms.networks", "torch.nn")


def test_only_what_runs_at_import_counts_as_weight() -> None:
    source = """
from typing import TYPE_CHECKING
if TYPE_CHECKING:
    import torch
def later():
    import timm
class Now:
    import captum
try:
    import openvino
except ImportError:
    import transformers
"""
    names = set(_imports_at_start(ast.parse(source), "core.features.engine"))
    assert names & set(HEAVY) == {"captum", "openvino", "transformers"}


def broken_laws(path: str, source: str) -> list[str]:
    """One line per import in `source`, anywhere in it, that a module at `path` may not have."""
    module = _module_name(path)
    names = dict.fromkeys(name for node in ast.walk(ast.parse(source)) for name in _imported(node, module))
    may_import = _law_for(module)
    return [f"{path} imports {name}" for name in names if not may_import(module, name)]


def _law_for(module: str) -> Law:
    parts = module.split(".")
    if parts[0] != "core":
        return _page_law
    if module == "core.__main__" or _is_within(module, "core.commands"):
        return _command_line_law
    if len(parts) == 1 or module in GROUND:
        return _ground_law
    laws = {"runs": _records_law, "plots": _records_law, "workflows": _workflow_law, "jobs": _jobs_law}
    laws |= {"serving": _jobs_law, "access": _is_outside_or_near}
    return laws.get(parts[1], _street_law)


def _page_law(module: str, name: str) -> bool:
    if _is_within(name, "core"):
        return any(_is_within(name, front) for front in PAGES_MAY_REACH) or _is_record_module(name)
    return not any(_is_within(name, heavy) for heavy in NEVER_ON_A_PAGE)


def _ground_law(module: str, name: str) -> bool:
    if _is_within(name, "core"):
        return module in GROUND and name in GROUND[: GROUND.index(module)]
    return not _is_within(name, "streamlit")


def _street_law(module: str, name: str) -> bool:
    room = module.split(".")[1]
    if room not in STREET:  # a new room must be given its place before it may import anything
        return False
    left = STREET[: STREET.index(room)]
    return _is_outside_or_near(module, name) or any(_is_within(name, f"core.{other}") for other in left)


def _records_law(module: str, name: str) -> bool:
    return _is_outside_or_near(module, name) or _is_record_module(name)


def _workflow_law(module: str, name: str) -> bool:
    rooms = (*STREET, "runs", "plots")
    return _is_outside_or_near(module, name) or any(_is_within(name, f"core.{room}") for room in rooms)


def _jobs_law(module: str, name: str) -> bool:
    return _is_outside_or_near(module, name) or _is_within(name, "core.workflows") or _is_within(name, "core.runs")


def _command_line_law(module: str, name: str) -> bool:
    if _is_within(name, "core"):
        rooms = ("core.commands", "core.workflows", "core.serving", "core.access")
        return any(_is_within(name, room) for room in rooms) or name in GROUND or _is_record_module(name)
    return not _is_within(name, "streamlit")


def _is_outside_or_near(module: str, name: str) -> bool:
    """Whether `name` lies outside of core (and is not streamlit), in the ground, or in the package of `module`."""
    if not _is_within(name, "core"):
        return not _is_within(name, "streamlit")
    return name in GROUND or _is_within(name, ".".join(module.split(".")[:2]))


def _is_within(name: str, package: str) -> bool:
    return name == package or name.startswith(package + ".")


def _is_record_module(name: str) -> bool:
    parts = name.split(".")
    return len(parts) == 3 and parts[0] == "core" and parts[2] in RECORD_MODULES


def _heavy_reach(module: str) -> tuple[str, ...]:
    """The chain of imports that leads from `module` to something heavy, empty where there is none."""
    chains, seen = [(module,)], {module}
    for chain in chains:  # grows while it is walked
        for name in _start_imports(chain[-1]):
            if name.split(".")[0] in HEAVY:
                return (*chain, name)
            for part in _with_packages(name):
                if part not in seen:
                    seen.add(part)
                    chains.append((*chain, part))
    return ()


@cache
def _start_imports(module: str) -> tuple[str, ...]:
    path = _source_of(module)
    return tuple(_imports_at_start(ast.parse(path.read_text(encoding="utf-8")), module)) if path else ()


def _imports_at_start(node: ast.AST, module: str) -> Iterator[str]:
    """Imports that run when the module is imported: not those in functions or for the type checker."""
    for child in ast.iter_child_nodes(node):
        if isinstance(child, ast.FunctionDef | ast.AsyncFunctionDef | ast.Lambda):
            continue
        if isinstance(child, ast.If) and "TYPE_CHECKING" in ast.unparse(child.test):
            continue
        yield from _imported(child, module)
        yield from _imports_at_start(child, module)


def _imported(node: ast.AST, module: str) -> Iterator[str]:
    """Full names of the modules one statement imports; for `from a import b` that is `a.b` where b is a module."""
    if isinstance(node, ast.Import):
        yield from (alias.name for alias in node.names)
    elif isinstance(node, ast.ImportFrom):
        base = _absolute(node, module)
        yield from dict.fromkeys(_submodule_or(base, alias.name) for alias in node.names)


def _absolute(node: ast.ImportFrom, module: str) -> str:
    if not node.level:
        return node.module or ""
    is_package = _source_of(module) == ROOT.joinpath(*module.split("."), "__init__.py")
    package = module.split(".") + ["."] * is_package
    above = package[: -node.level]
    return ".".join([*above, node.module] if node.module else above)


def _submodule_or(base: str, name: str) -> str:
    return f"{base}.{name}" if base == "core" or _source_of(f"{base}.{name}") else base


def _with_packages(name: str) -> list[str]:
    """A module and the packages above it, which are imported before it."""
    parts = name.split(".")
    return [".".join(parts[:end]) for end in range(1, len(parts) + 1)] if parts[0] == "core" else []


@cache
def _source_of(module: str) -> Path | None:
    path = ROOT.joinpath(*module.split("."))
    found = (candidate for candidate in (path.with_suffix(".py"), path / "__init__.py") if candidate.is_file())
    return next(found, None)


def _module_name(path: str) -> str:
    return path.removesuffix(".py").removesuffix("/__init__").replace("/", ".")


def _sources() -> list[str]:
    paths = [*ROOT.glob("core/**/*.py"), *ROOT.glob("pages/**/*.py"), ROOT / "app.py", ROOT / "dashboard.py"]
    return sorted(path.relative_to(ROOT).as_posix() for path in paths)
