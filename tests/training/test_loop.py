"""Training: what moves and what does not, what is kept, and that a seed decides everything."""

import math

import numpy as np
import pytest
import torch

from core.backbones.freezing import hash_frozen
from core.errors import ConfigurationError
from core.training import descent
from core.training.descent import mix_tensors
from core.training.events import BatchDone, FirstEstimate, PhaseStarted
from core.training.policies import Score, plateau_middle
from core.training.scoring import predict_logits
from core.training.shipping import Gain, Verdict
from tests.training.trainings import STRATEGIES_BY_MODALITY, Training, changed, noise_from_another_thread

STAGES = {"image": ("stem", "middle", "last"), "text": ("embeddings", "layer.0", "layer.1")}
PATTERNS = [(0, 0, 0), (1, 0, 0), (1, 1, 0), (0, 1, 0), (0, 0, 1), (1, 0, 1), (0, 1, 1)]
NO_GAIN = Gain(value=0.0, error=0.0)
TRAINED = Verdict(reason="hits", accuracy=NO_GAIN, loss=NO_GAIN)


def frozen_stages(modality, pattern):
    return tuple(name for name, is_frozen in zip(STAGES[modality], pattern, strict=True) if is_frozen)


@pytest.mark.parametrize(("strategy", "modality"), STRATEGIES_BY_MODALITY)
def test_every_strategy_learns_and_tells_its_phases(strategy, modality):
    training = Training(strategy, modality=modality, epochs=6)
    chance = math.log(3)
    training.run()
    assert len(training.ends()) == len(training.state.phases)
    assert training.epochs()[-1].train_loss < 0.9 * chance
    assert max(epoch.val_macro_f1 for epoch in training.epochs()) > 0.5
    names = [event.name for event in training.events if isinstance(event, PhaseStarted)]
    assert names == [phase.name for phase in training.state.phases]
    assert [epoch.epoch for epoch in training.epochs()] == list(range(1, len(training.epochs()) + 1))


@pytest.mark.parametrize("modality", ["image", "text"])
@pytest.mark.parametrize("pattern", PATTERNS)
def test_any_pattern_of_frozen_stages_keeps_their_bits_and_moves_the_others(modality, pattern):
    frozen = frozen_stages(modality, pattern)
    training = Training("head-then-fine-tune", modality=modality, frozen=frozen, epochs=2)
    backbone = training.state.classifier.backbone
    hashes, before = hash_frozen(backbone, frozen), training.tensors()
    training.run()
    assert hash_frozen(backbone, frozen) == hashes
    last = training.state.best_tensors | training.tensors()
    moved = {name.removeprefix("stage.").split("/")[0] for name in changed(before, last)}
    assert not moved & set(frozen)


@pytest.mark.parametrize("pattern", PATTERNS)
def test_every_stage_left_trainable_really_moves(pattern):
    frozen = frozen_stages("image", pattern)
    training = Training("head-then-fine-tune", frozen=frozen, epochs=1)
    before = training.tensors()
    training.run_until(lambda: any(epoch.phase == 1 for epoch in training.epochs()))
    moved = {name.removeprefix("stage.").split("/")[0] for name in changed(before, training.tensors())}
    assert moved - {"head.weight", "head.bias"} == set(STAGES["image"]) - set(frozen)


@pytest.mark.parametrize("modality", ["image", "text"])
def test_where_norms_and_biases_train_every_other_tensor_of_their_stages_keeps_its_bits(modality):
    frozen = STAGES[modality][:1]
    training = Training("norms-and-biases", modality=modality, frozen=frozen, epochs=2)
    backbone, before = training.state.classifier.backbone, training.tensors()
    hashes = hash_frozen(backbone, frozen, training.state.moving)
    training.run_until(lambda: any(epoch.phase == 1 for epoch in training.epochs()))
    assert hash_frozen(backbone, frozen, training.state.moving) == hashes
    moved = changed(before, training.tensors()) - {"head.weight", "head.bias"}
    if modality == "image":
        assert moved == {f"stage.{stage}/1.{name}" for stage in ("middle", "last") for name in ("weight", "bias")}
    else:
        names = ("line.bias", "norm.weight", "norm.bias")
        assert moved == {f"stage.layer.{n}/{name}" for n in (0, 1) for name in names}


