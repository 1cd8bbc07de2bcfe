"""The one page: whole, honest, and dead to whatever people called their classes."""

from dataclasses import replace
from html.parser import HTMLParser

import pytest

from core.exporting.records import RunPurpose
from core.exporting.run_page import render_run_page
from tests.exporting.facts import HOSTILE, example, run_facts, without_extras

MB = 1e6


class Page(HTMLParser):
    """Tags with their attributes, and all words."""

    def __init__(self, content):
        super().__init__()
        self.tags, self.words = [], []
        self.feed(content.decode())

    def handle_starttag(self, tag, attrs):
        self.tags.append((tag, dict(attrs)))

    def handle_data(self, data):
        self.words.append(data)

    @property
    def text(self):
        return " ".join(" ".join(self.words).split())


def page_of(facts):
    return Page(render_run_page(facts))


def test_nothing_in_the_page_runs_or_is_fetched():
    page = page_of(run_facts())
    assert {tag for tag, _ in page.tags} & {"script", "link", "iframe", "object", "embed", "form", "base"} == set()
    for _, attributes in page.tags:
        assert not [name for name in attributes if name.startswith("on") or name in ("href", "xlink:href", "action")]
        assert attributes.get("src", "data:image/jpeg;base64,").startswith("data:image/jpeg;base64,")
    assert b"url(" not in render_run_page(run_facts())
    assert b"@import" not in render_run_page(run_facts())


def test_the_page_forbids_itself_all_but_its_own_styles_and_pictures():
    policies = [
        attributes["content"] for tag, attributes in page_of(run_facts()).tags if attributes.get("http-equiv") and tag
    ]
    assert policies == ["default-src 'none'; style-src 'unsafe-inline'; img-src data:"]


@pytest.mark.parametrize("modality", ["image", "text"])
def test_hostile_names_and_texts_are_words_and_nothing_else(modality):
    facts = run_facts(modality=modality, purpose=RunPurpose(question=HOSTILE[0], intended_use="<img src=x>"))
    page = page_of(facts)
    for words in (*HOSTILE, "beasts & <birds>", "<img src=x>", "Two copies of <b>."):
        assert words in page.text
    plain = page_of(run_facts(("ants", "bees", "wasps"), modality=modality))
    assert [tag for tag, _ in page.tags] == [tag for tag, _ in plain.tags]
    assert {name for _, found in page.tags for name in found} == {name for _, found in plain.tags for name in found}


def test_headline_numbers_stand_with_interval_split_and_baselines():
    facts = run_facts()
    part, text = facts.headline, page_of(facts).text
    assert f"{100 * part.accuracy.value:.1f} %" in text
    assert f"95 % interval {100 * part.accuracy.low:.1f}–{100 * part.accuracy.high:.1f} %" in text
    assert "60 test images" in text
    assert "the fitted head, before stages trained" in text
    assert "Not computed: nearest neighbours among the frozen features (it would take more than a second)" in text
    assert f'always answering "{HOSTILE[0]}"' in text


def test_small_classes_are_said_to_tell_too_little():
    assert page_of(run_facts(n_per_class=6)).text.count("too few to tell") >= 3
    assert "too few to tell 0" not in page_of(run_facts()).text


def test_the_freeze_proof_settings_seed_and_versions_are_there():
    text = page_of(run_facts()).text
    assert "Frozen tensors changed: 0 of 12." in text
    for words in ("Seed 7", "torch 2.13.0", "0123456789abcdef", "in all 12.2 s, loading 0.5 s", "few samples"):
        assert words in text


def test_a_frozen_tensor_that_changed_is_a_fault_and_called_so():
    facts = run_facts()
    assert "do not rely on this run" in page_of(replace(facts, proof=replace(facts.proof, n_changed=1))).text


@pytest.mark.parametrize("title", ["Model details", "Intended use", "Factors", "Metrics", "Evaluation data",
                                   "Training data", "Quantitative analyses", "Ethical considerations",
                                   "Caveats and recommendations"])  # fmt: skip
def test_the_model_card_has_the_nine_sections_of_its_form(title):
    assert title in page_of(run_facts()).words


def test_a_page_with_many_classes_and_pictures_stays_far_below_five_megabytes():
    names = tuple(f"class_{number}" for number in range(77))
    shown = tuple(example(names[0], names[number % 3]) for number in range(10))
    facts = run_facts(names, n_per_class=40, right=shown, wrong=shown)
    content = render_run_page(facts)
    assert len(content) < 2 * MB
    assert Page(content).text.count("class_76") >= 4  # counts, both sides of the matrix, table


def test_without_examples_there_is_no_picture():
    assert "img" in {tag for tag, _ in page_of(run_facts()).tags}
    page = page_of(run_facts(right=(), wrong=()))
    assert "img" not in {tag for tag, _ in page.tags}
    assert "Examples" not in page.words


def test_texts_stand_where_pictures_would():
    page = page_of(run_facts(("good", "bad"), modality="text"))
    assert "a text about good" in page.text
    assert "img" not in {tag for tag, _ in page.tags}


def test_a_report_of_before_calibration_baselines_and_intervals_is_a_page_all_the_same():
    page = page_of(without_extras(run_facts()))
    assert "Calibration" not in page.words
    assert "This run has no freeze proof." in page.text


def test_half_a_surrogate_pair_becomes_a_question_mark():
    content = render_run_page(run_facts(purpose=RunPurpose(question="lone \ud83d here")))
    assert b"lone ? here" in content
