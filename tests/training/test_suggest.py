"""Suggestions follow from counts, sizes and the device."""

from dataclasses import replace

import pytest

from core.backbones.measuring import describe_backbone
from core.training.suggest import DataFacts, suggest

PICTURES = DataFacts(
    modality="image", n_train=1_442, n_classes=10, min_per_class=140, max_per_class=150, median_side_px=100
)
TEXTS = replace(PICTURES, modality="text", median_side_px=None)


def suggested(facts, *, strategy=None, device="cpu"):
    info = describe_backbone("efficientnet-lite0" if facts.modality == "image" else "minilm-l6")
    made = suggest(facts, info, device, strategy=strategy)
    assert len(made.reasons) == len(made.settings)
    return made.strategy, dict(made.settings)


@pytest.mark.parametrize(("n_train", "n_views"), [(200, 3), (4_999, 3), (5_000, 2), (19_999, 2), (20_000, None)])
def test_the_fewer_images_are_trained_on_the_more_views_there_are_of_each(n_train, n_views):
    _, settings = suggested(replace(PICTURES, n_train=n_train), strategy="head-then-fine-tune")
    assert settings.get("n_views") == n_views


def test_a_fitted_head_and_texts_get_no_further_views():
    assert "n_views" not in suggested(PICTURES, strategy="feature-extraction")[1]
    assert "n_views" not in suggested(TEXTS, strategy="head-then-fine-tune")[1]


def test_few_samples_get_a_fitted_head_and_more_of_them_fine_tuning():
    assert suggested(replace(PICTURES, n_train=245, min_per_class=121))[0] == "feature-extraction"
    assert suggested(PICTURES)[0] == "head-then-fine-tune"
    assert suggested(replace(PICTURES, n_train=30_000))[0] == "feature-extraction"
    assert suggested(replace(PICTURES, n_train=30_000), device="cuda")[0] == "head-then-fine-tune"


def test_only_full_fine_tuning_is_told_to_slow_lower_stages():
    assert suggested(PICTURES, strategy="full-fine-tuning")[1]["layer_decay"] == 0.9
    assert "layer_decay" not in suggested(PICTURES, strategy="head-then-fine-tune")[1]
    assert "layer_decay" not in suggested(TEXTS, strategy="from-scratch")[1]


def test_three_times_as_many_samples_in_one_class_as_in_another_are_balanced():
    assert "class_weights" not in suggested(replace(PICTURES, max_per_class=419))[1]
    assert suggested(replace(PICTURES, max_per_class=420))[1]["class_weights"] == "balanced"


@pytest.mark.parametrize(
    ("median_side_px", "n_train", "strategy", "expected_px"),
    [
        (1_000, 245, "feature-extraction", 320),
        (300, 245, "feature-extraction", 288),
        (250, 245, "feature-extraction", 224),
        (1_000, 5_000, "feature-extraction", 224),
        (1_000, 245, "head-then-fine-tune", 224),
    ],
)
def test_few_large_images_pass_finer_than_the_network_was_pretrained(median_side_px, n_train, strategy, expected_px):
    facts = replace(PICTURES, median_side_px=median_side_px, n_train=n_train)
    assert suggested(facts, strategy=strategy)[1]["image_size_px"] == expected_px


def test_a_network_of_one_size_is_given_no_other():
    facts = replace(PICTURES, median_side_px=1_000, n_train=245)
    made = suggest(facts, describe_backbone("vit-s16"), "cpu", strategy="feature-extraction")
    assert dict(made.settings)["image_size_px"] == 224


@pytest.mark.parametrize("facts", [PICTURES, TEXTS])
def test_norms_and_biases_are_told_larger_steps_than_whole_stages_and_the_head_the_same(facts):
    parts, whole = (suggested(facts, strategy=one)[1] for one in ("norms-and-biases", "head-then-fine-tune"))
    assert parts["learning_rate"] == 1e-3 > whole["learning_rate"]
    assert parts["head_learning_rate"] == whole["head_learning_rate"]
    assert parts["epochs"] == whole["epochs"]


def test_a_head_on_all_stages_is_told_what_a_head_on_the_last_one_is_told():
    facts = replace(PICTURES, median_side_px=1_000, n_train=245, max_per_class=700)
    on_all, on_last = (suggested(facts, strategy=one)[1] for one in ("multi-stage-probe", "feature-extraction"))
    assert on_all == on_last
    assert on_all["image_size_px"] == 320


def test_adapters_are_told_larger_steps_than_whole_stages():
    parts, whole = (suggested(TEXTS, strategy=one)[1] for one in ("lora", "head-then-fine-tune"))
    assert parts["learning_rate"] == 1e-3 > whole["learning_rate"] == parts["head_learning_rate"]


@pytest.mark.parametrize("strategy", ["feature-extraction", "head-then-fine-tune", "from-scratch"])
def test_mirroring_is_never_suggested_and_the_reason_is_said(strategy):
    made = suggest(PICTURES, describe_backbone("efficientnet-lite0"), "cpu", strategy=strategy)
    assert dict(made.settings)["mirroring"] == "off"
    assert "left and right" in made.reason_of("mirroring")
    assert "mirroring" not in suggested(TEXTS, strategy=strategy)[1]


def test_a_setting_left_at_its_default_has_no_reason_in_the_data():
    made = suggest(PICTURES, describe_backbone("efficientnet-lite0"), "cpu", strategy="head-then-fine-tune")
    assert made.reason_of("gradient_clip") is None
    assert "steps" in made.reason_of("epochs")


FEW_TEXTS = replace(TEXTS, n_train=800, n_classes=80, min_per_class=8, max_per_class=20)


@pytest.mark.parametrize(
    ("change", "expected"),
    [
        ({}, "contrastive"),
        ({"n_train": 960}, "contrastive"),
        ({"n_train": 961}, "feature-extraction"),  # more than 12 per class
        ({"n_train": 1_200, "n_classes": 100}, "contrastive"),
        ({"n_train": 1_201, "n_classes": 100}, "head-then-fine-tune"),  # and enough to fine-tune
        ({"min_per_class": 7}, "feature-extraction"),
        ({"n_train": 199, "n_classes": 15}, "feature-extraction"),  # too few to tell whether it helped
        ({"modality": "image"}, "feature-extraction"),
    ],
)
def test_contrast_is_suggested_for_texts_with_some_labels_of_each_class(change, expected):
    facts = replace(FEW_TEXTS, **{"min_per_class": 10, **change})
    assert suggested(facts)[0] == expected


def test_contrast_is_suggested_behind_sentence_encoders_only_and_says_why():
    made = suggest(FEW_TEXTS, describe_backbone("minilm-l6"), "cpu")
    assert made.strategy == "contrastive"
    assert "about 10 texts of a class" in made.strategy_reason
    assert "fitted head" in made.strategy_reason
    assert suggest(FEW_TEXTS, describe_backbone("distilbert"), "cpu").strategy == "feature-extraction"


@pytest.mark.parametrize(("n_train", "epochs"), [(800, 8), (16_000, 4), (50_000, 2)])
def test_contrast_is_told_larger_batches_few_epochs_and_no_early_stop(n_train, epochs):
    settings = suggested(replace(FEW_TEXTS, n_train=n_train), strategy="contrastive")[1]
    assert settings["batch_size"] == 64
    assert settings["epochs"] == epochs
    assert settings["patience"] == 0
    assert settings["learning_rate"] == 2e-4
