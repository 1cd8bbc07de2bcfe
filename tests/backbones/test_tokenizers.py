import numpy as np
import pytest
from tokenizers import Tokenizer
from tokenizers.models import BPE, WordLevel
from tokenizers.pre_tokenizers import Whitespace

from core.backbones.tokenizers import token_spans, tokenize
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


def test_each_token_stands_for_its_characters_and_special_ones_for_none():
    assert token_spans("minilm-l6", "hello  worlds") == ((0, 0), (0, 5), (7, 13), (0, 0))
    text = "unbelievably \ud83d good " * 100
    assert len(token_spans("minilm-l6", text)) == len(tokenize("minilm-l6", [text]).ids)


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


@pytest.fixture
def weights_folder(tmp_path, monkeypatch):
    """Where the files of a row lie that a person put there."""
    monkeypatch.setenv("HEADSTART_WORKSPACE", str(tmp_path))

    def folder(backbone_id):
        path = tmp_path / "weights" / backbone_id
        path.mkdir(parents=True)
        return path

    return folder


def test_the_prefix_that_a_network_was_trained_with_stands_before_every_text(weights_folder):
    tokenizer = Tokenizer(WordLevel({"[UNK]": 0, "[PAD]": 1, "query": 2, ":": 3, "hello": 4}, unk_token="[UNK]"))
    tokenizer.pre_tokenizer = Whitespace()
    tokenizer.save(str(weights_folder("e5-small") / "tokenizer.json"))
    assert tokenize("e5-small", ["hello", ""]).ids.tolist() == [2, 3, 4, 2, 3]


def test_a_tokenizer_without_padding_takes_the_mark_between_texts_and_gives_it_to_an_empty_text(weights_folder):
    tokenizer = Tokenizer(BPE({"h": 0, "i": 1, "<|endoftext|>": 2}, []))
    tokenizer.save(str(weights_folder("gpt2") / "tokenizer.json"))
    table = tokenize("gpt2", ["hi", "", "i"])
    assert table.pad_id == 2
    assert table.ids.tolist() == [0, 1, 2, 1]
    assert table.offsets.tolist() == [0, 2, 3, 4]


def write_sentencepiece(file, pieces):
    from transformers.utils.sentencepiece_model_pb2_new import ModelProto

    model = ModelProto()
    for text, score in pieces:
        piece = model.pieces.add()
        piece.piece, piece.score = text, score
    model.trainer_spec.unk_id = 3
    file.write_bytes(model.SerializeToString())


DEBERTA_PIECES = [
    ("[PAD]", 0.0),
    ("[CLS]", 0.0),
    ("[SEP]", 0.0),
    ("[UNK]", 0.0),
    ("▁new", -1.0),
    ("▁card", -1.0),
    ("s", -2.0),
    ("▁", -3.0),
    ("n", -4.0),
    ("▁ca", -1.5),
    ("rd", -1.5),
]


def test_deberta_is_read_from_its_sentencepiece_file(weights_folder):
    write_sentencepiece(weights_folder("deberta-v3-small") / "spm.model", DEBERTA_PIECES)
    table = tokenize("deberta-v3-small", ["new cards", "  new   card ", "ns", "", "x"])
    texts = [table.ids[a:b].tolist() for a, b in zip(table.offsets, table.offsets[1:], strict=False)]
    assert texts == [[1, 4, 5, 6, 2], [1, 4, 5, 2], [1, 7, 8, 6, 2], [1, 2], [1, 7, 3, 2]]
    assert table.pad_id == 0


def test_both_files_of_deberta_will_do_and_the_tokenizer_of_its_own_comes_first(weights_folder):
    folder = weights_folder("deberta-v3-small")
    write_sentencepiece(folder / "spm.model", DEBERTA_PIECES)
    Tokenizer(WordLevel({"[UNK]": 0, "[PAD]": 5}, unk_token="[UNK]")).save(str(folder / "tokenizer.json"))
    assert tokenize("deberta-v3-small", ["anything"]).pad_id == 5


@pytest.mark.parametrize("content", [b"", b"<html>", b"\x0a\xff\xff"])
def test_a_sentencepiece_file_that_is_none_is_refused_with_its_name(weights_folder, content):
    (weights_folder("deberta-v3-small") / "spm.model").write_bytes(content)
    with pytest.raises(MissingWeightsError, match=r"spm\.model is no tokenizer"):
        tokenize("deberta-v3-small", ["hello"])
