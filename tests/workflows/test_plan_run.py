"""Plans: what is suggested, what was chosen, and what is refused."""

from math import ceil

import pytest

from core.errors import ConfigurationError, UnknownChoiceError
from core.training.settings import list_settings
from core.workflows.inspect_dataset import inspect_dataset
from core.workflows.list_models import list_models
from core.workflows.plan_run import RunChoices, data_facts, is_offered, plan_run


@pytest.fixture
def plan(workspace, images, texts):
    def make(modality="image", **choices):
        dataset = images if modality == "image" else texts
        return plan_run(workspace, RunChoices(dataset_id=dataset.id, **choices))

    return make


@pytest.mark.parametrize(
    ("choices", "message"),
    [
        ({"model": "resnet-18"}, 'Did you mean "resnet18"'),
        ({"strategy": "head-and-fine-tune"}, 'Did you mean "head-then-fine-tune"'),
        ({"strategy": "head-then-fine-tune", "freeze_until": "block.3"}, 'Did you mean "blocks.3"'),
        ({"strategy": "head-then-fine-tune", "frozen_stages": ("blocks.33",)}, 'Did you mean "blocks.3"'),
        ({"settings": {"epoch": 3}}, 'Did you mean "epochs"'),
        ({"settings": {"dataset_id": "x"}}, "There is no setting"),
    ],
)
def test_a_name_nobody_knows_is_answered_with_the_nearest_one(plan, choices, message):
    with pytest.raises(UnknownChoiceError, match=message):
        plan(**choices)


def test_an_unknown_dataset_is_refused(workspace):
    with pytest.raises(UnknownChoiceError):
        plan_run(workspace, RunChoices(dataset_id="../../etc"))


def test_a_backbone_of_the_wrong_modality_is_refused_with_those_that_fit(plan):
    with pytest.raises(ConfigurationError, match=r"holds images, but .* takes texts") as caught:
        plan(model="minilm-l6")
    assert "efficientnet-lite0" in caught.value.remedy
    assert "bert" not in caught.value.remedy


def test_settings_out_of_bounds_are_all_refused_at_once(plan):
    with pytest.raises(ConfigurationError, match=r"Epochs.*Batch size"):
        plan(settings={"epochs": 0, "batch_size": 0})


def test_freezing_until_a_stage_includes_it_and_adds_to_single_ones(plan):
    made = plan(strategy="head-then-fine-tune", freeze_until="blocks.1", frozen_stages=("blocks.4",))
    assert made.spec.frozen_stages == ("stem", "blocks.0", "blocks.1", "blocks.4")
    assert made.cut == 3
    assert set(made.phases[-1].trainable_stages).isdisjoint(made.spec.frozen_stages)


def test_freezing_all_but_one_and_all_stages(plan, workspace):
    names = plan().info.stage_names
    made = plan(strategy="head-then-fine-tune", freeze_until=names[-2])
    assert made.phases[-1].trainable_stages == names[-1:]
    with pytest.raises(ConfigurationError, match="at least one stage"):
        plan(strategy="head-then-fine-tune", freeze_until=names[-1])


def test_whoever_leaves_stages_trainable_without_naming_a_strategy_gets_them_trained(plan):
    made = plan("text", freeze_until="layer.2")
    assert made.strategy.id == "head-then-fine-tune"
    assert made.spec.frozen_stages == ("embeddings", "layer.0", "layer.1", "layer.2")


def test_choices_win_over_suggestions_and_the_rest_is_filled_in(plan, texts):
    made = plan("text", strategy="full-fine-tuning", settings={"epochs": 3, "batch_size": 7})
    suggested = dict(made.suggestion.settings)
    assert (made.spec.epochs, made.spec.batch_size) == (3, 7)
    assert made.spec.learning_rate == suggested["learning_rate"]
    assert made.n_steps == 3 * ceil(len(texts.rows("train")) / 7)


def test_parameters_count_the_head_and_only_what_trains(plan):
    made = plan(strategy="feature-extraction")
    assert made.parameters.trainable == made.info.n_features * 3 + 3
    everything = plan(strategy="full-fine-tuning").parameters
    assert everything.trainable == everything.total == made.parameters.total


@pytest.mark.parametrize("n_classes", [2, 150])
def test_suggestions_carry_reasons_for_two_classes_and_for_150(workspace, tmp_path, n_classes):
    table = tmp_path / "table.csv"
    rows = [
        f"this is message {n} on topic number {topic},topic {topic}" for topic in range(n_classes) for n in range(4)
    ]
    table.write_text("\n".join(["text,label", *rows]))
    dataset = inspect_dataset(workspace, table)
    for strategy in (None, "head-then-fine-tune", "gradual-unfreezing", "full-fine-tuning", "from-scratch"):
        made = plan_run(workspace, RunChoices(dataset_id=dataset.id, strategy=strategy))
        suggestion = made.suggestion
        assert f"{n_classes} classes" in suggestion.strategy_reason
        assert made.spec.reason == suggestion.strategy_reason
        assert len(suggestion.reasons) == len(suggestion.settings)
        assert all(reason.endswith(".") and len(reason) > 20 for reason in suggestion.reasons)
        assert {name for name, _ in suggestion.settings} <= {setting.name for setting in list_settings()}
        assert made.parameters.trainable >= 384 * n_classes + n_classes


def test_facts_count_the_training_split_and_look_at_image_sizes(workspace, images, texts):
    facts = data_facts(workspace, images)
    assert facts.n_train == len(images.rows("train")) == sum(images.class_counts("train").values())
    assert (facts.n_classes, facts.median_side_px) == (3, 40)
    assert data_facts(workspace, texts).median_side_px is None


