"""DeBERTa's tokenizer from the `spm.model` that its publisher gives in place of a `tokenizer.json`."""

from __future__ import annotations

from pathlib import Path

from tokenizers import Regex, Tokenizer, models, normalizers, pre_tokenizers, processors

_SPACE = "▁"


def read_sentencepiece(file: Path) -> Tokenizer:
    """A tokenizer that splits as DeBERTa v2 and v3 do: one class token, the pieces, one separator.

    Only the fields of the file are read; nothing else in it is looked at. Follows the conversion of transformers.

    Raises:
        Exception: of several kinds, where the file is no unigram model with these two tokens.
    """
    # what protobuf generated from SentencePiece's own definition; transformers brings it along
    from transformers.utils.sentencepiece_model_pb2_new import ModelProto

    model = ModelProto()
    model.ParseFromString(file.read_bytes())
    pieces = [(piece.piece, piece.score) for piece in model.pieces]
    tokenizer = Tokenizer(models.Unigram(pieces, unk_id=model.trainer_spec.unk_id, byte_fallback=False))
    tokenizer.normalizer = _build_normalizer(model.normalizer_spec.precompiled_charsmap)
    tokenizer.pre_tokenizer = pre_tokenizers.Metaspace(replacement=_SPACE, prepend_scheme="always")
    ids = {piece: index for index, (piece, _) in enumerate(pieces)}
    tokenizer.post_processor = processors.TemplateProcessing(
        single="[CLS] $A [SEP]", special_tokens=[(name, ids[name]) for name in ("[CLS]", "[SEP]")]
    )
    return tokenizer


def _build_normalizer(characters: bytes) -> normalizers.Normalizer:
    """The file's own replacements of characters, between the removal of outer and of doubled spaces."""
    replacements = [normalizers.Precompiled(characters)] if characters else []
    return normalizers.Sequence([normalizers.Strip(), *replacements, normalizers.Replace(Regex(" {2,}"), " ")])
