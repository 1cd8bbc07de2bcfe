"""Models of finished runs in memory, ready to be asked."""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path
from typing import Literal

import safetensors.torch

from core.backbones.freezing import weights_digest
from core.evaluation.novelty import Novelty, load_novelty
from core.evaluation.report_json import offsets_from_json, temperature_from_json
from core.features.engine import Engine, engine_like
from core.features.frozen_pass import FrozenPass
from core.training.classifier import Classifier
from core.training.decision import DecisionOffsets
from core.training.inference import build_classifying_pass
from core.workflows.build_classifier import build_classifier
from core.workflows.shipped_network import shipped
from core.workflows.turns import Turns
from core.workflows.workspace import Workspace

AnswerPrecision = Literal["float32", "fastest"]
"""What answers are computed in: float32, as everywhere where the model goes; or whatever this machine computes fastest,
as trainings pass their samples."""

MODELS_KEPT = 4
"""So many as most combinations have members: all of them are asked for every input."""


@dataclass(frozen=True, kw_only=True, slots=True)
class LoadedModel:
    """A loaded model; who computes with it takes a turn, alone if they hang anything into its torch modules."""

    classifier: Classifier
    frozen_pass: FrozenPass
    cut: int
    engine: Engine
    temperature: float
    offsets: DecisionOffsets | None
    novelty: Novelty | None
    turns: Turns


def load_model(workspace: Workspace, run_id: str, precision: AnswerPrecision = "float32") -> LoadedModel:
    """The model of a run as it stands, read once for all who ask; raises UnknownChoiceError where there is no run."""
    written_ns = workspace.runs.get(run_id).model_path.stat().st_mtime_ns
    return _load(workspace.root, run_id, written_ns, precision)


@lru_cache(maxsize=MODELS_KEPT)
def _load(
    root: Path,
    run_id: str,
    written_ns: int,  # noqa: ARG001 - part of what is kept apart
    precision: AnswerPrecision,
) -> LoadedModel:
    """The model of a run as it was written at a time: a stopped run may go on and write a better one."""
    folder = Workspace(root).runs.get(run_id)
    spec = folder.read_spec()
    details = folder.read_details()
    classifier = build_classifier(spec, len(details["class_names"]))
    engine = engine_like(details["modality"], spec.precision, backend=details["engine"].get("backend", "torch"))
    engine = engine if precision == "fastest" else shipped(engine)
    frozen_pass = build_classifying_pass(
        classifier.backbone,
        cut=details["cut"],
        engine=engine,
        cache=Workspace(root).cache,
        weights_key=weights_digest(classifier.backbone),
        features=classifier.features,
    )
    classifier.load_tensors(safetensors.torch.load_file(folder.model_path))
    return LoadedModel(
        classifier=engine.place(classifier.eval()),
        frozen_pass=frozen_pass,
        cut=details["cut"],
        engine=engine,
        temperature=temperature_from_json(folder.read_json("temperature")).value,
        offsets=offsets_from_json(folder.read_json("decision")),
        novelty=load_novelty(folder.novelty_path),
        turns=Turns(frozen_pass.n_at_once if details["cut"] == len(classifier.backbone.stage_names) else 1),
    )
