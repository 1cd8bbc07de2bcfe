"""Tables that are endless, nested, mixed, or unpack to more than memory holds."""

from __future__ import annotations

import io
import json
import zipfile
from pathlib import Path
from random import Random

import pyarrow as pa
import pyarrow.parquet as pq
from openpyxl import Workbook

from tests.fuzz.mutation import damaged, good_rows

CELLS = (
    "",
    " ",
    "\x00",
    "a\x00b",
    "\ufeff",
    "\u202eevil\u202c",
    "\u200b\u200c\u200d",
    '=HYPERLINK("http://evil.example")',
    "+1+1",
    "-2+3",
    "@SUM(1)",
    "\t=1",
    "\r=1",
    "1e309",
    "NaN",
    "-inf",
    "9" * 5_000,
    "<img src=x onerror=alert(1)>",
    "![x](http://evil.example)",
    "'; DROP TABLE runs; --",
    "../../etc/passwd",
    "\x1b[2J",
    "\ud800",
    "e\u0301" * 500,
    "\u1e9e\u00df\u0130\u0131",
    "x" * 10_000,
    '"',
    '"""',
    "a,b\nc;d\te|f",
    "\U0001f1fa\U0001f1f8\u200d\U0001f468",
)
BREAKS = ("\n", "\r\n", "\r", "\n\n\n", "\x0b", "\u2028", "\x85")
ENCODINGS = ("utf-8", "utf-8-sig", "utf-16", "utf-16-le", "utf-32", "cp1252", "shift_jis", "utf-7", "cp037")


def cells(rng: Random, folder: Path) -> Path:
    rows = [*good_rows(), *[(rng.choice(CELLS), rng.choice(CELLS)) for _ in range(rng.randint(1, 20))]]
    return _delimited(rng, folder, rows)


def encodings(rng: Random, folder: Path) -> Path:
    text = "\n".join(f"{text} \u00e9\u00df,{label}" for text, label in [("text", "label"), *good_rows()])
    pieces = [text.encode(rng.choice(ENCODINGS), "replace") for _ in range(rng.randint(1, 3))]
    return _kept(folder, rng.choice(("t.csv", "t.txt", "t.jsonl", "t")), b"\n".join(pieces))


def delimited_damage(rng: Random, folder: Path) -> Path:
    return _kept(folder, "t.csv", damaged(rng, _csv([("text", "label"), *good_rows(12)])))


def headers(rng: Random, folder: Path) -> Path:
    names = [rng.choice(("text", "label", "split", "", "text", "a", *CELLS)) for _ in range(rng.randint(1, 12))]
    rows = [[f"{cell} {n}" for n in range(rng.choice((len(names), 1, 30)))] for cell, _ in good_rows()]
    return _kept(folder, "t.csv", _csv([names, *rows]))


def quotes(rng: Random, folder: Path) -> Path:
    pieces = ['"', '""', ",", "\n", "a", "label", "\\", "'", ";", "\t", "\r"]
    return _kept(folder, "t.csv", ("text,label\n" + "".join(rng.choices(pieces, k=400))).encode())


def splits(rng: Random, folder: Path) -> Path:
    words = ("train", "test", "VAL", "validation set", "holdout", "", "\u200b", "train test", "x" * 500)
    rows = [(*row, rng.choice(words)) for row in good_rows(20)]
    return _kept(folder, "t.csv", _csv([("text", "label", "split"), *rows]))


def wide(rng: Random, folder: Path) -> Path:
    n = rng.choice((500, 20_000))
    name = rng.choice(("a", "column", "text"))
    head = ",".join(name if rng.random() < 0.999 else f"c{n}" for n in range(n))
    return _kept(folder, "wide.csv", (head + "\n" + ",".join("x" * n) + "\nb\n").encode())


def json_damage(rng: Random, folder: Path) -> Path:
    lines = [json.dumps({"text": text, "label": label}) for text, label in good_rows(12)]
    return _kept(folder, "t.jsonl", damaged(rng, "\n".join(lines).encode()))


def json_values(rng: Random, folder: Path) -> Path:
    values = ("NaN", "Infinity", "-Infinity", "1e999", "9" * 6_000, "1" * 3, "null", "true", '"\\ud800"', '"\\u0000"',
              "[1]", "{}", '"x"', "1.0", "0.1", "-0", '"' + "y" * 9_000 + '"', "[" * 900 + "]" * 900)  # fmt: skip
    rows = [f'{{"text": {rng.choice(values)}, "label": {rng.choice(values)}}}' for _ in range(20)]
    good = [json.dumps({"text": text, "label": label}) for text, label in good_rows()]
    return _kept(folder, rng.choice(("t.jsonl", "t.json")), "\n".join([*good, *rows]).encode())


