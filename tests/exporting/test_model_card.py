"""The model card: a head that machines read, and names that stay names."""

import re

import pytest
from huggingface_hub import ModelCard

from core.exporting.model_card import render_model_card
from core.exporting.records import RunPurpose
from tests.exporting.facts import HOSTILE, run_facts, without_extras


def card_of(facts):
    return ModelCard(render_model_card(facts).decode())


def test_the_head_reads_back_with_every_number_of_the_report():
    facts = run_facts()
    data = card_of(facts).data
    assert data.pipeline_tag == "image-classification"
    assert data.model_name == "beasts & <birds>"
    found = {(one.dataset_split, one.metric_type): one.metric_value for one in data.eval_results}
    assert found == {
        ("test", "accuracy"): pytest.approx(facts.headline.accuracy.value, abs=1e-6),
        ("test", "f1"): pytest.approx(facts.headline.macro_f1.value, abs=1e-6),
    }
    assert {one.dataset_revision for one in data.eval_results} == {"0123456789abcdef"}


def test_a_name_that_is_yaml_stays_a_name():
    facts = run_facts()
    evil = "x'\n---\nlicense: mit\n- [a]: {b"
    data = card_of(run_facts(data=type(facts.data)(**{**fields(facts.data), "name": evil}))).data
    assert data.model_name == evil
    assert data.license is None


def test_nothing_anybody_wrote_is_markup():
    text = card_of(run_facts(purpose=RunPurpose(question="# head | <b> www.evil.example"))).text
    for raw in (*HOSTILE, "<script>", "![x](", "**b**", "<b>", "www.evil", "http://"):
        assert raw not in text
    for row in re.findall(r"^\|.*\|$", text, re.MULTILINE):
        assert len(re.findall(r"(?<!\\)\|", row)) in (3, 4, 6)  # the columns of its table and no others


def test_simpler_ways_classes_limits_and_provenance_are_told():
    text = card_of(run_facts()).text
    for words in ("the fitted head, before stages trained", "## Caveats and recommendations", "Seed", "2.13.0"):
        assert words in text


def test_a_report_of_before_calibration_baselines_and_intervals_is_a_card_all_the_same():
    assert "## Classes" in card_of(without_extras(run_facts())).text


def test_a_network_of_the_hub_is_named_as_the_base():
    facts = run_facts()
    model = type(facts.model)(**{**fields(facts.model), "published_as": "owner/name"})
    assert card_of(run_facts(model=model)).data.base_model == "owner/name"
    assert card_of(facts).data.base_model is None


def fields(record):
    return {name: getattr(record, name) for name in record.__dataclass_fields__}
