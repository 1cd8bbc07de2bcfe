"""The engine in a line."""

import pytest

from core.workflows.engine_words import engine_in_words

CPU = {"device": "cpu", "frozen": "bfloat16", "trained": "float32", "backend": "openvino"}


@pytest.mark.parametrize(
    ("engine", "words"),
    [
        ({}, ""),
        (CPU, "OpenVINO bf16 on cpu; trained stages float32"),
        (
            {**CPU, "samples_per_s": {"torch": 101.2, "openvino": 1480.4}},
            "OpenVINO bf16 on cpu, 1,480 images/s (torch 101); trained stages float32",
        ),
        (
            {**CPU, "backend": "torch", "samples_per_s": {"torch": 101.2}},
            "torch bf16 on cpu, 101 images/s; trained stages float32",
        ),
        (
            {"device": "cuda", "frozen": "float32", "trained": "float32"},
            "torch float32 on cuda; trained stages float32",
        ),
    ],
)
def test_an_engine_says_what_it_computes_in_and_how_fast_it_was_here(engine, words):
    assert engine_in_words(engine, "image") == words


def test_texts_are_counted_as_texts():
    assert "texts/s" in engine_in_words({**CPU, "samples_per_s": {"openvino": 1900.0}}, "text")
