"""A finished run as ordinary code that gives its numbers again: a script or a notebook."""

from __future__ import annotations

import importlib.metadata
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

from core.atomic import replace_bytes
from core.backbones.networks.torchvision_operators import were_declared
from core.backbones.projections import find_projections
from core.datasets.records import Dataset
from core.errors import ConfigurationError, UserError, writing_for_person
from core.evaluation.report_json import offsets_from_json, temperature_from_json
from core.exporting.code_facts import CodeFacts, PhaseCode, SplitNumbers
from core.exporting.code_network import describe_network, packages_of
from core.exporting.code_script import render_notebook, render_script
from core.exporting.dataset import class_folders
from core.training.events import EpochDone, PathPoint, StoredEvent
from core.training.strategies import Phase, build_phases, get_strategy
from core.workflows.build_classifier import build_classifier
from core.workflows.show_run import RunView, require_readable
from core.workflows.workspace import Workspace

RENDERERS: dict[str, Callable[[CodeFacts], bytes]] = {".py": render_script, ".ipynb": render_notebook}
OTHER_PACKAGES = ("torch", "numpy", "scikit-learn", "scipy", "pillow")


def export_code(workspace: Workspace, run_id: str, file: Path) -> CodeFacts:
    """Write the code to a file whose ending says in which form; appears whole or not at all.

    Args:
        workspace: where the run lies.
        run_id: a finished run.
        file: .py or .ipynb.

    Raises:
        UnknownChoiceError: there is no such run.
        ConfigurationError: it has no model yet, or cannot be written as plain code; or the ending names no form.
        OutOfResourcesError: the file could not be written.
    """
    render = _renderer(file)
    facts = gather_code_facts(workspace, run_id)
    content = render(facts)
    with writing_for_person(file):
        replace_bytes(file, content)
    return facts


def code_bytes(workspace: Workspace, run_id: str, ending: str) -> bytes:
    """The same for a download."""
    return _renderer(Path(f"run{ending}"))(gather_code_facts(workspace, run_id))


def why_no_code(workspace: Workspace, run: RunView) -> str:
    """Why a run cannot be written as plain code; empty where it can."""
    try:
        _require_plain(workspace, run)
    except UserError as error:
        return error.problem
    return ""


def gather_code_facts(workspace: Workspace, run_id: str) -> CodeFacts:
    """All that the code tells; raises ConfigurationError where the run cannot be written as plain code."""
    run = require_readable(workspace, run_id)
    dataset = _require_plain(workspace, run)
    folder, spec, strategy = workspace.runs.get(run_id), run.spec, get_strategy(run.spec.strategy)
    details, network = folder.read_details(), describe_network(spec.model)
    classifier = build_classifier(spec, dataset.n_classes)
    backbone = classifier.backbone
    phases = build_phases(spec, backbone.stage_names)
    taken = _phases_taken(phases, run.events)
    trained = [name for name in backbone.stage_names if any(name in phase.trainable for phase in taken)]
    places = {name: find_projections(backbone.stage(name)) for name in trained}
    temperature = temperature_from_json(folder.read_json("temperature"))
    offsets = offsets_from_json(folder.read_json("decision"))
    engine = details["engine"]
    return CodeFacts(
        run_id=run_id,
        data_name=dataset.name,
        dataset_id=dataset.id,
        data_file=f"dataset-{dataset.id}{'.zip' if dataset.modality == 'image' else '.jsonl'}",
        modality=dataset.modality,
        class_names=dataset.class_names,
        folders=class_folders(dataset.class_names),
        spec=spec,
        strategy_title=strategy.title,
        is_pretrained=strategy.pretrained,
        reads_every_stage=strategy.features == "every-stage",
        tensors=strategy.tensors,
        goal=phases[-1].goal,
        model_title=run.model_title,
        network=network,
        trained_stages=tuple(trained),
        cut=int(details["cut"]) if taken else 0,
        cut_is_map=network.pooling in ("map", "pooled") and dataset.modality == "image",
        phases=taken,
        strength=_strength(details) if phases[0].is_solved else None,
        n_strengths=len(details.get("strengths", ())),
        kept_head=run.state_chosen is not None and run.state_chosen.kept == "head",
        gain_words=_gain_words(run),
        temperature=temperature.value,
        temperature_why=temperature.why,
        offsets=offsets.values if offsets and not offsets.why else (),
        frozen_bfloat16=engine["frozen"] == "bfloat16",
        trained_bfloat16=engine["trained"] == "bfloat16" and bool(taken),
        lora_stages=tuple(name for name, found in places.items() if found),
        lora_targets=tuple(sorted({place.rpartition(".")[2] for found in places.values() for place in found})),
        needs_operators=were_declared(),
        packages=(*_versions(OTHER_PACKAGES), *packages_of(network)),
        results=_results(run),
    )


