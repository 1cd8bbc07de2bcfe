"""Before a run starts: how long it takes and what it needs, from what is measured once on this machine."""

from __future__ import annotations

from dataclasses import asdict, replace
from functools import lru_cache
from pathlib import Path

from core.features.frozen_pass import converted_key
from core.features.inputs import inputs_key
from core.features.passing import tap_keys
from core.features.pixels import pixels_key
from core.features.shelf import SampleShelf
from core.features.timing import BackboneTiming
from core.features.tokens import tokens_key
from core.features.views import Views
from core.training.estimate import PhaseEstimate, RunEstimate, Timings, Work, estimate
from core.training.spec import TrainingSpec
from core.training.strategies import build_phases, get_strategy
from core.workflows.cut_choice import affordable_cut, views_of
from core.workflows.engine_words import engine_in_words
from core.workflows.measurements import Measurements, NotMeasuredError
from core.workflows.plan_run import RunChoices, RunPlan, plan_run
from core.workflows.reporting import held_out_rows
from core.workflows.shipped_network import shipped
from core.workflows.workspace import Workspace

__all__ = ["PhaseEstimate", "RunEstimate", "deepest_within", "estimate_run", "known_estimate"]

OPENVINO_MB = 450
"""What OpenVINO takes while it computes."""


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


class _Estimator:
    """Joins a plan with what is measured; the strategy and what is frozen may vary, the rest may not."""

    def __init__(self, workspace: Workspace, plan: RunPlan, *, may_measure: bool) -> None:
        spec = plan.spec
        self._root, self._cache = workspace.root, workspace.cache
        self._info = plan.info
        self._dataset = dataset = workspace.datasets.load(spec.dataset_id)
        self._sizes = dataset.split_sizes()
        measured = Measurements(workspace, dataset, spec.model, may_measure=may_measure)
        choice = measured.engine(spec.precision, spec.image_size_px)
        self._engine = engine = choice.engine
        seen_s = measured.pass_s(engine, spec.image_size_px)
        self._reading = measured.reading(spec.image_size_px)
        self._loading = measured.loading()
        size, scale = measured.sample_size(spec.image_size_px)
        self._shipped_s = measured.shipped_s(engine, spec.image_size_px)
        timing = measured.backbone(engine, size)
        self._stages = timing.stages
        self._backbone = _scaled(timing, scale)
        n_read = plan.info.n_read(plan.strategy.features)
        # An iteration costs by the width of what is read.
        self._solver_s = measured.solver_s(plan.info.n_features, dataset.n_classes) * n_read / plan.info.n_features
        self._axes_s = measured.axes_s(n_read)
        rates = choice.rates | ({engine.backend: 1 / seen_s} if seen_s and choice.trial else {})
        self._engine_words = engine_in_words({**asdict(engine), "samples_per_s": rates}, dataset.modality)
        self._trial = choice.trial if engine.backend == "openvino" else None
        self._pass_s = self._tried_pass_s() * scale if seen_s is None else seen_s

    def estimate(self, spec: TrainingSpec) -> RunEstimate:
        """The estimate of a run with these settings."""
        work = self._work(spec)
        timings = Timings(
            backbone=self._backbone,
            load_s=self._loading.seconds,
            input_s=self._reading.seconds,
            pass_s=self._pass_s,
            convert_s=self._convert_s(),
            shipped_s=self._shipped_s,
            solver_s=self._solver_s,
            axes_s=self._axes_s,
        )
        return replace(estimate(work, timings), engine=self._engine_words)

    def _work(self, spec: TrainingSpec) -> Work:
        dataset, stages = self._dataset, self._info.stage_names
        strategy = get_strategy(spec.strategy)
        sizes = self._sizes
        views = views_of(dataset, spec)
        n_rows = dataset.n_samples + (views.n - 1) * sizes["train"]
        n_units = n_rows if dataset.modality == "image" else round(n_rows * self._reading.n_tokens)
        cut = affordable_cut(self._cache, spec, stages, n_units)
        return Work(
            n_train=sizes["train"],
            n_val=sizes["val"],
            n_test=sizes["test"],
            n_classes=dataset.n_classes,
            n_features=self._info.n_read(strategy.features),
            batch_size=spec.batch_size,
            n_views=views.n,
            cut=cut,
            phases=build_phases(spec, stages),
            n_parameters=tuple(stage.n_parameters for stage in self._info.stages),
            n_trainable=tuple(stage.n_trained(strategy.tensors) for stage in self._info.stages),
            engine_mb=OPENVINO_MB if self._trial else 0,
            pixel_bytes=3 * spec.image_size_px**2 if dataset.modality == "image" else 0,
            **self._missing(spec, views, n_rows, cut),
        )

    def _missing(self, spec: TrainingSpec, views: Views, n_rows: int, cut: int) -> dict[str, int]:
        """How much of what the run needs is not in the cache."""
        is_image = self._dataset.modality == "image"
        read = pixels_key(spec.image_size_px) if is_image else tokens_key(self._info.row)
        n_unread = self._count_missing(read, Views())
        strategy = get_strategy(spec.strategy)
        n_held_out = self._sizes["val"] + self._sizes["test"]
        if not strategy.pretrained:
            return {"n_unread": n_unread, "n_unpooled": n_rows, "n_uncut": n_rows, "n_unshipped": n_held_out}
        inputs, digest = inputs_key(self._info.row, spec.image_size_px), self._loading.digest
        pooled, at_cut = tap_keys(inputs, digest, self._engine, cut, strategy.features)
        left, _ = tap_keys(inputs, digest, shipped(self._engine), cut, strategy.features)
        is_whole = cut == len(self._info.stage_names)  # else the stages behind the cut change with every training
        return {
            "n_unread": n_unread,
            "n_unpooled": self._count_missing(pooled, views),
            "n_uncut": self._count_missing(at_cut, views),
            "n_unshipped": self._count_missing(left, Views(), held_out=True) if is_whole else n_held_out,
        }

    def _count_missing(self, key: str, views: Views, *, held_out: bool = False) -> int:
        return _count_missing(self._root, self._cache.changed_ns, key, self._dataset.id, views, held_out)

    def _tried_pass_s(self) -> float:
        """Seconds per sample of the size that was measured, before any real pass was timed."""
        if self._trial and self._trial.openvino_s is not None:
            return self._trial.openvino_s
        return sum(stage.frozen_s for stage in self._stages)

    def _convert_s(self) -> float:
        if not self._trial:
            return 0.0
        return 0.0 if self._cache.has(converted_key(self._loading.digest, self._info.row)) else self._trial.convert_s


@lru_cache(maxsize=256)
def _count_missing(
    root: Path,
    changed_ns: int,  # noqa: ARG001 - the state of the cache that was counted in
    key: str,
    dataset_id: str,
    views: Views,
    held_out: bool,
) -> int:
    """How many views that a training needs are not on a shelf; a page asks the same again and again.

    Held out: how many of the samples that a run reports on are not.
    """
    workspace = Workspace(root)
    dataset = workspace.datasets.load(dataset_id)
    names = views.names(dataset.sample_ids)
    learned = views.rows(dataset.n_samples, dataset.rows("train"))
    rows = held_out_rows(dataset) if held_out else learned
    return SampleShelf(workspace.cache, key).count_missing([names[row] for row in rows])


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
