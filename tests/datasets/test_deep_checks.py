from dataclasses import replace as replaced

import numpy as np
import pytest

from core.datasets.deep_checks import Evidence, find_deeply, script_of
from core.datasets.looks import Look
from tests.datasets.test_checks import dataset

LABELS = [0, 1] * 20


def look(seed=0, *, brightness=0.5, contrast=0.2, sharpness=0.6):
    small = np.random.default_rng(seed).integers(0, 256, 768, dtype=np.uint8)
    return Look(fingerprint=seed, small=small, brightness=brightness, contrast=contrast, sharpness=sharpness)


def images(*looks, sizes=None, splits=None, copies=None):
    looks = [*looks, *(look(seed) for seed in range(40 - len(looks)))]
    return Evidence(
        dataset=dataset(LABELS, splits=splits),
        copies=np.arange(40) if copies is None else np.array(copies),
        looks=looks,
        sizes=sizes or [(640, 480)] * 40,
    )


def texts(*texts, names=("cats", "dogs"), labels=LABELS, **more):
    return Evidence(dataset=dataset(labels, texts=texts, names=names), copies=np.arange(len(labels)), **more)


def found(evidence):
    return {finding.code: finding for finding in find_deeply(evidence)}


def test_sound_images_have_no_findings():
    assert found(images()) == {}


def test_near_copies_in_two_splits_are_an_error_that_shows_them():
    finding = found(images(splits=["train", "val"] * 20, copies=[0, 0, *range(2, 40)]))["near_split_leak"]
    assert (finding.severity, finding.n, finding.rows) == ("error", 1, (0, 1))
    assert "near_split_leak" not in found(images(splits=["train", "val"] * 20, copies=[0, 1, 0, *range(3, 40)]))


def test_near_copies_under_two_labels_are_told():
    assert found(images(copies=[0, 0, *range(2, 40)]))["near_label_conflict"].rows == (0, 1)
    assert "near_label_conflict" not in found(images(copies=[0, 1, 0, *range(3, 40)]))


def test_exact_copies_alone_are_no_near_copies():
    evidence = Evidence(
        dataset=dataset(LABELS, ids=["a", "a", *map(str, range(38))]), copies=np.array([0, 0, *range(2, 40)])
    )
    assert found(evidence) == {}


@pytest.mark.parametrize(
    ("code", "odd"),
    [
        ("plain_images", look(brightness=0.03)),
        ("plain_images", look(brightness=0.99)),
        ("plain_images", look(contrast=0.005)),
        ("blurred_images", look(sharpness=0.05)),
    ],
)
def test_an_odd_image_is_found(code, odd):
    findings = found(images(odd))
    assert set(findings) == {code}
    assert findings[code].rows == (0,)


@pytest.mark.parametrize(("code", "size"), [("long_images", (900, 200)), ("small_images", (60, 40))])
def test_an_odd_size_is_found(code, size):
    findings = found(images(sizes=[size, *[(640, 480)] * 39]))
    assert {name: finding.rows for name, finding in findings.items()} == {code: (0,)}


def numbered(*, alike, kept_together=""):
    """Eighty files numbered in sequence, ten in a row of one scene or each of its own."""
    data = dataset([0, 1] * 40)
    sources = tuple(f"{number % 2}/IMG_{number:03}.jpg" for number in range(80))
    scenes = [look(number // 10 if alike else number) for number in range(80)]
    changed = {"sources": sources, "split_origin": "drawn", "kept_together": kept_together}
    return Evidence(dataset=replaced(data, **changed), copies=np.arange(80), looks=scenes, sizes=[(64, 64)] * 80)


def test_neighbours_that_look_alike_are_told_until_they_are_kept_together():
    assert found(numbered(alike=True))["neighbours_alike"].severity == "warning"
    assert "neighbours_alike" not in found(numbered(alike=False))
    assert "neighbours_alike" not in found(numbered(alike=True, kept_together="blocks"))


def test_texts_in_another_script_are_found():
    finding = found(texts(*["a plain sentence"] * 39, "простое предложение"))["several_scripts"]
    assert (finding.n, finding.rows) == (1, (39,))
    assert "Latin 39, Cyrillic 1" in finding.message


def test_the_script_of_a_text_is_that_of_most_letters():
    assert [script_of(text) for text in ("naïve é", "你好 ok", "Привет", "42!", "")] == [
        "Latin",
        "CJK",
        "Cyrillic",
        "",
        "",
    ]


def test_a_class_named_in_its_texts_alone_gives_the_answer_away():
    told = texts(*[f"my cats are number {n}" if n % 2 == 0 else f"a thing of number {n}" for n in range(40)])
    assert found(told)["answer_in_text"].n == 20
    both = texts(*[f"my cats are number {n}" for n in range(40)])
    assert "answer_in_text" not in found(both)


def test_cut_texts_are_counted():
    findings = found(texts(*[f"text {n}" for n in range(40)], cut=[3], reads="the 256 tokens that a network reads"))
    assert (findings["cut_texts"].severity, findings["cut_texts"].rows) == ("info", (3,))
    assert "256 tokens" in findings["cut_texts"].message


@pytest.mark.parametrize(
    ("names", "is_told"),
    [
        (("refund_not_received", "refund_not_recieved"), True),
        (("class 1 of the set", "class 2 of the set"), False),
        (("symmetric", "asymmetric"), False),
        (("card_arrival", "card_delivery"), False),
    ],
)
def test_names_that_differ_in_a_letter_are_asked_about(names, is_told):
    findings = found(texts(*[f"text {n}" for n in range(40)], names=names))
    assert ("misspelt_class_names" in findings) == is_told
