"""A run as ordinary code gives the run's numbers again, as a script and as a notebook."""

import ast
import json
import os
import re
import subprocess
import sys
from dataclasses import replace

import pytest

from core.errors import ConfigurationError
from core.exporting.code_script import render_script
from core.workflows.export_code import code_bytes, export_code, gather_code_facts, why_no_code
from core.workflows.export_dataset import export_dataset
from tests.workflows.conftest import TOP_LAYER_TRAINS

NUMBERS = re.compile(r"(val|test): accuracy (\S+) \(the run: (\S+)\), macro-F1 (\S+) \(the run: (\S+)\)")


@pytest.fixture
def reproduce(workspace, tmp_path):
    """Exports a run's data and code, runs the code in a process of its own, and gives its words."""

    def run(view, ending=".py"):
        dataset = view.spec.dataset_id
        kind = ".zip" if view.modality == "image" else ".jsonl"
        export_dataset(workspace, dataset, tmp_path / f"dataset-{dataset}{kind}")
        file = tmp_path / f"run{ending}"
        export_code(workspace, view.id, file)
        if ending == ".ipynb":
            cells = json.loads(file.read_text())["cells"]
            file = tmp_path / "cells.py"
            file.write_text("\n".join("".join(cell["source"]) for cell in cells if cell["cell_type"] == "code"))
        environment = {**os.environ, "OMP_NUM_THREADS": "1", "HF_HUB_OFFLINE": "1"}
        done = subprocess.run(
            [sys.executable, file.name], cwd=tmp_path, env=environment, capture_output=True, text=True, timeout=300
        )
        assert done.returncode == 0, done.stderr
        return done.stdout

    return run


def within_one_sample(words, view):
    found = NUMBERS.findall(words)
    assert [split for split, *_ in found] == [part.split for part in view.report.splits]
    for (_, accuracy, of_run, *_), part in zip(found, view.report.splits, strict=True):
        assert float(of_run) == pytest.approx(part.accuracy.value, abs=1e-4)
        assert abs(float(accuracy) - float(of_run)) <= max(0.005, 1 / part.n + 1e-4)
    return True


@pytest.mark.parametrize("modality", ["image", "text"])
def test_a_fitted_head_is_the_same_one(finished, reproduce, modality):
    assert within_one_sample(reproduce(finished[modality]), finished[modality])


def test_the_cells_of_a_notebook_do_the_same_one_after_the_other(finished, reproduce):
    assert within_one_sample(reproduce(finished["image"], ".ipynb"), finished["image"])


FINE = {"epochs": 2, "batch_size": 8, "optimizer": "adamw", "learning_rate": 3e-4}
VARIANTS = [
    ("image", "multi-stage-probe", {}),
    ("image", "head-then-fine-tune", {**FINE, "n_views": 3, "mirroring": "on", "mixup": 0.2, "label_smoothing": 0.1}),
    ("image", "gradual-unfreezing", {**FINE, "class_weights": "balanced", "layer_decay": 0.8}),
    ("image", "first-stages", {**FINE, "class_weights": "logit-adjustment", "optimizer": "sgd"}),
    ("image", "full-fine-tuning", {**FINE, "class_weights": "balanced-sampling", "optimizer": "adam"}),
    ("image", "from-scratch", {**FINE, "warmup_share": 0.0, "gradient_clip": 0.0}),
    ("text", "multi-stage-probe", {"class_weights": "balanced"}),
    ("text", "head-then-fine-tune", {**FINE, "head_dropout": 0.1, "decision": "macro-f1"}),
    ("text", "contrastive", FINE),
    ("text", "norms-and-biases", {**FINE, "optimizer": "adagrad"}),
    ("text", "lora", FINE),
    ("text", "gradual-unfreezing", {**FINE, "mixup": 0.2}),
]


@pytest.mark.slow
@pytest.mark.parametrize(
    ("modality", "strategy", "settings"), VARIANTS, ids=lambda value: value if isinstance(value, str) else ""
)
def test_every_strategy_is_written_as_code_that_runs(
    workspace, images, texts, start, execute, tmp_path, monkeypatch, capsys, modality, strategy, settings
):
    dataset = images if modality == "image" else texts
    wants_top = strategy not in ("multi-stage-probe", "first-stages", "full-fine-tuning", "from-scratch")
    frozen = TOP_LAYER_TRAINS[modality] if wants_top else None
    if strategy == "gradual-unfreezing":
        frozen = frozen[:-1]
    view = execute(start(dataset, strategy, frozen=frozen, **settings))
    export_dataset(
        workspace, dataset.id, tmp_path / f"dataset-{dataset.id}{'.zip' if modality == 'image' else '.jsonl'}"
    )
    script = code_bytes(workspace, view.id, ".py").decode()
    monkeypatch.chdir(tmp_path)
    capsys.readouterr()
    exec(compile(script, "run.py", "exec"), {"__name__": "__main__"})
    assert within_one_sample(capsys.readouterr().out, view)


def test_a_combined_run_says_why_it_has_no_code(workspace, finished):
    view = finished["image"]
    assert why_no_code(workspace, view) == ""
    assert "no training of its own" in why_no_code(workspace, replace(view, combination=object()))


def test_an_ending_that_is_no_code_is_refused(workspace, finished, tmp_path):
    with pytest.raises(ConfigurationError, match=r"found \"run\.txt\""):
        export_code(workspace, finished["text"].id, tmp_path / "run.txt")


def test_what_a_person_wrote_cannot_become_code(workspace, finished):
    hostile = "x\n# %%\nraise SystemExit\r\u2028`<b>\\"
    facts = replace(
        gather_code_facts(workspace, finished["image"].id), data_name=hostile, class_names=(hostile, '"', "'")
    )
    script = render_script(facts).decode()
    compile(script, "run.py", "exec")
    assert not any(line.strip() == "raise SystemExit" for line in re.split(r"[\n\r\u2028]", script))
    assert hostile in [node.value for node in ast.walk(ast.parse(script)) if isinstance(node, ast.Constant)]
