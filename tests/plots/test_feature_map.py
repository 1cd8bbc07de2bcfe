"""Samples as points: their groups, what they say under the pointer, and what is told to those who do not see them."""

import numpy as np
import pytest

from core.evaluation.records import FeatureMap, Plane
from core.plots.feature_map import describe_feature_map, most_mistaken, plot_feature_map
from core.plots.palette import MARK, TRAINABLE
from tests.pages.hostile import NAMES

LABELS = np.array([0, 0, 1, 1, 2])
ANSWERS = np.array([0, 1, 1, 1, 0])
PLANE = Plane(state="before", positions=np.arange(10, dtype=np.float32).reshape(5, 2), shares=(0.5, 0.25))
MAP = FeatureMap(
    method="pca",
    planes=(PLANE,),
    rows=np.arange(5),
    labels=LABELS,
    predictions=ANSWERS,
    probabilities=np.array([0.9, 0.6, 0.8, 0.7, 0.55], dtype=np.float32),
    splits=np.array(["train", "val", "test", "train", "val"]),
    n_all=5,
)
CLASSES = ("ants", "bees", "cats")


def many_classes(n=30):
    labels = np.arange(3 * n) % n
    positions = np.zeros((3 * n, 2), dtype=np.float32)
    plane = Plane(state="frozen", positions=positions, shares=())
    return FeatureMap(
        method="tsne",
        planes=(plane,),
        rows=np.arange(3 * n),
        labels=labels,
        predictions=labels,
        probabilities=np.ones(3 * n, dtype=np.float32),
        splits=np.full(3 * n, "val"),
        n_all=3 * n,
    )


def groups(figure):
    return {trace.name: list(trace.customdata) for trace in figure.data}


@pytest.mark.parametrize(
    ("colour_by", "expected"),
    [
        ("class", {"ants (2)": [0, 1], "bees (2)": [2, 3], "cats (1)": [4]}),
        ("prediction", {"ants (2)": [0, 4], "bees (3)": [1, 2, 3], "cats (0)": []}),
        ("split", {"Training (2)": [0, 3], "Validation (2)": [1, 4], "Test (1)": [2]}),
        ("correctness", {"Right (3)": [0, 2, 3], "Wrong (2)": [1, 4]}),
    ],
)
def test_every_point_is_in_one_group_and_knows_its_number(colour_by, expected):
    figure = plot_feature_map(MAP, PLANE, colour_by, CLASSES)
    assert groups(figure) == expected
    for trace in figure.data:
        np.testing.assert_array_equal(np.stack([trace.x, trace.y], axis=1), PLANE.positions[list(trace.customdata)])
        assert trace.type == "scattergl"


def test_wrong_ones_lie_on_top_in_the_colour_that_calls():
    assert plot_feature_map(MAP, PLANE, "correctness", CLASSES).data[-1].marker.color == TRAINABLE


def test_of_many_classes_the_chosen_ones_stand_out_of_the_others():
    found = many_classes()
    others, *chosen = plot_feature_map(
        found, found.planes[0], "class", [f"c{n}" for n in range(30)], standing_out=(4, 7)
    ).data
    assert (others.name, others.marker.color) == ("28 other classes (84)", MARK)
    assert [trace.name for trace in chosen] == ["c4 (3)", "c7 (3)"]


def test_more_classes_than_colours_differ_by_their_mark():
    found = many_classes(12)
    traces = plot_feature_map(found, found.planes[0], "class", [f"c{n}" for n in range(12)]).data
    assert [trace.marker.symbol for trace in traces] == ["circle"] * 10 + ["diamond"] * 2


def test_under_the_pointer_stand_class_answer_split_and_the_beginning_of_a_text():
    texts = ["short", "<b>mark</b> up " + "long " * 40, "a", "b", "c"]
    first, second, *_ = plot_feature_map(MAP, PLANE, "class", CLASSES, texts=texts).data[0].text
    assert first == "ants, training (90%)<br>short"
    assert second.startswith("ants, validation, taken for <b>bees</b> (60%)<br>&lt;b&gt;mark")
    assert len(second) < 160


def test_names_of_classes_are_not_markup():
    figure = plot_feature_map(MAP, PLANE, "class", (*NAMES, "<img src=x>"))
    shown = " ".join([*(trace.name for trace in figure.data), *(text for trace in figure.data for text in trace.text)])
    assert "<img" not in shown
    assert "<b>bold" not in shown


def test_the_axes_name_their_share_of_the_variance_where_they_have_one():
    assert "50%" in plot_feature_map(MAP, PLANE, "class", CLASSES).layout.xaxis.title.text
    found = many_classes(12)
    assert not plot_feature_map(found, found.planes[0], "split", [str(n) for n in range(12)]).layout.xaxis.title.text


def test_the_classes_of_most_mistakes_come_first_and_those_of_training_samples_do_not_count():
    # Sample 1 takes ants for bees, sample 4 cats for ants.
    assert most_mistaken(MAP, 3, n=1) == (0,)
    assert most_mistaken(MAP, 3, n=3) == (0, 1, 2)


def test_the_words_name_how_many_how_laid_out_and_how_often_right():
    text = describe_feature_map(MAP, PLANE, 3)
    for part in ("5 samples of 3 classes", "before the training", "main directions", "60.0%"):
        assert part in text
