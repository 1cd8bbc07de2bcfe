"""What the network takes the classes for, on the Train page: asked by a button, or refused in one sentence."""

from dataclasses import replace

import pytest
from streamlit.testing.v1 import AppTest

from core.evaluation.records import ClassLikeness, SourceRelation
from core.jobs.studies import wait_for_study
from core.jobs.study import Study
from core.workflows.stored_relations import load_relation, save_relation
from pages.components.relation_panel import OPEN_KEY
from tests.pages.conftest import TIMEOUT_S, Trained, all_text, open_app
from tests.pages.hostile import NAMES

MODEL = "efficientnet-lite0"
RELATION = SourceRelation(
    dataset_id="",
    model=MODEL,
    title="EfficientNet-Lite0",
    classes=(
        ClassLikeness(class_name="cats", n=8, concepts=(("tabby", 0.61), ("tiger cat", 0.12))),
        ClassLikeness(class_name="dogs", n=8, concepts=(("beagle", 0.4), ("tabby", 0.05))),
    ),
    concept_names=("tabby", "tiger cat", "beagle"),
    class_given_concept=((0.9, 0.1), (1.0, 0.0), (0.0, 1.0)),
    concept_given_class=((0.61, 0.12, 0.0), (0.05, 0.0, 0.4)),
    n_concepts=1_000,
    score=0.94,
    standard_error=0.021,
    log_expected_prediction=-0.2,
    says_nothing=False,
    shuffled_share=0.01,
    image_size_px=224,
    n_samples=16,
    n_train=18,
    seconds=3.0,
    created_at="2026-01-01T12:00:00+00:00",
)


@pytest.fixture(autouse=True)
def nothing_downloaded(monkeypatch: pytest.MonkeyPatch, tmp_path) -> None:
    monkeypatch.setenv("TORCH_HOME", str(tmp_path / "torch"))


def open_panel(trained: Trained) -> AppTest:
    app = open_app("train", dataset=trained.dataset_id)
    app.session_state[OPEN_KEY] = True
    app.run()
    assert not app.exception
    return app


def keep(trained: Trained, relation: SourceRelation) -> None:
    save_relation(trained.workspace, replace(relation, dataset_id=trained.dataset_id))


def test_nothing_is_asked_before_the_panel_is_opened(one_dataset: Trained) -> None:
    app = open_app("train", dataset=one_dataset.dataset_id)
    assert "What does EfficientNet\\-Lite0 take my classes for?" in [folder.label for folder in app.expander]
    assert "begin-relation" not in [button.key for button in app.button]


def test_a_press_asks_behind_the_page_and_each_class_gets_a_sentence(one_dataset: Trained) -> None:
    app = open_panel(one_dataset)
    app.button(key="begin-relation").click().run()
    study = Study(kind="relation", dataset_id=one_dataset.dataset_id, model=MODEL)
    assert wait_for_study(one_dataset.workspace.root, study, 180)
    app.run()
    dataset = one_dataset.workspace.datasets.load(one_dataset.dataset_id)
    relation = load_relation(one_dataset.workspace, dataset, MODEL)
    sentences = [text.value for text in app.markdown if "it sees" in text.value]
    assert len(sentences) == len(relation.classes) == 2
    assert f"{relation.classes[0].concepts[0][1]:.2f}" in sentences[0]
    assert app.button(key="begin-relation").label == "Ask again"


def test_score_error_chance_and_split_stand_together_and_the_map_has_the_names(one_dataset: Trained) -> None:
    keep(one_dataset, RELATION)
    app = open_panel(one_dataset)
    (score,) = [metric for metric in app.metric if "without training" in metric.label]
    assert "on training samples" in score.label
    assert (score.value, score.delta) == ("0.940 ± 0.021", "chance: 0.500")
    assert "16 of 18 training samples" in all_text(app)
    specs = "".join(chart.proto.spec for chart in app.get("plotly_chart"))
    assert all(name in specs for name in ("tabby", "tiger cat", "beagle"))
    assert not app.warning


def test_a_source_that_says_nothing_is_warned_of(one_dataset: Trained) -> None:
    keep(one_dataset, replace(RELATION, says_nothing=True, shuffled_share=0.31))
    app = open_panel(one_dataset)
    assert "of 99 shuffles of your labels, 30 fit" in app.warning[0].value


def test_names_of_classes_are_not_markup(one_dataset: Trained) -> None:
    classes = tuple(replace(one, class_name=name) for one, name in zip(RELATION.classes, NAMES, strict=False))
    keep(one_dataset, replace(RELATION, classes=classes))
    app = open_panel(one_dataset)
    assert "![x](" not in all_text(app)


def panel_for_model() -> None:
    """A page with the panel alone, for the backbone that the session names."""
    import streamlit as st

    from core.backbones.measuring import describe_backbone
    from core.workflows.inspect_dataset import list_datasets
    from pages.components import state
    from pages.components.relation_panel import render_relation_panel

    chosen = describe_backbone(st.session_state["model"])
    render_relation_panel(state.workspace(), list_datasets(state.workspace())[0], chosen)


@pytest.mark.parametrize(
    ("model", "reason"),
    [
        ("vit-s16", "It was not pretrained on ImageNet's thousand classes"),
        ("resnet18", "Its weights are not on this machine yet"),
    ],
)
def test_a_backbone_that_cannot_be_asked_gets_one_sentence_and_no_panel(
    one_dataset: Trained, model: str, reason: str
) -> None:
    app = AppTest.from_function(panel_for_model, default_timeout=TIMEOUT_S)
    app.session_state["model"] = model
    app.run()
    assert not app.exception
    assert not app.expander
    (caption,) = app.caption
    assert f"cannot be asked. {reason}" in caption.value


def test_texts_get_the_reason(finished_text_run: Trained) -> None:
    app = open_app("train", dataset=finished_text_run.dataset_id)
    assert "Networks for texts learned to guess words" in all_text(app)
    assert not any("take my classes for" in folder.label for folder in app.expander)
