"""A run as ordinary code: one text of cells, which is a script as it stands and becomes a notebook by parting it."""

from __future__ import annotations

import json
import pprint
import re
import textwrap
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

from jinja2 import Environment, FileSystemLoader, StrictUndefined

from core.backbones.tensor_choice import LORA_RANK
from core.exporting.code_facts import CodeFacts
from core.exporting.markdown import escape_markdown
from core.features import views
from core.training import adapters, contrast, standardiser, temperature
from core.training.optimizers import MOMENTUM

TEMPLATES = Path(__file__).with_name("templates") / "code"
WIDTH = 110

_CELL = re.compile(r"^# %%(?: \[(markdown)\])?\n", re.MULTILINE)

OPTIMIZERS = {
    "adamw": "AdamW(groups)",
    "adam": "Adam(groups)",
    "sgd": f"SGD(groups, momentum={MOMENTUM})",
    "adagrad": "Adagrad(groups)",
}


def render_script(facts: CodeFacts) -> bytes:
    """The run as a Python file whose cells editors show as those of a notebook ("# %%")."""
    environment = Environment(  # noqa: S701 - writes Python, where what a person wrote enters as literals
        loader=FileSystemLoader(TEMPLATES), undefined=StrictUndefined, trim_blocks=True, lstrip_blocks=True
    )
    environment.filters |= {"py": _literal, "py_list": _list_literal, "words": comment_words, "number": _number}
    text = environment.get_template("script.py.jinja").render(f=_Names(facts))
    return "\n\n".join(_written(kind, source) for kind, source in read_cells(text)).encode() + b"\n"


def render_notebook(facts: CodeFacts) -> bytes:
    """The same cells as a Jupyter notebook (nbformat 4.5)."""
    cells: list[dict[str, Any]] = [
        {"id": f"cell-{number}", "cell_type": kind, "metadata": {}, "source": source.splitlines(keepends=True)}
        | ({"execution_count": None, "outputs": []} if kind == "code" else {})
        for number, (kind, source) in enumerate(read_cells(render_script(facts).decode()))
    ]
    kernel = {"name": "python3", "display_name": "Python 3", "language": "python"}
    notebook = {"cells": cells, "metadata": {"kernelspec": kernel}, "nbformat": 4, "nbformat_minor": 5}
    return json.dumps(notebook, indent=1, ensure_ascii=False).encode()


def read_cells(script: str) -> Iterator[tuple[str, str]]:
    """The kind, "code" or "markdown", and the source of each cell of a script."""
    _, *parts = _CELL.split(script)
    for kind, source in zip(parts[::2], parts[1::2], strict=True):
        if kind == "markdown":
            yield "markdown", re.sub(r"^# ?", "", source.strip(), flags=re.MULTILINE)
        else:
            yield "code", source.strip()


def _written(kind: str, source: str) -> str:
    """A cell of the script: text folded to the width of a page, code with two blank lines between functions."""
    if kind == "code":
        return "# %%\n" + re.sub(r"\n{4,}", "\n\n\n", source)
    lines = (line for part in re.split(r"\n(?=\n|#|\d\. )", source) for line in _folded(part))
    return "# %% [markdown]\n" + "\n".join(f"# {line}".rstrip() for line in lines)


def _folded(text: str) -> list[str]:
    """Code between backticks may not be parted, and a heading or a command must stay on its line."""
    if text.startswith("#") or "`" in text:
        return text.split("\n")
    leading = [""] if text.startswith("\n") else []
    return leading + (textwrap.wrap(" ".join(text.split()), WIDTH) if text.strip() else [])


def comment_words(text: str) -> str:
    """What a person wrote, on one line and without markup: nothing in it can end a comment."""
    return escape_markdown("".join(letter if letter.isprintable() else " " for letter in text))


def _literal(text: str) -> str:
    """As Python writes a text, in double quotes where nothing in it is strange."""
    return json.dumps(text, ensure_ascii=False) if text.isprintable() else repr(text)


def _list_literal(values: Sequence[str]) -> str:
    """A list of texts as Python writes it, folded where it is long."""
    line = f"[{', '.join(map(_literal, values))}]"
    return line if len(line) <= WIDTH else pprint.pformat(list(values), width=WIDTH, compact=True)


def _number(value: float) -> str:
    return f"{value:.6g}"


class _Names:
    """The facts under the names that the templates use: those of the network and of the run side by side."""

    def __init__(self, facts: CodeFacts) -> None:
        self._facts = facts
        train = [phase for phase in facts.phases if phase.averages]
        self.strategy_id = facts.spec.strategy
        self.frozen = "all" if not facts.phases else "none" if len(facts.trained_stages) == len(self.stages) else "some"
        self.stage_parts = facts.network.parts
        self.has_test = any(one.split == "test" for one in facts.results)
        self.n_views = facts.spec.n_views if facts.modality == "image" else 1
        self.mirrored = facts.spec.mirroring == "on"
        self.views_name = f"v{views.VERSION}m" if self.mirrored else f"v{views.VERSION}"
        self.crop_area, self.crop_ratio, self.light = views.CROP_AREA, views.CROP_RATIO, views.LIGHT
        self.keeps_activations = bool(facts.phases) and facts.cut > 0
        self.tracks_best = any(phase.share is None for phase in facts.phases)
        self.averages = any(phase.share is not None for phase in facts.phases)
        self.share = next((phase.share for phase in train), None)
        self.uses_lora = facts.tensors == "low-rank"
        self.lora_rank = LORA_RANK
        self.lora_alpha = round(adapters.LORA_SCALE * LORA_RANK)
        self.damping = standardiser.DAMPING
        self.contrast_temperature = contrast.TEMPERATURE
        self.usual_distance = temperature.USUAL_DISTANCE
        self.temperature_is_fitted = not facts.temperature_why
        self.optimizer = OPTIMIZERS[facts.spec.optimizer]

    def __getattr__(self, name: str) -> Any:
        owner = self._facts if hasattr(self._facts, name) else self._facts.network
        return getattr(owner, name)
