import pytest

from core.datasets.encoding import decode_text

WESTERN = "text,label\nDéjà vu – “naïve” café costs 5 €,good\nplain words and more plain words,bad\n"
RUSSIAN = "текст,метка\nДоставка была очень быстрой и удобной,хорошо\nТовар пришёл сломанным и грязным,плохо\n" * 5


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "utf-16", "utf-16-le", "utf-16-be", "utf-32", "cp1252"])
def test_western_text_survives_the_usual_encodings(encoding):
    assert decode_text(WESTERN.encode(encoding)) == WESTERN


def test_latin_1_text_survives():
    assert decode_text("prêt,à".encode("latin-1")) == "prêt,à"


@pytest.mark.parametrize("encoding", ["utf-8", "utf-16", "cp1251"])
def test_russian_text_survives(encoding):
    assert decode_text(RUSSIAN.encode(encoding)) == RUSSIAN


def test_bytes_of_no_encoding_still_become_some_text():
    assert decode_text(bytes(range(128, 256))) != ""
    assert decode_text(b"") == ""