def json_shapes(rng: Random, folder: Path) -> Path:
    depth = rng.choice((10, 1_000, 100_000))
    found = rng.choice((
        "[" * depth,
        "[" * depth + "]" * depth,
        '{"a":' * depth + "1" + "}" * depth,
        '{"data": [{"text": "a", "label": "b"}], "more": [{"text": "c"}]}',
        json.dumps([{f"k{n}": 1} for n in range(2_000)]),
        "{" + ",".join('"a": 1' for _ in range(2_000)) + "}",
        "[1, 2, [3, {}]]",
        '"just text"',
        "9" * 1_000_000,
        "\ufeff[{}]",
        '{"text": "a", "label": "b"}' * 20,
    ))  # fmt: skip
    return _kept(folder, rng.choice(("t.json", "t.jsonl", "t.ndjson")), found.encode())


def parquet_damage(rng: Random, folder: Path) -> Path:
    return _kept(folder, "t.parquet", damaged(rng, _parquet(pa.table(_columns()))))


def parquet_types(rng: Random, folder: Path) -> Path:
    n = 8
    columns: dict[str, pa.Array] = {
        "text": pa.array([rng.choice(CELLS).encode("utf-8", "replace").decode() for _ in range(n)]),
        "label": rng.choice((
            pa.array([b"\xff\xfe"] * n),
            pa.array([None] * n),
            pa.array([float("nan"), float("inf"), -0.0, 1e300] * 2),
            pa.array([2**63 - 1, -(2**63)] * 4),
            pa.array([2**53] * n, pa.timestamp("ms")),
            pa.array([2**40] * n, pa.duration("s")),
            pa.array([2**30] * n, pa.date32()),
            pa.array([2**62] * n, pa.timestamp("ns", tz="Nowhere/Land")),
            pa.array(["a", "b"] * 4).dictionary_encode(),
            pa.array([[1], [2]] * 4),
        )),
    }  # fmt: skip
    table = pa.table(columns)
    notes = rng.choice((b"", b"{", b"[" * 100_000, b'{"info": {"features": {"label": {"names": 3}}}}',
                        b'{"info":{"features":{"label":{"_type":"ClassLabel","names":["a","b"]}}}}'))  # fmt: skip
    table = table.replace_schema_metadata({"huggingface": notes, "pandas": notes, "ARROW:schema": notes})
    return _kept(folder, "t.parquet", _parquet(table))


