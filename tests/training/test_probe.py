"""The probe against scikit-learn, which solves the same problem."""

import warnings

import numpy as np
import pytest
from sklearn.linear_model import LogisticRegression

from core.training.probe import STRENGTHS, Trial, balanced_weights, best_strength, fit_probe, search_strengths
from core.training.standardiser import feature_scale


def blobs(n_classes, n, width, *, noise=2.0, seed=0):
    """Overlapping clouds whose features have all sorts of means and spreads."""
    rng = np.random.default_rng(seed)
    labels = np.arange(n) % n_classes
    values = rng.normal(size=(n_classes, width))[labels] + noise * rng.normal(size=(n, width))
    return (values * rng.uniform(0.01, 5.0, width) + 3.0).astype(np.float32), labels


def fitted(features, labels, strength, weights=None):
    n_classes = int(labels.max()) + 1
    weights = np.ones(n_classes, dtype=np.float32) if weights is None else weights
    return list(fit_probe(features, labels, weights, strength=strength))[-1]


def mean_loss(logits, labels, weights):
    shifted = logits - logits.max(axis=1, keepdims=True)
    losses = np.log(np.exp(shifted).sum(axis=1)) - shifted[np.arange(len(labels)), labels]
    return np.average(losses, weights=weights[labels])


def assert_as_good_as_sklearn(features, labels, strength, weights):
    n_classes = len(weights)
    probe = fitted(features, labels, strength, weights)
    mean, spread = feature_scale(features)
    scaled = (features - mean) / spread
    # For two classes scikit-learn fits one vector where the probe has two: the same problem at twice the C.
    model = LogisticRegression(C=strength * (2 if n_classes == 2 else 1), max_iter=5000, tol=1e-8)
    model.fit(scaled, labels, sample_weight=weights[labels])
    weight, bias = model.coef_, model.intercept_
    if n_classes == 2:
        weight, bias = np.concatenate([-weight, weight]) / 2, np.concatenate([-bias, bias]) / 2

    def objective(logits, scaled_weight):
        return mean_loss(logits, labels, weights) + (scaled_weight**2).sum() / (2 * strength * weights[labels].sum())

    ours = features.astype(np.float64) @ probe.weight.T + probe.bias
    theirs = scaled.astype(np.float64) @ weight.T + bias
    assert objective(ours, probe.weight * spread) == pytest.approx(objective(theirs, weight), abs=1e-4)
    assert (ours.argmax(axis=1) == theirs.argmax(axis=1)).mean() >= 0.99


@pytest.mark.parametrize("strength", [1e-3, 0.1, 10.0])
@pytest.mark.parametrize(("n_classes", "n", "width"), [(2, 80, 120), (10, 300, 40), (150, 600, 48)])
def test_the_optimum_is_that_of_sklearn_on_standardised_features(n_classes, n, width, strength):
    features, labels = blobs(n_classes, n, width)
    assert_as_good_as_sklearn(features, labels, strength, np.ones(n_classes, dtype=np.float32))


def test_the_optimum_with_class_weights_is_that_of_sklearn():
    features, labels = blobs(3, 150, 20)
    few = np.concatenate([np.flatnonzero(labels != 2), np.flatnonzero(labels == 2)[:6]])
    weights = balanced_weights(labels[few], 3)
    assert_as_good_as_sklearn(features[few], labels[few], 0.1, weights)


def test_every_round_comes_nearer_to_the_optimum():
    features, labels = blobs(10, 300, 40)
    weights = np.ones(10, dtype=np.float32)
    rounds = list(fit_probe(features, labels, weights, strength=10.0))
    penalty = features.std(axis=0) ** 2 / (2 * 10.0 * 300)
    objectives = [
        mean_loss(features @ probe.weight.T + probe.bias, labels, weights) + (probe.weight**2 * penalty).sum()
        for probe in rounds
    ]
    assert len(objectives) > 1
    assert (np.diff(objectives) < 1e-6).all()
    assert objectives[0] > objectives[-1] + 1e-4