def test_where_adapters_train_only_the_projections_beside_them_are_changed_and_by_little_of_rank():
    frozen = ("embeddings", "layer.0")
    training = Training("lora", modality="text", frozen=frozen, epochs=2)
    backbone, before = training.state.classifier.backbone, training.tensors()
    hashes = hash_frozen(backbone, frozen, training.state.moving)
    training.run_until(lambda: len(training.path()) == 11)
    training.run(n_events=len(training.events) + 1)
    assert hash_frozen(backbone, frozen, training.state.moving) == hashes
    names = {f"stage.layer.1/layer.attention.self.{name}.weight" for name in ("query", "value")}
    assert changed(before, training.tensors()) - {"head.weight", "head.bias"} <= names
    assert training.state.n_trained == 2 * 8 * (8 + 8) + 3 * 8 + 3


def test_contrast_leaves_frozen_stages_alone_and_moves_the_others():
    frozen = ("embeddings", "layer.0")
    training = Training("contrastive", modality="text", frozen=frozen, epochs=2)
    backbone, before = training.state.classifier.backbone, training.tensors()
    hashes = hash_frozen(backbone, frozen)
    training.run_until(lambda: any(epoch.phase == 1 for epoch in training.epochs()))
    assert hash_frozen(backbone, frozen) == hashes
    moved = {name.removeprefix("stage.").split("/")[0] for name in changed(before, training.tensors())}
    assert moved == {"head.weight", "head.bias", "layer.1"}


def batch_norm_tensors(tensors):
    return {name: tensor for name, tensor in tensors.items() if "running" in name or "num_batches" in name}


@pytest.mark.parametrize("strategy", ["head-then-fine-tune", "full-fine-tuning"])
def test_batch_norm_statistics_of_pretrained_stages_stay_even_where_stages_train(strategy):
    training = Training(strategy, epochs=2)
    before = batch_norm_tensors(training.tensors())
    training.run()
    assert len(before) == 9
    assert changed(before, batch_norm_tensors(training.tensors())) == set()


def test_batch_norm_statistics_are_learned_from_scratch():
    training = Training("from-scratch", epochs=2)
    before = batch_norm_tensors(training.tensors())
    training.run()
    assert changed(before, batch_norm_tensors(training.tensors())) == set(before)


@pytest.mark.parametrize(
    ("strategy", "modality"), [("gradual-unfreezing", "text"), ("from-scratch", "image"), ("full-fine-tuning", "text")]
)
def test_a_seed_decides_every_number_whatever_other_threads_draw(strategy, modality):
    first = Training(strategy, modality=modality, seed=3).run()
    with noise_from_another_thread():
        again = Training(strategy, modality=modality, seed=3).run()
    assert again.told() == first.told()
    assert changed(first.tensors(), again.tensors()) == set()


def test_order_and_dropout_follow_the_seed_alone_though_the_network_is_the_same():
    def losses(seed):
        training = Training("head-then-fine-tune", modality="text", seed=0)
        object.__setattr__(training.spec, "seed", seed)
        return [epoch.train_loss for epoch in training.run().epochs() if epoch.phase == 1]

    assert losses(0) == losses(0)
    assert all(a != b for a, b in zip(losses(0), losses(1), strict=True))


def test_dropout_is_active_while_training_and_silent_while_validating():
    training = Training("head-then-fine-tune", modality="text", epochs=1).run()
    training.state.classifier.train()
    batch = training.source.batch(np.arange(6))
    with torch.no_grad():
        assert not torch.equal(training.state.classifier(*_parts(batch)), training.state.classifier(*_parts(batch)))
    logits = [
        predict_logits(
            training.state.classifier, training.data.activations, np.arange(6), start=0, engine=training.engine
        )
        for _ in range(2)
    ]
    np.testing.assert_array_equal(*logits)


def _parts(batch):
    return batch.values, batch.mask


def test_logits_come_in_the_order_of_the_rows_though_texts_are_sorted_by_length():
    training = Training("head-then-fine-tune", modality="text")
    rows = np.random.default_rng(0).permutation(60)
    classifier, source = training.state.classifier, training.data.activations
    together = predict_logits(classifier, source, rows, start=0, engine=training.engine)
    for place in (0, 17, 59):
        alone = predict_logits(classifier, source, rows[place : place + 1], start=0, engine=training.engine)
        np.testing.assert_allclose(together[place], alone[0], atol=1e-5)


