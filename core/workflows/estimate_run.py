"""Before a run starts: how long it takes and what it needs, from what is measured once on this machine."""

from __future__ import annotations

from dataclasses import replace

from core.backbones.freezing import cut_index
from core.datasets.records import Dataset
from core.features.engine import Engine, choose_engine
from core.features.frozen_pass import converted_key
from core.features.inputs import are_decoded, inputs_key
from core.features.passing import tap_keys
from core.features.timing import BackboneTiming
from core.training.estimate import PhaseEstimate, RunEstimate, Timings, Work, estimate
from core.training.spec import TrainingSpec
from core.training.strategies import build_phases, get_strategy
from core.workflows.measurements import Measurements, NotMeasuredError, text_size
from core.workflows.plan_run import RunChoices, RunPlan, plan_run
from core.workflows.workspace import Workspace

__all__ = ["PhaseEstimate", "RunEstimate", "deepest_within", "estimate_run", "known_estimate", "record_pass"]

OPENVINO_FACTOR = {"image": 0.35, "text": 0.5}
"""Time of a frozen pass through OpenVINO over that through torch, until a pass on this machine has been timed."""

OPENVINO_MB = 450
"""What OpenVINO takes while it computes."""

CONVERSION_S = 4.0
"""Tracing, converting and compiling for OpenVINO, the first time for a network and a cut."""


def estimate_run(workspace: Workspace, plan: RunPlan) -> RunEstimate:
    """The estimate; takes seconds where this backbone was never measured at this size on this machine, else none.

    Nothing is downloaded: a network whose weights are not here yet is measured with random ones.
    """
    return _Estimator(workspace, plan, may_measure=True).estimate(plan.spec)


def known_estimate(workspace: Workspace, plan: RunPlan) -> RunEstimate | None:
    """The estimate from what has been measured so far; None where something is missing. Never takes long."""
    try:
        return _Estimator(workspace, plan, may_measure=False).estimate(plan.spec)
    except NotMeasuredError:
        return None


def deepest_within(workspace: Workspace, choices: RunChoices, minutes: float) -> tuple[str, ...]:
    """The stages to freeze so that as many as possible train and the run still ends within `minutes`.

    Frozen stages lie together at the input. Where even the last stage alone takes longer, all others are given.

    Args:
        workspace: where measured numbers lie; what is missing is measured.
        choices: what else is chosen; a wish about stages is not looked at. Where the strategy leaves no choice, its
            own stages are given.
        minutes: at most so many.
    """
    plan = plan_run(workspace, replace(choices, frozen_stages=None, freeze_until=None))
    if plan.strategy.freezes != "some":
        return plan.spec.frozen_stages
    estimator, names = _Estimator(workspace, plan, may_measure=True), plan.info.stage_names
    for n_frozen in range(len(names)):
        frozen = names[:n_frozen]
        if estimator.estimate(replace(plan.spec, frozen_stages=frozen)).seconds <= 60 * minutes:
            return frozen
    return names[:-1]


def record_pass(workspace: Workspace, dataset: Dataset, spec: TrainingSpec, engine: Engine, seconds: float) -> None:
    """Keep what a real frozen pass took per sample; the estimates to come rest on it."""
    measured = Measurements(workspace, dataset, spec.model)
    size, scale = _size(measured, dataset, spec)
    measured.record_pass(engine, size, seconds / scale)


def _size(measured: Measurements, dataset: Dataset, spec: TrainingSpec) -> tuple[int, float]:
    """The size to measure at, and the factor from a sample of that size to a sample of this dataset."""
    if dataset.modality == "image":
        return spec.image_size_px, 1.0
    n_tokens = measured.reading(spec.image_size_px).n_tokens
    size = text_size(n_tokens)
    return size, n_tokens / size


class _Estimator:
    """Joins a plan with what is measured; the strategy and what is frozen may vary, the rest may not."""

    def __init__(self, workspace: Workspace, plan: RunPlan, *, may_measure: bool) -> None:
        spec = plan.spec
        self._cache = workspace.cache
        self._info = plan.info
        self._dataset = dataset = workspace.datasets.load(spec.dataset_id)
        measured = Measurements(workspace, dataset, spec.model, may_measure=may_measure)
        self._engine = engine = choose_engine(dataset.modality, spec.precision, n_samples=dataset.n_samples)
        self._reading = measured.reading(spec.image_size_px)
        self._loading = measured.loading()
        size, scale = _size(measured, dataset, spec)
        self._backbone = _scaled(measured.backbone(engine, size), scale)
        self._solver_s = measured.solver_s(plan.info.n_features, dataset.n_classes)
        seen_s = measured.pass_s(engine, size)
        self._pass_s = self._usual_pass_s() if seen_s is None else seen_s * scale

    def estimate(self, spec: TrainingSpec) -> RunEstimate:
        """The estimate of a run with these settings."""
        work = self._work(spec)
        timings = Timings(
            backbone=self._backbone,
            load_s=self._loading.seconds,
            input_s=self._reading.seconds,
            pass_s=self._pass_s,
            convert_s=self._convert_s(work),
            solver_s=self._solver_s,
        )
        return estimate(work, timings)

    def _work(self, spec: TrainingSpec) -> Work:
        dataset, names = self._dataset, self._info.stage_names
        sizes = dataset.split_sizes()
        is_image = dataset.modality == "image"
        cut = cut_index(names, spec.frozen_stages)
        keys = tap_keys(
            inputs_key(dataset, self._info.row, spec.image_size_px), self._loading.digest, self._engine, cut
        )
        is_pretrained = get_strategy(spec.strategy).pretrained
        has_pooled, has_activations = (is_pretrained and self._cache.has(key) for key in keys)
        return Work(
            n_train=sizes["train"],
            n_val=sizes["val"],
            n_test=sizes["test"],
            n_classes=dataset.n_classes,
            n_features=self._info.n_features,
            batch_size=spec.batch_size,
            cut=cut,
            phases=build_phases(spec, names),
            n_parameters=tuple(stage.n_parameters for stage in self._info.stages),
            engine_mb=OPENVINO_MB if self._converts else 0,
            pixel_bytes=3 * spec.image_size_px**2 if is_image else 0,
            has_inputs=is_image and are_decoded(dataset, spec.image_size_px, self._cache),
            has_pooled=has_pooled,
            has_activations=has_activations,
        )

    def _usual_pass_s(self) -> float:
        through_torch_s = sum(stage.frozen_s for stage in self._backbone.stages)
        return through_torch_s * (OPENVINO_FACTOR[self._dataset.modality] if self._converts else 1.0)

    @property
    def _converts(self) -> bool:
        return self._engine.backend == "openvino"

    def _convert_s(self, work: Work) -> float:
        if not self._converts:
            return 0.0
        key = converted_key(
            self._loading.digest,
            cut=work.cut if work.wants_activations and not work.has_activations else None,
            want_pooled=work.wants_pooled and not work.has_pooled,
        )
        return 0.0 if self._cache.has(key) else CONVERSION_S


def _scaled(timing: BackboneTiming, scale: float) -> BackboneTiming:
    """The timing for samples `scale` times as long."""
    return replace(
        timing,
        stages=tuple(
            replace(
                stage,
                frozen_s=stage.frozen_s * scale,
                forward_s=stage.forward_s * scale,
                train_s=stage.train_s * scale,
                n_outputs=round(stage.n_outputs * scale),
                saved_bytes=round(stage.saved_bytes * scale),
            )
            for stage in timing.stages
        ),
    )
