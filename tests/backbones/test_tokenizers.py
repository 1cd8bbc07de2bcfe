import numpy as np
import pytest

from core.backbones.tokenizers import tokenize
from core.errors import ConfigurationError, MissingWeightsError

CLS, SEP = 101, 102


def test_texts_lie_end_to_end_between_their_offsets():
    table = tokenize("minilm-l6", ["hello world", "", "hello"])
    assert table.ids.dtype == np.int32
    assert table.offsets.dtype == np.int64
    assert table.offsets.tolist() == [0, 4, 6, 9]
    assert table.ids.tolist() == [CLS, 7592, 2088, SEP, CLS, SEP, CLS, 7592, SEP]
    assert table.pad_id == 0


def test_long_texts_are_cut_and_keep_their_closing_token():
    table = tokenize("minilm-l6", ["word " * 500])
    assert len(table.ids) == 128
    assert table.ids[-1] == SEP


def test_half_a_surrogate_pair_reads_as_a_question_mark():
    assert tokenize("minilm-l6", ["hello \ud83d"]).ids.tolist() == tokenize("minilm-l6", ["hello ?"]).ids.tolist()


def test_no_texts_make_an_empty_table():
    table = tokenize("minilm-l6", [])
    assert table.offsets.tolist() == [0]
    assert len(table.ids) == 0


def test_image_backbones_have_no_tokenizer():
    with pytest.raises(ConfigurationError, match="reads images"):
        tokenize("resnet18", ["hello"])


def test_a_tokenizer_file_that_is_none_is_refused_with_its_name(tmp_path, monkeypatch):
    monkeypatch.setenv("HEADSTART_WORKSPACE", str(tmp_path))
    folder = tmp_path / "weights" / "distilbert"
    folder.mkdir(parents=True)
    (folder / "tokenizer.json").write_text("{}")
    with pytest.raises(MissingWeightsError, match=r"tokenizer\.json is no tokenizer"):
        tokenize("distilbert", ["hello"])
