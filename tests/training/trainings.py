"""Complete trainings of tiny networks, and ways to compare them."""

import copy
import threading
from contextlib import contextmanager
from dataclasses import replace

import numpy as np
import torch

from core.backbones.freezing import cut_index
from core.features.engine import Engine, choose_engine
from core.features.sources import DenseSource
from core.training.classifier import Classifier
from core.training.events import BatchDone, EpochDone, PathPoint, PhaseEnded
from core.training.loop import train
from core.training.spec import TrainingSpec
from core.training.state import TrainingState
from core.training.strategies import build_phases, get_strategy, list_strategies, resolve_frozen
from core.training.training_data import TrainingData
from tests.training.networks import WIDTH, image_samples, text_samples, tiny_images, tiny_texts, tiny_transformer

STRATEGIES_BY_MODALITY = [
    (row.id, modality)
    for row in list_strategies()
    for modality in ("image", "text")
    if row.modality in (None, modality)
    if (row.tensors, modality) != ("low-rank", "image")  # the tiny image network has no attention
]


class Training:
    """One training, ready to be iterated; another one with equal arguments starts from the same bits."""

    def __init__(self, strategy, *, modality="image", frozen=(), n_classes=3, n=60, **settings) -> None:
        backbone = _network(get_strategy(strategy), modality, settings.get("seed", 0))
        backbone.train_batch_norm = not get_strategy(strategy).pretrained
        samples = image_samples if modality == "image" else text_samples
        self.source, self.labels = samples(n=n, n_classes=n_classes)
        self.spec = TrainingSpec(
            dataset_id="0123456789abcdef",
            model=backbone.row.id,
            strategy=strategy,
            frozen_stages=resolve_frozen(get_strategy(strategy), backbone.stage_names, tuple(frozen) or None, ()),
            **{
                "epochs": 4,
                "batch_size": 8,
                "learning_rate": 1e-2,
                "head_learning_rate": 1e-2,
                "patience": 0,
                **settings,
            },
        )
        reads_all = get_strategy(strategy).features == "every-stage"
        widths = (WIDTH,) * len(backbone.stage_names) if reads_all else ()
        classifier = Classifier(backbone, n_classes, stage_widths=widths, seed=self.spec.seed)
        self.state = TrainingState(self.spec, build_phases(self.spec, backbone.stage_names), classifier)
        self.engine: Engine = choose_engine(modality, "float32")
        self.data = self._pass()
        self.events: list = []
        self._running = None

    def _pass(self) -> TrainingData:
        backbone = self.state.classifier.backbone
        cut = cut_index(backbone.stage_names, self.state.frozen_stages)
        batch = self.source.batch(np.arange(self.source.n_samples))
        with torch.no_grad():
            pooled = self._features(batch.values, batch.mask).numpy()
            entering = self.source
            if cut == len(backbone.stage_names):
                entering = DenseSource(pooled)
            elif cut:
                entering = Stored(self.source, backbone, cut)
        held_out = np.arange(len(self.labels)) % 4 == 3
        return TrainingData(
            pooled=pooled,
            activations=entering,
            cut=cut,
            labels=self.labels,
            train_rows=np.flatnonzero(~held_out),
            val_rows=np.flatnonzero(held_out),
            widths=self.state.classifier.stage_widths or None,
        )

    def _features(self, values, mask):
        backbone = self.state.classifier.backbone
        if self.state.classifier.features == "last-stage":
            return backbone(values, mask)
        return backbone.join(backbone.each_stage(values, mask), mask)

    def run(self, *, n_events=None):
        """Goes on to the end, or until so many events have been told in all."""
        self._running = self._running or train(self.state, self.data, self.engine)
        while n_events is None or len(self.events) < n_events:
            event = next(self._running, None)
            if event is None:
                break
            self.events.append(event)
        return self

    def run_until(self, is_reached):
        """Goes on until `is_reached()` is true after an event."""
        while not is_reached():
            self.run(n_events=len(self.events) + 1)
        return self

    def told(self):
        """All events that are kept, without their durations."""
        kept = [event for event in self.events if not isinstance(event, BatchDone)]
        return [replace(event, elapsed_s=0.0) if hasattr(event, "elapsed_s") else event for event in kept]

    def path(self):
        """The mixtures that were validated, in order."""
        return [event for event in self.events if isinstance(event, PathPoint)]

    def epochs(self):
        return [event for event in self.events if isinstance(event, EpochDone)]

    def ends(self):
        return [event.why for event in self.events if isinstance(event, PhaseEnded)]

    def tensors(self):
        classifier = self.state.classifier
        return {name: tensor.clone() for name, tensor in classifier.tensors(classifier.backbone.stage_names).items()}


def _network(strategy, modality, seed):
    if strategy.tensors == "low-rank":
        return tiny_transformer(seed=seed)
    return tiny_images(seed) if modality == "image" else tiny_texts(seed)


class Stored:
    """Activations at the cut, computed on demand: the pass itself has its own tests."""

    def __init__(self, source, backbone, cut) -> None:
        self.n_samples, self.lengths = source.n_samples, source.lengths
        self._source, self._cut = source, cut
        self._backbone = copy.deepcopy(backbone).eval()  # batches are made in a thread beside the steps of the network

    def batch(self, rows):
        batch = self._source.batch(rows)
        with torch.no_grad():
            values = self._backbone.run_stages(batch.values, batch.mask, stop=self._cut)
        return replace(batch, values=values)


def changed(before, after):
    """Names of tensors of which any bit differs."""
    assert before.keys() == after.keys()
    return {name for name in before if not torch.equal(before[name], after[name])}


@contextmanager
def noise_from_another_thread():
    """Somebody else draws from torch's and numpy's global generators all the while, and reseeds them."""
    done = threading.Event()

    def draw():
        while not done.is_set():
            torch.manual_seed(int(torch.randint(1000, ())))
            np.random.seed(int(torch.randint(1000, ())))
            torch.nn.functional.dropout(torch.ones(50))

    thread = threading.Thread(target=draw)
    thread.start()
    try:
        yield
    finally:
        done.set()
        thread.join()
