"""Wrong labels are found among clear classes, and nothing is made up where there is nothing to find."""

import numpy as np
import pytest

from core.evaluation.label_quality import HeldOutProbs, find_suspects, held_out_probs

N_CLASSES, N_PER_CLASS, N_FEATURES = 4, 40, 8


@pytest.fixture(scope="module")
def clear():
    """Four well parted classes."""
    rng = np.random.default_rng(0)
    labels = np.repeat(np.arange(N_CLASSES), N_PER_CLASS)
    centres = 4 * np.eye(N_CLASSES, N_FEATURES)
    return (centres[labels] + rng.normal(size=(len(labels), N_FEATURES))).astype(np.float32), labels


def judge(features, labels, contents=None, n_classes=N_CLASSES):
    contents = np.arange(len(labels)) if contents is None else contents
    return held_out_probs(features, labels, contents, n_classes, seed=0)


def test_replaced_labels_are_found_and_the_true_class_is_proposed(clear):
    features, true = clear
    given = true.copy()
    wrong = np.array([3, 50, 90, 130, 131])
    given[wrong] = (true[wrong] + 1) % N_CLASSES
    held_out = judge(features, given)
    suspects = find_suspects(held_out, given)
    assert set(suspects) == set(wrong)
    assert (held_out.probs[suspects].argmax(axis=1) == true[suspects]).all()


def test_the_least_believed_label_comes_first(clear):
    features, true = clear
    given = true.copy()
    given[[3, 50, 90]] = (true[[3, 50, 90]] + 1) % N_CLASSES
    held_out = judge(features, given)
    suspects = find_suspects(held_out, given)
    believed = held_out.probs[suspects, given[suspects]]
    assert len(believed) == 3
    assert (np.diff(believed) >= 0).all()


def test_right_labels_of_clear_classes_are_left_alone(clear):
    features, labels = clear
    assert len(find_suspects(judge(features, labels), labels)) == 0


def test_a_copy_does_not_vouch_for_a_wrong_label(clear):
    """Where twenty copies of one content bear the same wrong label, only heads that saw none of them can tell."""
    features, labels = clear
    copies = np.repeat(features[:1], 20, axis=0)
    together = np.concatenate([features, copies])
    given = np.concatenate([labels, np.full(20, 1)])
    contents = np.concatenate([np.arange(len(labels)), np.zeros(20, dtype=np.int64)])
    rows = np.arange(len(labels), len(given))
    assert (judge(together, given, contents).probs[rows, 0] > 0.5).all()
    assert (judge(together, given).probs[rows, 0] < 0.5).all()


def test_probabilities_are_of_every_sample_and_sum_to_one(clear):
    features, labels = clear
    held_out = judge(features, labels)
    assert held_out.is_asked.all()
    np.testing.assert_allclose(held_out.probs.sum(axis=1), 1, atol=1e-5)


def test_a_class_of_one_sample_is_not_asked_about(clear):
    features, labels = clear
    lone = np.concatenate([labels, [N_CLASSES]])
    held_out = judge(np.concatenate([features, features[:1]]), lone, n_classes=N_CLASSES + 1)
    assert not held_out.is_asked[-1]
    assert held_out.is_asked[:-1].all()
    assert len(lone) - 1 not in find_suspects(held_out, lone)


def test_whoever_watches_may_end_it(clear):
    class EndedError(Exception):
        pass

    def end(done, of):
        assert of == 5
        if done == 2:
            raise EndedError

    with pytest.raises(EndedError):
        held_out_probs(*clear, np.arange(len(clear[1])), N_CLASSES, seed=0, on_part=end)


def test_where_nothing_was_asked_nothing_is_suspected():
    held_out = HeldOutProbs(probs=np.zeros((3, 2), dtype=np.float32), is_asked=np.zeros(3, dtype=bool))
    assert len(find_suspects(held_out, np.array([0, 1, 0]))) == 0