def _renderer(file: Path) -> Callable[[CodeFacts], bytes]:
    kind = file.suffix.lower()
    if kind not in RENDERERS:
        raise ConfigurationError(
            f'Code is a .py file (a script) or an .ipynb file (a notebook); found "{file.name}".',
            "End the name in .py or .ipynb.",
        )
    return RENDERERS[kind]


def _require_plain(workspace: Workspace, run: RunView) -> Dataset:
    """The run's data; raises ConfigurationError where its numbers cannot be had again by plain code."""
    if run.combination is not None:
        raise ConfigurationError(
            "A run that was put together from others has no training of its own to write down.",
            "Export the code of one of those runs.",
        )
    dataset = workspace.datasets.load(run.spec.dataset_id)
    absent = set(range(dataset.n_classes)) - set(dataset.labels[dataset.rows("train")].tolist())
    if absent:
        raise ConfigurationError(
            f'Class "{dataset.class_names[min(absent)]}" has no training samples, which scikit-learn cannot be told.',
            "Leave such classes out.",
        )
    describe_network(run.spec.model)
    if run.first_estimate is not None:
        _strength(workspace.runs.get(run.id).read_details())
    return dataset


def _phases_taken(phases: Sequence[Phase], events: Sequence[StoredEvent]) -> tuple[PhaseCode, ...]:
    """The phases of steps as far as the run went through them."""
    found = []
    for number, phase in enumerate(phases):
        epochs = [event.epoch for event in events if isinstance(event, EpochDone) and event.phase == number]
        if phase.is_solved or not epochs:
            continue
        points = [event for event in events if isinstance(event, PathPoint) and event.phase == number]
        found.append(
            PhaseCode(
                name=phase.name,
                trainable=phase.trainable_stages,
                n_planned=phase.n_epochs,
                n_run=len(epochs),
                first_epoch=epochs[0],
                stage_decay=phase.stage_decay,
                averages=phase.averages,
                share=next((point.share for point in points if point.is_best), None),
            )
        )
    return tuple(found)


def _strength(details: dict[str, Any]) -> float:
    """The C that the run chose."""
    chosen = details.get("strength")
    if chosen is None:
        raise ConfigurationError(
            "This run is from before the regularisation that its head was fitted with was kept.",
            "Train again with the same settings.",
        )
    return float(chosen)


def _gain_words(run: RunView) -> str:
    chosen = run.state_chosen
    if chosen is None:
        return ""
    return (
        f"balanced accuracy {chosen.accuracy_gain:+.1%} ± {chosen.accuracy_error:.1%}, "
        f"log loss {-chosen.loss_gain:+.3f} ± {chosen.loss_error:.3f}"
    )


def _results(run: RunView) -> tuple[SplitNumbers, ...]:
    assert run.report is not None
    return tuple(
        SplitNumbers(split=part.split, n=part.n, accuracy=part.accuracy.value, macro_f1=part.macro_f1.value)
        for part in run.report.splits
    )


def _versions(names: Sequence[str]) -> tuple[str, ...]:
    return tuple(f"{name}=={importlib.metadata.version(name)}".split("+")[0] for name in names)
