"""The heat map of source concepts and target classes."""

import numpy as np

from core.evaluation.records import ClassLikeness, SourceRelation
from core.plots.transfer_matrix import describe_transfer_matrix, plot_transfer_matrix, shown_concepts

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


def relation(*classes: ClassLikeness) -> SourceRelation:
    return SourceRelation(
        dataset_id="0" * 16,
        model="m",
        title="M",
        classes=classes,
        concept_names=CONCEPTS,
        class_given_concept=(),
        concept_given_class=(),
        n_concepts=1_000,
        score=0.9,
        standard_error=0.01,
        log_expected_prediction=-0.3,
        says_nothing=False,
        shuffled_share=0.01,
        image_size_px=224,
        n_samples=10,
        n_train=10,
        seconds=1.0,
        created_at="2026-01-01",
    )


def test_words_name_the_first_concepts_of_each_class_and_a_class_without_samples() -> None:
    seen = ClassLikeness(class_name="bees", n=9, concepts=(("bee", 0.61), ("fly", 0.12), ("ant", 0.05), ("cow", 0.01)))
    unseen = ClassLikeness(class_name="wasps", n=0, concepts=())
    assert (
        describe_transfer_matrix(relation(seen, unseen)) == "bees: bee 61%, fly 12%, ant 5%; wasps: no training sample."
    )


def test_words_stay_short_with_many_classes() -> None:
    classes = [ClassLikeness(class_name=f"c{number}", n=1, concepts=(("bee", 0.5),)) for number in range(15)]
    text = describe_transfer_matrix(relation(*classes))
    assert "c11: bee" in text
    assert "c12" not in text
    assert text.endswith("and 3 more classes.")
