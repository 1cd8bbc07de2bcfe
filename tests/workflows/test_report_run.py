"""Runs that were really trained, written down for others."""

import platform

import pytest

from core.errors import ConfigurationError, UnknownChoiceError
from core.workflows.report_run import (
    RunPurpose,
    export_card,
    export_page,
    gather_facts,
    load_purpose,
    save_purpose,
    write_report,
)
from core.workflows.show_run import read_predictions


@pytest.mark.parametrize("modality", ["image", "text"])
def test_facts_of_a_finished_run_agree_with_run_and_dataset(workspace, finished, images, texts, modality):
    dataset, run = (images if modality == "image" else texts), finished[modality]
    facts = gather_facts(workspace, run.id)
    assert facts.report == run.report
    assert [row.class_name for row in facts.data.classes] == list(dataset.class_names)
    assert {split: facts.data.n_samples(split) for split in ("train", "val", "test")} == dataset.split_sizes()
    assert not any(stage.trains for stage in facts.model.stages)
    assert facts.model.n_trained == run.parameters.trainable
    assert dict(facts.settings)["Seed"] == str(run.spec.seed)
    assert ("Image size" in dict(facts.settings)) == (modality == "image")
    assert dict(facts.versions)["Python"] == platform.python_version()


@pytest.mark.parametrize("modality", ["image", "text"])
def test_examples_are_right_and_wrong_samples_of_the_headline_split(workspace, finished, modality):
    run = finished[modality]
    facts = gather_facts(workspace, run.id, n_examples=3)
    table = read_predictions(workspace, run.id)
    rows = table.rows(facts.headline.split)
    n_wrong = int((table.predictions[rows] != table.labels[rows]).sum())
    assert len(facts.right) == min(3, len(rows) - n_wrong)
    assert len(facts.wrong) == min(3, n_wrong)
    assert all(one.true_class == one.predicted_class for one in facts.right)
    assert all(one.true_class != one.predicted_class for one in facts.wrong)
    assert {one.source for one in facts.right} <= {table.sources[row] for row in rows}
    assert all((one.jpeg or b"").startswith(b"\xff\xd8") == (modality == "image") for one in facts.right)
    assert all(bool(one.text) == (modality == "text") for one in facts.right)


def test_page_and_card_are_made_and_samples_can_be_left_out(workspace, finished):
    run_id = finished["image"].id
    assert b"data:image/jpeg;base64," in export_page(workspace, run_id)
    assert b"data:image/jpeg" not in export_page(workspace, run_id, with_examples=False)
    assert export_card(workspace, run_id).startswith(b"---\n")


def test_what_no_file_takes_is_not_kept_of_what_a_person_says(workspace, finished):
    run_id = finished["text"].id
    kept = save_purpose(workspace, run_id, RunPurpose(question="Who\udcff is\x1b angry?\nAnd who not?"))
    assert kept.question == "Who\ufffd is\ufffd angry?\nAnd who not?"
    assert load_purpose(workspace, run_id) == kept
    save_purpose(workspace, run_id, RunPurpose())


def test_what_a_person_says_is_kept_with_the_run_and_told(workspace, finished):
    run_id = finished["text"].id
    assert load_purpose(workspace, run_id) == RunPurpose()
    said = RunPurpose(question="Who is angry?", intended_use="Sorting mail")
    save_purpose(workspace, run_id, said)
    assert load_purpose(workspace, run_id) == said
    for content in (export_page(workspace, run_id), export_card(workspace, run_id)):
        assert b"Who is angry?" in content
        assert b"Sorting mail" in content
    save_purpose(workspace, run_id, RunPurpose())


def test_what_is_too_long_to_be_a_sentence_is_refused():
    with pytest.raises(ConfigurationError, match="found 1,001"):
        RunPurpose(question="x" * 1001)


@pytest.mark.parametrize("name", ["out.html", "out.md", "OUT.HTML"])
def test_the_ending_of_the_file_says_what_is_written(workspace, finished, tmp_path, name):
    size = write_report(workspace, finished["image"].id, tmp_path / name)
    content = (tmp_path / name).read_bytes()
    assert len(content) == size
    assert content.startswith(b"---\n" if name.endswith("md") else b"<!DOCTYPE html>")
    assert [path.name for path in tmp_path.iterdir()] == [name]


@pytest.mark.parametrize(("name", "words"), [("out.pdf", ".html file"), ("no/out.html", "must exist")])
def test_a_file_that_cannot_be_written_is_refused_with_words(workspace, finished, tmp_path, name, words):
    with pytest.raises(ConfigurationError, match=words):
        write_report(workspace, finished["image"].id, tmp_path / name)
    assert list(tmp_path.iterdir()) == []


def test_a_run_without_a_report_is_refused(workspace, images, start):
    run_id = start(images, "feature-extraction")
    with pytest.raises(ConfigurationError, match="no report yet"):
        export_page(workspace, run_id)
    with pytest.raises(UnknownChoiceError):
        export_card(workspace, "20200101-000000-0000")