def test_small_images_are_not_blown_up_to_full_size(plan):
    made = plan()
    assert made.spec.image_size_px < made.info.row.preprocessing.size_px


@pytest.mark.parametrize("model", ["vit-s16", "swin-t"])
def test_a_network_for_one_size_gets_that_size_suggested_and_no_other_accepted(plan, model):
    assert plan(model=model).spec.image_size_px == 224
    with pytest.raises(ConfigurationError, match=r"takes images of 224 px only.*found 160 px") as caught:
        plan(model=model, settings={"image_size_px": 160})
    assert "Set the image size to 224" in caught.value.remedy


def test_images_too_small_for_a_network_are_refused_before_it_runs(plan):
    assert plan(model="inception-v3", settings={"image_size_px": 75}).spec.image_size_px == 75
    with pytest.raises(ConfigurationError, match="needs 75 px; found 74 px"):
        plan(model="inception-v3", settings={"image_size_px": 74})


def test_a_plan_stores_nothing(plan, workspace):
    before = sorted(workspace.root.rglob("*"))
    plan(strategy="head-then-fine-tune")
    assert sorted(workspace.root.rglob("*")) == before


def test_models_are_listed_by_modality_bundled_ones_first():
    rows = list_models("text")
    assert {info.row.modality for info in rows} == {"text"}
    assert rows[0].weights == "bundled"
    assert all(sum(stage.share_of_cost for stage in info.stages) == pytest.approx(1) for info in rows)


def test_texts_are_blended_only_behind_frozen_embeddings(plan):
    with pytest.raises(ConfigurationError, match="embeddings"):
        plan("text", strategy="full-fine-tuning", settings={"mixup": 0.2})
    kept = ("embeddings", "layer.0")
    assert plan("text", strategy="head-then-fine-tune", frozen_stages=kept, settings={"mixup": 0.2}).spec.mixup == 0.2
    assert plan("image", strategy="full-fine-tuning", settings={"mixup": 0.2}).spec.mixup == 0.2


def test_where_norms_and_biases_train_they_and_the_head_are_counted(plan):
    made = plan("text", strategy="norms-and-biases", freeze_until="layer.4")
    (last,) = (stage for stage in made.info.stages if stage.name == "layer.5")
    assert made.parameters.trainable == last.n_norms_and_biases + 384 * 3 + 3
    assert made.phases[-1].tensors == "norms-and-biases"
    assert dict(made.suggestion.settings)["learning_rate"] == made.spec.learning_rate == 1e-3


def test_a_stage_without_norms_and_biases_is_frozen_with_those_before_it(plan):
    made = plan("text", model="gpt2", strategy="norms-and-biases", frozen_stages=())
    assert made.spec.frozen_stages == ("embeddings",)
    assert made.cut == 1
    others = made.info.stage_names[1:]
    with pytest.raises(ConfigurationError, match="embeddings of GPT-2") as caught:
        plan("text", model="gpt2", strategy="norms-and-biases", frozen_stages=others)
    assert "another stage" in caught.value.remedy


def test_a_head_on_all_stages_is_counted_in_its_full_width(plan):
    made = plan("text", strategy="multi-stage-probe")
    assert made.parameters.trainable == 7 * 384 * 3 + 3
    assert made.cut == 7
    assert made.n_steps == 0


def test_adapters_are_counted_by_their_own_numbers(plan):
    made = plan("text", strategy="lora", freeze_until="layer.4")
    assert made.parameters.trainable == 2 * 8 * (384 + 384) + 384 * 3 + 3
    assert made.spec.frozen_stages == made.info.stage_names[:-1]


def test_adapters_are_offered_where_an_attention_can_carry_them_and_refused_elsewhere(plan):
    assert is_offered("lora", "minilm-l6")
    assert is_offered("lora", "vit-s16")
    assert not is_offered("lora", "efficientnet-lite0")
    assert not is_offered("lora", "swin-t")
    assert is_offered("norms-and-biases", "swin-t")
    with pytest.raises(ConfigurationError, match=r"trains only adapters .* EfficientNet-Lite0 has none") as caught:
        plan(strategy="lora")
    assert caught.value.remedy == 'Choose the strategy "head-then-fine-tune".'


def test_contrast_is_for_texts(plan):
    assert is_offered("contrastive", "minilm-l6")
    assert not is_offered("contrastive", "efficientnet-lite0")
    with pytest.raises(ConfigurationError, match="is for texts, and the dataset holds images"):
        plan(strategy="contrastive")


def test_what_acts_on_no_step_of_a_strategy_stays_at_its_default(plan):
    settings = {"mixup": 0.2, "label_smoothing": 0.1, "learning_rate": 3e-4}
    spec = plan("text", strategy="contrastive", settings=settings).spec
    assert (spec.mixup, spec.label_smoothing, spec.learning_rate) == (0.0, 0.0, 3e-4)
    other = plan("text", strategy="head-then-fine-tune", freeze_until="layer.3", settings=settings).spec
    assert (other.mixup, other.label_smoothing) == (0.2, 0.1)


def test_contrast_needs_two_training_texts_of_some_class(workspace, tmp_path):
    table = tmp_path / "four.csv"
    table.write_text("text,label\nhello there,a\nhello you,a\ngood bye,b\nbye for now,b\n")
    dataset = inspect_dataset(workspace, table)
    assert len(dataset.rows("train")) == 2
    with pytest.raises(ConfigurationError, match="no class has two of them"):
        plan_run(workspace, RunChoices(dataset_id=dataset.id, strategy="contrastive"))
