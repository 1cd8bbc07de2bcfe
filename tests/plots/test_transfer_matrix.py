"""The heat map of source concepts and target classes."""

import numpy as np

from core.plots.transfer_matrix import plot_transfer_matrix, shown_concepts

CONCEPT_GIVEN_CLASS = np.array([[0.6, 0.3, 0.1, 0.0], [0.1, 0.5, 0.0, 0.4]])
CLASS_GIVEN_CONCEPT = np.array([[0.9, 0.1], [0.4, 0.6], [1.0, 0.0], [0.0, 1.0]])
CONCEPTS = ("ant", "bee", "bee", "<b>fly</b>")


def test_each_class_brings_the_concepts_it_is_most_taken_for_and_each_is_shown_once() -> None:
    assert shown_concepts(CONCEPT_GIVEN_CLASS, 2) == [0, 1, 3]


def test_cells_are_the_classes_given_the_concepts_that_are_shown() -> None:
    (cells,) = plot_transfer_matrix(
        CLASS_GIVEN_CONCEPT, CONCEPT_GIVEN_CLASS, ("mine", "yours"), CONCEPTS, n_per_class=2
    ).data
    assert np.array(cells.z).tolist() == [[0.9, 0.1], [0.4, 0.6], [0.0, 1.0]]
    assert cells.text[1][1] == "Of what looks like bee, 60% is yours<br>Of yours, 50% looks like bee"


def test_equal_concept_names_stay_apart_and_names_are_not_markup() -> None:
    figure = plot_transfer_matrix(CLASS_GIVEN_CONCEPT, CONCEPT_GIVEN_CLASS, ("<i>a</i>", "b"), CONCEPTS, n_per_class=4)
    assert list(figure.layout.yaxis.ticktext).count("bee") == 2
    assert len(figure.data[0].y) == 4
    assert "<i>" not in str(figure.data[0].x) + str(figure.data[0].text)
    assert "<b>" not in str(figure.layout.yaxis.ticktext) + str(figure.data[0].text)