def test_the_best_state_is_kept_and_put_back(monkeypatch):
    # At this rate the training worsens after a while, so that the last state is not the best one.
    monkeypatch.setattr(descent, "judge_training", lambda *_: TRAINED)  # what the choice does has tests of its own
    training = Training("head-then-fine-tune", epochs=8, learning_rate=0.3, head_learning_rate=0.3).run()
    head = [epoch for epoch in training.epochs() if epoch.phase == 0][-1]
    epochs = [head, *(event for event in training.epochs() if event.phase == 1)]
    best_epoch = max(epochs, key=lambda event: (event.val_macro_f1, -event.val_loss))
    path = training.path()
    off_path = Score(macro_f1=best_epoch.val_macro_f1, loss=best_epoch.val_loss)
    scores = [Score(macro_f1=point.val_macro_f1, loss=point.val_loss) for point in path]
    middle = plateau_middle(scores, off_path, len(training.data.val_rows))
    best = best_epoch if middle is None else path[middle]
    kept = [event for event in (*epochs, *path) if event.is_best][-1]
    assert kept is not training.epochs()[-1]
    assert (kept.val_macro_f1, kept.val_loss) == (best.val_macro_f1, best.val_loss)
    rows = training.data.val_rows
    classifier = training.state.classifier
    logits = predict_logits(
        classifier, training.data.activations, rows, start=training.data.cut, engine=training.engine
    )
    loss = torch.nn.functional.cross_entropy(torch.from_numpy(logits), torch.from_numpy(training.labels[rows]))
    assert float(loss) == pytest.approx(best.val_loss, abs=1e-5)
    assert (
        changed(training.state.best_tensors, {name: training.tensors()[name] for name in training.state.best_tensors})
        == set()
    )


def test_training_stops_early_where_nothing_improves():
    training = Training("head-then-fine-tune", epochs=30, patience=2, learning_rate=0.3, head_learning_rate=0.3).run()
    assert training.ends() == ["converged", "early stop"]
    assert len([epoch for epoch in training.epochs() if epoch.phase == 1]) < 30


def test_the_rate_warms_up_and_falls_within_a_phase():
    training = Training("full-fine-tuning", epochs=5, warmup_share=0.4).run()
    rates = [epoch.learning_rate for epoch in training.epochs()]
    assert rates[0] < rates[1] <= 1e-2
    assert rates[1:] == sorted(rates[1:], reverse=True)
    assert rates[-1] < 1e-4


def test_batches_count_up_and_cover_every_epoch():
    training = Training("full-fine-tuning", epochs=2).run()
    batches = [(event.epoch, event.batch, event.n_batches) for event in training.events if isinstance(event, BatchDone)]
    assert batches == [(epoch, batch, 6) for epoch in (1, 2) for batch in range(1, 7)]


def test_a_first_estimate_is_told_before_the_search_and_is_from_the_training_samples_alone():
    training = Training("head-then-fine-tune").run()
    kinds = [type(event) for event in training.events]
    assert kinds.count(FirstEstimate) == 1
    assert kinds.index(PhaseStarted) < kinds.index(FirstEstimate) < kinds.index(BatchDone)
    told = training.events[kinds.index(FirstEstimate)]
    assert (told.phase, told.n) == (0, len(training.data.train_rows))
    assert 1 / 3 < told.accuracy <= 1
    other = Training("head-then-fine-tune")
    other.data.pooled[other.data.val_rows] = 0.0
    again = other.run(n_events=2).events[1]
    assert (again.accuracy, again.macro_f1) == (told.accuracy, told.macro_f1)


def test_without_a_solver_nothing_is_estimated():
    assert not [event for event in Training("full-fine-tuning").run().events if isinstance(event, FirstEstimate)]


def final_confidence(**settings):
    training = Training("full-fine-tuning", epochs=12, **settings).run()
    logits = predict_logits(
        training.state.classifier, training.data.activations, training.data.train_rows, start=0, engine=training.engine
    )
    return float(torch.from_numpy(logits).softmax(dim=1).max(dim=1).values.mean())


def test_label_smoothing_makes_the_model_less_certain():
    assert final_confidence(label_smoothing=0.4) < final_confidence() - 0.05