def test_a_constant_feature_is_ignored_though_its_mean_is_not_exact():
    features, labels = blobs(2, 90, 5)
    with_constant = np.column_stack([features, np.full(90, 0.1, dtype=np.float32)])
    probe = fitted(with_constant, labels, 1.0)
    np.testing.assert_allclose(probe.weight[:, :5], fitted(features, labels, 1.0).weight, rtol=1e-2, atol=1e-3)
    assert np.abs(probe.weight[:, 5]).max() < 1e-3


def search(features, labels, seed=0, **views):
    n_classes = int(labels.max()) + 1
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        return tuple(search_strengths(features, labels, np.ones(n_classes, dtype=np.float32), seed=seed, **views))


def losses(tried):
    return [trial.loss for trial in tried]


def test_pure_noise_asks_for_strong_regularisation_and_clear_classes_for_weak():
    noise = np.random.default_rng(0).normal(size=(120, 60)).astype(np.float32)
    assert best_strength(search(noise, np.arange(120) % 3)) <= STRENGTHS[2]
    assert best_strength(search(*blobs(3, 120, 60, noise=0.2))) >= 0.1


def test_the_chosen_strength_predicts_unseen_samples_nearly_as_well_as_the_best_one():
    features, labels = blobs(5, 400, 50, noise=4.0)
    seen, unseen = slice(0, 200), slice(200, 400)

    def loss(strength):
        probe = fitted(features[seen], labels[seen], strength)
        return mean_loss(features[unseen] @ probe.weight.T + probe.bias, labels[unseen], np.ones(5))

    chosen = best_strength(search(features[seen], labels[seen]))
    assert loss(chosen) <= min(loss(strength) for strength in STRENGTHS) + 0.02


def test_the_walk_ends_once_the_loss_has_risen_twice():
    noise = np.random.default_rng(0).normal(size=(120, 60)).astype(np.float32)
    tried = search(noise, np.arange(120) % 3)
    assert len(tried) < len(STRENGTHS)
    assert tried[-1].loss > tried[-2].loss > tried[-3].loss


def test_the_folds_depend_on_the_seed_alone():
    features, labels = blobs(3, 60, 10)
    one, again, other = (losses(search(features, labels, seed=seed)) for seed in (0, 0, 1))
    assert one == again
    assert one != other


def test_one_class_with_a_single_sample_does_not_spoil_the_choice_for_the_others():
    features, labels = blobs(4, 120, 30, noise=4.0)
    lonely = np.concatenate([np.flatnonzero(labels != 3), np.flatnonzero(labels == 3)[:1]])
    with_lonely = best_strength(search(features[lonely], labels[lonely]))
    without = best_strength(search(features[labels != 3], labels[labels != 3]))
    assert 0.3 <= with_lonely / without <= 3.5


@pytest.mark.parametrize("counts", [(1, 1), (1, 2), (2, 1, 1), (3, 1), (1, 1, 1, 1, 2), (2, 2), (1, 40)])
def test_tiny_classes_are_searched_without_a_word_and_fitted(counts):
    labels = np.repeat(np.arange(len(counts)), counts)
    features = np.random.default_rng(0).normal(size=(len(labels), 6)).astype(np.float32) + 4 * labels[:, None]
    tried = search(features, labels)
    assert all(np.isfinite(loss) for loss in losses(tried))
    assert best_strength(tried) in STRENGTHS
    probe = fitted(features, labels, 10.0)
    assert ((features @ probe.weight.T + probe.bias).argmax(axis=1) == labels).all()


def test_of_many_samples_one_part_is_held_out_and_the_choice_is_as_good():
    every, classes = blobs(4, 7_200, 12, noise=3.0)
    features, labels, unseen, truth = every[:5_200], classes[:5_200], every[5_200:], classes[5_200:]
    chosen = best_strength(search(features, labels))

    def loss(strength):
        probe = fitted(features, labels, strength)
        return mean_loss(unseen @ probe.weight.T + probe.bias, truth, np.ones(4))

    assert loss(chosen) <= min(loss(strength) for strength in STRENGTHS) + 0.01


