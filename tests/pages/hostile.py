"""A finished run whose classes carry names that would do harm as markup."""

import json
from pathlib import Path

from tests.pages.conftest import Trained

NAMES = ("![x](http://evil.example/x.png)", "**<b>bold</b>** :material/home:")


def rename_classes(trained: Trained, names: tuple[str, ...] = NAMES) -> None:
    """Give the two classes of a run and of its dataset these names, wherever they are written down."""
    root = trained.workspace.root
    dataset = root / "datasets" / trained.dataset_id / "dataset.json"
    run = root / "runs" / trained.run_id
    old = tuple(json.loads(dataset.read_text())["class_names"])
    for path in (dataset, run / "details.json", run / "report.json"):
        _rewrite(path, dict(zip(old, names, strict=True)))


def _rewrite(path: Path, renamed: dict[str, str]) -> None:
    def walk(value: object) -> object:
        if isinstance(value, dict):
            return {key: walk(part) for key, part in value.items()}
        if isinstance(value, list):
            return [walk(part) for part in value]
        return renamed.get(value, value) if isinstance(value, str) else value

    path.write_text(json.dumps(walk(json.loads(path.read_text()))))