def test_first_stages_move_and_the_later_ones_keep_their_bits():
    training = Training("first-stages", epochs=2)
    backbone = training.state.classifier.backbone
    hashes, before = hash_frozen(backbone, ("last",)), training.tensors()
    training.run_until(lambda: any(epoch.phase == 1 for epoch in training.epochs()))
    assert training.data.cut == 0
    assert hash_frozen(backbone, ("last",)) == hashes
    moved = {name.removeprefix("stage.").split("/")[0] for name in changed(before, training.tensors())}
    assert moved >= {"stem", "middle"}


@pytest.mark.parametrize("choice", ["balanced", "balanced-sampling", "logit-adjustment"])
@pytest.mark.parametrize("strategy", ["feature-extraction", "full-fine-tuning"])
def test_class_weights_raise_the_share_of_a_rare_class(strategy, choice):
    def share(class_weights):
        training = Training(strategy, n_classes=2, n=120, epochs=3, class_weights=class_weights)
        rare = np.flatnonzero(training.labels == 1)[8:]
        keep = ~np.isin(training.data.train_rows, rare)
        object.__setattr__(training.data, "train_rows", training.data.train_rows[keep])
        training.run()
        logits = predict_logits(
            training.state.classifier,
            training.data.activations,
            training.data.val_rows,
            start=training.data.cut,
            engine=training.engine,
        )
        return float(torch.from_numpy(logits).softmax(dim=1)[:, 1].mean())

    assert share(choice) > share("none") + 0.05


def test_gradient_clipping_bounds_a_step():
    def first_step(clip):
        settings = {"optimizer": "sgd", "weight_decay": 0.0, "gradient_clip": clip, "warmup_share": 0.0}
        training = Training("full-fine-tuning", head_learning_rate=1.0, learning_rate=1.0, **settings)
        before = training.tensors()
        training.run(n_events=2)
        after = training.tensors()
        return math.sqrt(sum(float((after[name].float() - before[name].float()).square().sum()) for name in before))

    assert first_step(1e-3) == pytest.approx(1e-3, rel=1e-2)
    assert first_step(0.0) > 0.1


def test_a_runaway_training_ends_with_words():
    training = Training("full-fine-tuning")
    with torch.no_grad():
        training.state.classifier.backbone.stage("last")[0].weight.fill_(math.nan)
    with pytest.raises(ConfigurationError, match="finite loss; this one lost it in epoch 1"):
        training.run()


def test_a_fine_tuning_that_runs_away_leaves_the_fitted_head():
    training = Training("head-then-fine-tune", epochs=3)
    training.run_until(training.ends)
    fitted = training.tensors()
    object.__setattr__(training.spec, "learning_rate", math.nan)
    training.run()
    assert changed(fitted, training.tensors()) == set()


def test_a_head_cannot_be_fitted_without_features():
    training = Training("feature-extraction")
    object.__setattr__(training.data, "pooled", None)
    with pytest.raises(ValueError, match="pooled features"):
        training.run()


@pytest.mark.parametrize("n_classes", [2, 30])
def test_two_classes_work_as_well_as_many(n_classes):
    training = Training("head-then-fine-tune", n_classes=n_classes, n=4 * n_classes, epochs=1).run()
    assert training.state.classifier.head.out_features == n_classes
    assert training.ends() == ["converged", "done"]


def test_mixtures_run_from_the_fitted_head_to_the_last_epoch():
    training = Training("head-then-fine-tune", epochs=3).run()
    head = [epoch for epoch in training.epochs() if epoch.phase == 0][-1]
    path, last = training.path(), training.epochs()[-1]
    assert [point.share for point in path] == [tenth / 10 for tenth in range(11)]
    assert path[0].val_loss == pytest.approx(head.val_loss, abs=1e-5)
    assert path[-1].val_loss == pytest.approx(last.val_loss, abs=1e-5)


def test_a_mixture_lies_between_and_counters_are_those_of_the_end():
    start = {"w": torch.tensor([0.0, 2.0]), "n": torch.tensor(3)}
    end = {"w": torch.tensor([1.0, 4.0]), "n": torch.tensor(7)}
    middle = mix_tensors(start, end, 0.5)
    assert middle["w"].tolist() == [0.5, 3.0]
    assert middle["n"].item() == 7