def three_views(features, labels):
    """Every sample three times, nearly the same: view 0 of all samples, then views 1 and 2."""
    rng = np.random.default_rng(5)
    views = [features, *(features + 1e-3 * rng.normal(size=features.shape) for _ in range(2))]
    return np.concatenate(views).astype(np.float32), np.tile(labels, 3), np.tile(np.arange(len(labels)), 3)


def test_views_of_a_sample_are_held_out_together():
    features = np.random.default_rng(0).normal(size=(90, 60)).astype(np.float32)
    views, labels, groups = three_views(features, np.arange(90) % 3)
    # Of pure noise a view can be known only from another view of the same sample.
    assert min(losses(search(views, labels))) < 0.5
    assert min(losses(search(views, labels, groups=groups))) > 1.0


def test_only_plain_views_are_asked_for():
    features, labels = blobs(3, 90, 20)
    views, labels, groups = three_views(features, labels)
    plain = np.arange(270) < 90
    noise = np.random.default_rng(1).normal(size=(180, 20))
    views[~plain] = features.mean(axis=0) + features.std(axis=0) * noise  # no other view tells its class
    asked = search(views, labels, groups=groups, plain=plain)
    assert min(losses(asked)) < min(losses(search(views, labels, groups=groups))) - 0.1


def test_views_do_not_change_which_samples_are_dealt_together():
    features, labels = blobs(3, 90, 20)
    views, tripled, groups = three_views(features, labels)
    one, other = search(features, labels), search(views, tripled, groups=groups, plain=np.arange(270) < 90)
    # Three equal views weigh as much as one; the penalty is shared by three times as many rows.
    assert other[0].loss == pytest.approx(one[1].loss, rel=0.02)


def trial(strength, *losses):
    return Trial(strength=strength, losses=np.array(losses))


def test_of_strengths_that_are_tied_the_strongest_regularisation_is_taken():
    lowest = trial(1.0, 0.1, 0.5, 0.2, 0.4)
    tied, worse = trial(0.1, 0.3, 0.35, 0.1, 0.5), trial(0.01, 0.2, 0.6, 0.3, 0.5)
    weaker = trial(10.0, 0.1, 0.5, 0.2, 0.41)
    assert best_strength([worse, tied, lowest, weaker]) == 0.1
    assert best_strength([worse, lowest, weaker]) == 1.0


def test_classes_of_one_sample_each_leave_the_middle_strength():
    features = np.eye(4, dtype=np.float32)
    assert search(features, np.arange(4)) == ()
    assert best_strength(()) == STRENGTHS[len(STRENGTHS) // 2]


def test_balanced_weights_let_every_class_count_alike():
    labels = np.array([0, 0, 0, 0, 0, 0, 1, 1, 2])
    weights = balanced_weights(labels, 4)
    np.testing.assert_allclose(weights[:3] * [6, 2, 1], 9 / 4)
    assert np.isfinite(weights).all()


def test_features_of_different_stages_are_brought_to_one_size_apart():
    features, _ = blobs(3, 60, 6)
    mean, divisor = feature_scale(features, (2, 4))
    for part in (slice(0, 2), slice(2, 6)):
        np.testing.assert_array_equal(np.stack(feature_scale(features[:, part])), np.stack((mean, divisor))[:, part])
    features[:, 2:] *= 1000
    larger = feature_scale(features, (2, 4))[1]
    np.testing.assert_allclose(larger, [*divisor[:2], *(1000 * divisor[2:])], rtol=1e-5)


def test_a_small_stage_is_heard_beside_a_loud_one():
    """The loud part is noise; were both damped together, nothing of the small one would be left."""
    rng = np.random.default_rng(0)
    labels = np.arange(200) % 2
    small = 1e-3 * (labels[:, None] + 0.3 * rng.normal(size=(200, 4)))
    features = np.hstack([small, 10 * rng.normal(size=(200, 30))]).astype(np.float32)
    ones = np.ones(2, dtype=np.float32)

    def accuracy(widths):
        *_, probe = fit_probe(features, labels, ones, strength=0.01, widths=widths)
        return ((features @ probe.weight.T + probe.bias).argmax(axis=1) == labels).mean()

    assert accuracy((4, 30)) > 0.95 > accuracy(None) + 0.05
