"""What the pretrained network takes each class for, as a heat map under the names that it learned."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import plotly.graph_objects as go

from core.arrays import FloatArray
from core.evaluation.records import ClassLikeness, SourceRelation
from core.plots.layout import style_figure
from core.plots.text import plain_text, short_names

ROW_PX, FRAME_PX = 26, 150
N_PER_CLASS = 3
MAX_NAMED = 12


def plot_transfer_matrix(
    class_given_concept: FloatArray,
    concept_given_class: FloatArray,
    class_names: Sequence[str],
    concept_names: Sequence[str],
    *,
    n_per_class: int = N_PER_CLASS,
) -> go.Figure:
    """P(class | concept) for the concepts that each class is most taken for, one row per concept.

    Args:
        class_given_concept: shape (n_concepts, n_classes), each row sums to 1.
        concept_given_class: shape (n_classes, n_concepts); decides which concepts are shown.
        class_names: n_classes names.
        concept_names: n_concepts names.
        n_per_class: concepts shown for each class; those of several classes are shown once.
    """
    shown = shown_concepts(concept_given_class, n_per_class)
    classes, concepts = [plain_text(name) for name in class_names], [plain_text(concept_names[at]) for at in shown]
    figure = go.Figure(
        go.Heatmap(
            x=short_names(class_names),
            y=list(range(len(shown))),  # by number, because two concepts may have the same name
            z=class_given_concept[shown],
            text=[
                [
                    f"Of what looks like {concept}, {class_given_concept[at, label]:.0%} is {name}<br>"
                    f"Of {name}, {concept_given_class[label, at]:.0%} looks like {concept}"
                    for label, name in enumerate(classes)
                ]
                for at, concept in zip(shown, concepts, strict=True)
            ],
            zmin=0,
            zmax=1,
            colorbar={"tickformat": ".0%"},
            hovertemplate="%{text}<extra></extra>",
        )
    )
    figure.update_xaxes(title_text="Your class", type="category")
    figure.update_yaxes(
        title_text="Looks like", tickvals=list(range(len(shown))), ticktext=concepts, autorange="reversed"
    )
    return style_figure(figure, height_px=FRAME_PX + ROW_PX * len(shown))


def describe_transfer_matrix(relation: SourceRelation) -> str:
    """The matrix in words: what each of the first classes is most taken for."""
    classes = [_likeness_words(one) for one in relation.classes[:MAX_NAMED]]
    n_more = len(relation.classes) - MAX_NAMED
    return "; ".join([*classes, *([f"and {n_more} more classes"] if n_more > 0 else [])]) + "."


def _likeness_words(likeness: ClassLikeness) -> str:
    concepts = ", ".join(f"{name} {share:.0%}" for name, share in likeness.concepts[:N_PER_CLASS])
    return f"{likeness.class_name}: {concepts or 'no training sample'}"


def shown_concepts(concept_given_class: FloatArray, n_per_class: int) -> list[int]:
    """Numbers of the concepts that each class is most taken for, class by class, each once."""
    order = np.argsort(-concept_given_class, axis=1, kind="stable")[:, :n_per_class]
    return [int(at) for at in dict.fromkeys(order.ravel().tolist())]