def parquet_bomb(rng: Random, folder: Path) -> Path:
    """A dictionary of a few words for a great many rows, or one word of great length."""
    n, length = rng.choice(((3_000_000, 1), (200_000, 100_000), (10, 50_000_000)))
    words = pa.array(["x" * length, "y"])
    column = pa.DictionaryArray.from_arrays(pa.array([0, 1] * (n // 2), pa.int32()), words)
    return _kept(folder, "bomb.parquet", _parquet(pa.table({"text": column, "label": column}), compression="zstd"))


def excel_damage(rng: Random, folder: Path) -> Path:
    return _kept(folder, "t.xlsx", damaged(rng, _workbook([("text", "label"), *good_rows()])))


def excel_parts(rng: Random, folder: Path) -> Path:
    """A workbook one of whose parts says something absurd."""
    names = "http://schemas.openxmlformats.org/spreadsheetml/2006/main"
    sheet = f'<worksheet xmlns="{names}"><sheetData>%s</sheetData></worksheet>'
    laughs = "<!DOCTYPE l [<!ENTITY a 'aaaaaaaaaa'>" + "".join(
        f"<!ENTITY {b} '{f'&{a};' * 10}'>" for a, b in zip("abcdefghi", "bcdefghij", strict=True)
    )
    outside = "<!DOCTYPE l [<!ENTITY a SYSTEM 'file:///etc/passwd'>]>"
    cell = '<c r="%s" t="inlineStr"><is><t>%s</t></is></c>'
    change = rng.choice((
        ("xl/worksheets/sheet1.xml", sheet % ('<row r="1">' + cell % ("XFD1", "far") + "</row>")),
        ("xl/worksheets/sheet1.xml", sheet % ('<row r="1048576">' + cell % ("XFD1048576", "far") + "</row>")),
        ("xl/worksheets/sheet1.xml", sheet % ('<row r="99999999999">' + cell % ("ZZZZ99999999", "x") + "</row>")),
        ("xl/worksheets/sheet1.xml", sheet % '<row r="-5"><c r="A0"><v>1</v></c><c r="1A" t="s"><v>-9</v></c></row>'),
        ("xl/worksheets/sheet1.xml", sheet % '<row r="1"><c r="A1" t="s"><v>99999999</v></c></row>'),
        ("xl/worksheets/sheet1.xml", sheet % '<row r="1"><c r="A1" t="d"><v>99999-99-99</v></c></row>'),
        ("xl/worksheets/sheet1.xml", sheet % f'<row r="1"><c r="A1"><v>{"9" * 6_000}</v></c></row>'),
        ("xl/sharedStrings.xml", laughs + "]><sst><si><t>&j;</t></si></sst>"),
        ("xl/sharedStrings.xml", outside + "<sst><si><t>&a;</t></si></sst>"),
        ("xl/sharedStrings.xml", "<sst>" + "<si><t>x</t></si>" * 50_000 + "</sst>"),
        ("xl/sharedStrings.xml", "<a>" * 30_000),
        ("xl/workbook.xml", laughs + "]><workbook>&j;</workbook>"),
        ("xl/workbook.xml", "<workbook/>"),
        ("xl/styles.xml", "<styleSheet><cellXfs>" + "<xf numFmtId='99999999999'/>" * 9 + "</cellXfs></styleSheet>"),
        ("xl/_rels/workbook.xml.rels", '<Relationships><Relationship Id="rId1" Target="../../../../etc/passwd"/>'),
        ("[Content_Types].xml", "<Types/>"),
        ("[Content_Types].xml", laughs + "]><Types>&j;</Types>"),
    ))  # fmt: skip
    return _kept(folder, "t.xlsx", _repacked(_workbook([("text", "label"), *good_rows()]), *change))


def excel_bomb(rng: Random, folder: Path) -> Path:
    """A part of a workbook that shrinks a thousandfold, or rows and cells at the far corner of the sheet."""
    name = rng.choice(("xl/sharedStrings.xml", "xl/worksheets/sheet1.xml", "xl/styles.xml"))
    fill = rng.choice(("<!--" + " " * 80_000_000 + "-->", "<a>" * 2_000_000, "<row/>" * 2_000_000))
    return _kept(folder, "bomb.xlsx", _repacked(_workbook([("text", "label"), *good_rows()]), name, "<x>" + fill))


def one_line(rng: Random, folder: Path) -> Path:
    """50 MB without a line break, in whatever form."""
    size = 50_000_000
    data, name = rng.choice((
        (b"x" * size, "line.csv"),
        (b'text,label\n"' + b"y" * size + b'",a\nb,a\nc,d\nd,d\n', "field.csv"),
        (b'text,label\n"' + b"y" * size, "open.csv"),
        (b"text,label\n" + b"b," + b"z" * size + b"\n", "label.csv"),
        (b'{"text": "' + b"x" * size + b'", "label": "a"}', "line.jsonl"),
        (b"," * 5_000_000, "commas.csv"),
        (b"\n" * size, "empty.csv"),
        (b"\x00" * size, "nul.csv"),
        (b"a,b\n" * 6_000_000, "short.csv"),
        (b"[" * size, "deep.json"),
        (b"[" + b"{}," * 4_000_000 + b"{}]", "objects.json"),
    ))  # fmt: skip
    return _kept(folder, name, data)


def many_keys(rng: Random, folder: Path) -> Path:
    """Every line has columns of its own, so that the table would be the square of the file."""
    n = rng.choice((3_000, 20_000))
    return _kept(folder, "keys.jsonl", "\n".join(json.dumps({f"k{k}": "a", f"l{k}": "b"}) for k in range(n)).encode())


def padded(rng: Random, folder: Path) -> Path:
    """A wide head over many short rows: cells that the file does not have."""
    head = ",".join(f"c{n}" for n in range(rng.choice((2_000, 16_000))))
    return _kept(folder, "padded.csv", (head + "\n" + "a,b\n" * rng.choice((20_000, 300_000))).encode())


def _delimited(rng: Random, folder: Path, rows: list[tuple[str, ...]]) -> Path:
    separator, line_break = rng.choice((",", "\t", ";", "|")), rng.choice(BREAKS)
    lines = [separator.join(row) for row in [("text", "label"), *rows]]
    return _kept(
        folder, rng.choice(("t.csv", "t.tsv", "t.txt", "t")), line_break.join(lines).encode("utf-8", "surrogatepass")
    )


def _csv(rows: list[list[str]] | list[tuple[str, ...]]) -> bytes:
    return "\n".join(",".join(row) for row in rows).encode("utf-8", "replace")


def _columns() -> dict[str, list[str]]:
    return {"text": [text for text, _ in good_rows(12)], "label": [label for _, label in good_rows(12)]}


def _parquet(table: pa.Table, **options: object) -> bytes:
    file = io.BytesIO()
    pq.write_table(table, file, **options)
    return file.getvalue()


def _workbook(rows: list[tuple[str, str]]) -> bytes:
    book = Workbook()
    for row in rows:
        book.active.append(row)
    file = io.BytesIO()
    book.save(file)
    return file.getvalue()


def _repacked(content: bytes, name: str, text: str) -> bytes:
    file = io.BytesIO()
    with zipfile.ZipFile(io.BytesIO(content)) as old, zipfile.ZipFile(file, "w", zipfile.ZIP_DEFLATED) as new:
        for part in old.namelist():
            new.writestr(part, text if part == name else old.read(part))
        if name not in old.namelist():
            new.writestr(name, text)
    return file.getvalue()


def _kept(folder: Path, name: str, data: bytes) -> Path:
    file = folder / name
    file.write_bytes(data)
    return file


MALICES = (
    cells,
    encodings,
    delimited_damage,
    headers,
    quotes,
    splits,
    wide,
    json_damage,
    json_values,
    json_shapes,
    parquet_damage,
    parquet_types,
    excel_damage,
    excel_parts,
)
HEAVY = (parquet_bomb, excel_bomb, one_line, many_keys, padded)
