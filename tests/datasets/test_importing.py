import io
import json
import zipfile
from contextlib import suppress

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st
from openpyxl import Workbook
from PIL import Image

from core.datasets import UploadedFile, import_dataset, inspect_columns
from core.datasets.grouping import GroupRule, group_samples
from core.datasets.store import DatasetStore
from core.errors import DatasetError, UnknownChoiceError
from tests.datasets.pictures import encoded, picture, two_classes, write_folder, write_zip

ROWS = [(f"the message with number {n}", ("bills", "cards")[n % 2]) for n in range(30)]
CSV = "text,label\n" + "".join(f"{text},{label}\n" for text, label in ROWS)


def reasons(dataset):
    return {item.file: item.reason for item in dataset.skipped}


def parquet(rows):
    file = io.BytesIO()
    pq.write_table(pa.table({"text": [row[0] for row in rows], "label": [row[1] for row in rows]}), file)
    return file.getvalue()


def excel(rows):
    book, file = Workbook(), io.BytesIO()
    for row in [("text", "label"), *rows]:
        book.active.append(row)
    book.save(file)
    return file.getvalue()


def test_a_folder_a_zip_and_an_upload_of_the_same_images_are_one_dataset(tmp_path, store):
    members = two_classes(12, prefix="pets/")
    folder = write_folder(tmp_path / "folder", members)
    uploads = [UploadedFile(name=name, path=folder / name) for name in reversed(members)]
    datasets = [
        import_dataset(source, store=store) for source in (folder, write_zip(tmp_path / "data.zip", members), uploads)
    ]
    assert len({dataset.id for dataset in datasets}) == 1
    assert [dataset.name for dataset in datasets] == ["folder", "data", "pets"]
    assert datasets[0].class_names == ("cats", "dogs")
    assert datasets[0].split_sizes() == {"train": 16, "val": 4, "test": 4}
    assert datasets[0].sources[0] == "pets/cats/0.png"


def test_name_and_time_are_not_in_the_id_but_the_seed_is(tmp_path, store):
    source = write_folder(tmp_path / "pets", two_classes(20))
    first, named, reseeded = (
        import_dataset(source, store=store, name=name, seed=seed) for name, seed in ((None, 0), ("x", 0), (None, 1))
    )
    assert first.id == named.id != reseeded.id


def test_the_split_of_the_folders_is_kept(tmp_path, store):
    members = {**two_classes(5, "Train/"), **two_classes(3, "VAL/", start=50), **two_classes(2, "test/", start=70)}
    dataset = import_dataset(write_zip(tmp_path / "data.zip", members), store=store)
    assert dataset.split_sizes() == {"train": 10, "val": 6, "test": 4}
    assert dataset.split_origin == "given"


def test_what_cannot_be_used_is_listed_and_the_rest_is_used(tmp_path, store):
    members = two_classes(3) | {
        "cats/empty.jpg": b"",
        "cats/page.jpg": b"<html>not found</html>",
        "dogs/cut.jpg": picture(7, kind="JPEG", size=(99, 99))[:500],
        "dogs/UPPER.PNG": picture(8),
        "dogs/cmyk.jpg": encoded(Image.new("CMYK", (9, 9)), "JPEG"),
        "dogs/none": picture(9),
        "readme.md": b"hello",
        "loose.png": picture(10),
        "Thumbs.db": b"x",
    }
    dataset = import_dataset(write_folder(tmp_path / "pets", members), store=store)
    assert dataset.class_counts() == {"cats": 3, "dogs": 6}
    assert set(reasons(dataset)) == {"cats/empty.jpg", "cats/page.jpg", "dogs/cut.jpg", "readme.md", "loose.png"}
    assert "web page" in reasons(dataset)["cats/page.jpg"]


def test_class_folders_of_texts_are_read(tmp_path, store):
    members = {f"reviews/{name}/{n}.txt": f"{name} é {n}".encode("cp1252") for name in ("pos", "neg") for n in range(4)}
    dataset = import_dataset(write_zip(tmp_path / "d.zip", members | {"reviews/pos/blank.txt": b" \n"}), store=store)
    assert (dataset.modality, dataset.class_names) == ("text", ("neg", "pos"))
    assert dataset.texts[0] == "neg é 0"
    assert [finding.code for finding in dataset.findings if finding.severity == "info"] == ["empty_texts"]


@pytest.mark.parametrize(
    ("name", "data"),
    [
        ("t.csv", CSV.encode()),
        ("t.csv", CSV.encode("utf-16")),
        ("t.tsv", CSV.replace(",", "\t").encode()),
        ("t.txt", CSV.replace(",", ";").encode("utf-8-sig")),
        ("t", CSV.replace(",", "|").encode()),
        ("t.jsonl", "\n".join(json.dumps({"text": text, "label": label}) for text, label in ROWS).encode()),
        ("t.json", json.dumps([{"text": text, "label": label} for text, label in ROWS]).encode()),
        ("t.parquet", parquet(ROWS)),
        ("t.xlsx", excel(ROWS)),
        ("headerless.csv", CSV.split("\n", 1)[1].encode()),
    ],
)
def test_every_kind_of_table_gives_the_same_dataset(tmp_path, store, name, data):
    (tmp_path / "reference.csv").write_text(CSV)
    (tmp_path / name).write_bytes(data)
    dataset = import_dataset(tmp_path / name, store=store)
    assert dataset.id == import_dataset(tmp_path / "reference.csv", store=store).id
    assert dataset.texts[0] == ROWS[0][0]
    assert len(dataset.columns) == 2


def test_numbers_are_labels_and_rows_without_text_or_label_are_listed(tmp_path, store):
    source = tmp_path / "t.csv"
    source.write_text("text,stars\nfine,1\nbad,2.0\nworse,2\nbest,1.0\n,1\nno label,\n")
    dataset = import_dataset(source, store=store)
    assert dataset.class_counts() == {"1": 2, "2": 2}
    assert reasons(dataset) == {"t.csv row 6": "it has no text", "t.csv row 7": "it has no label"}


def test_numbered_classes_are_ordered_by_value(tmp_path, store):
    source = tmp_path / "t.csv"
    source.write_text("text,label\n" + "".join(f"text {n},{n % 11}\n" for n in range(44)))
    assert import_dataset(source, store=store).class_names == tuple(map(str, range(11)))


def test_a_split_column_is_kept(tmp_path, store):
    source = tmp_path / "t.csv"
    parts = ["train"] * 20 + ["dev"] * 5 + ["Test"] * 4 + ["unused"]
    lines = [f"{text},{label},{part}" for (text, label), part in zip(ROWS, parts, strict=True)]
    source.write_text("\n".join(["text,label,split", *lines]))
    dataset = import_dataset(source, store=store)
    assert dataset.split_sizes() == {"train": 20, "val": 5, "test": 4}
    assert "unused" in reasons(dataset)["t.csv row 31"]


def test_tables_named_train_and_test_in_one_zip_are_the_split(tmp_path, store):
    tables = {"d/train.csv": CSV.encode(), "d/test.csv": CSV.replace("the", "a").encode(), "d/README.txt": b"about"}
    source = write_zip(tmp_path / "d.zip", tables | {"d/sample_submission.csv": b"text,label\nx,bills\n"})
    dataset = import_dataset(source, store=store)
    assert dataset.split_sizes() == {"train": 26, "val": 4, "test": 30}
    assert dataset.split_origin == "mixed"
    assert set(reasons(dataset)) == {"d/README.txt", "d/sample_submission.csv"}


def test_a_separate_test_set_is_kept_untouched(tmp_path, store):
    (tmp_path / "a.csv").write_text(CSV)
    (tmp_path / "b.csv").write_text(CSV.replace("the", "a") + "unknown class,other\n")
    dataset = import_dataset(tmp_path / "a.csv", store=store, test=tmp_path / "b.csv")
    assert dataset.split_sizes() == {"train": 26, "val": 4, "test": 30}
    assert "b.csv row 32" in reasons(dataset)
    assert "class_not_in_train" in [finding.code for finding in dataset.findings]


def test_a_separate_test_folder_may_hold_any_layout(tmp_path, store):
    source = write_folder(tmp_path / "a", two_classes(10, "train/"))
    test = write_folder(tmp_path / "b", two_classes(3, "test/", start=500))
    dataset = import_dataset(source, store=store, test=test)
    assert dataset.split_sizes()["test"] == 6


def test_test_sets_that_do_not_fit_are_refused(tmp_path, store):
    (tmp_path / "a.csv").write_text(CSV)
    (tmp_path / "b.csv").write_text(CSV.replace("label", "labels"))
    (tmp_path / "c.csv").write_text(CSV.replace("bills", "x").replace("cards", "y"))
    with pytest.raises(DatasetError, match='Did you mean "labels"'):
        import_dataset(tmp_path / "a.csv", store=store, test=tmp_path / "b.csv")
    with pytest.raises(DatasetError, match="Write the labels alike"):
        import_dataset(tmp_path / "a.csv", store=store, test=tmp_path / "c.csv")
    pictures = write_folder(tmp_path / "p", two_classes())
    with pytest.raises(DatasetError, match="must hold text samples"):
        import_dataset(tmp_path / "a.csv", store=store, test=pictures)
    split = write_folder(tmp_path / "q", {**two_classes(3, "train/"), **two_classes(3, "test/", start=30)})
    with pytest.raises(DatasetError, match="one test set"):
        import_dataset(split, store=store, test=pictures)


def test_too_little_is_refused_with_the_rule_what_was_found_and_what_to_do(tmp_path, store):
    members = two_classes(3)
    one_class = write_folder(
        tmp_path / "one", {"pets/" + name: data for name, data in members.items() if "cats" in name}
    )
    small = write_folder(
        tmp_path / "small", members | {"fish/1.png": picture(1), "fish/2.png": b"", "ants/1.png": picture(2)}
    )
    with pytest.raises(DatasetError, match=r"at least two classes.*Found 1 class: cats \(3\)\."):
        import_dataset(one_class, store=store)
    with pytest.raises(DatasetError, match=r"Too small: ants, fish\. Skipped: 1 .*empty.*Add samples"):
        import_dataset(small, store=store)
    assert store.list_cards() == ()


def test_copies_alone_make_no_class(tmp_path, store):
    source = write_folder(tmp_path / "d", {**two_classes(3), "fish/1.png": picture(1), "fish/2.png": picture(1)})
    with pytest.raises(DatasetError, match=r"Too small: fish"):
        import_dataset(source, store=store)


@pytest.mark.parametrize(
    ("name", "data", "message"),
    [
        ("t.csv", b"", "empty"),
        ("t.csv", b"text\nonly one column\n", "1 columns and 1 rows"),
        ("t.zip", b"nothing", "damaged"),
        ("t.parquet", b"PAR1", "damaged"),
        ("t.xls", b"\xd0\xcf\x11\xe0 old", "old or protected"),
        ("t.png", picture(1), "at least two classes"),
        ("t.pdf", b"%PDF", "A table needs a column"),
    ],
)
def test_a_file_that_is_no_dataset_is_refused_kindly(tmp_path, store, name, data, message):
    (tmp_path / name).write_bytes(data)
    with pytest.raises(DatasetError, match=message):
        import_dataset(tmp_path / name, store=store)


def test_columns_can_be_chosen_and_are_inspected_before(tmp_path, store):
    source = tmp_path / "t.csv"
    source.write_text("text,other,label\n" + "".join(f"{text},{text} too,{label}\n" for text, label in ROWS))
    choice = inspect_columns(source)
    assert (choice.columns, choice.text_column, choice.label_column) == (("text", "other", "label"), "text", "label")
    dataset = import_dataset(source, store=store, text_column="other")
    assert (dataset.columns, dataset.texts[0]) == (("other", "label"), ROWS[0][0] + " too")
    with pytest.raises(UnknownChoiceError, match='Did you mean "label"'):
        import_dataset(source, store=store, label_column="lable")
    pictures = write_folder(tmp_path / "pets", two_classes())
    assert inspect_columns(pictures) is None
    with pytest.raises(DatasetError, match="Columns belong to tables"):
        import_dataset(pictures, store=store, text_column="text")


def test_progress_rises_to_the_end(tmp_path, store):
    seen = []
    source = write_folder(tmp_path / "pets", two_classes(12))
    import_dataset(source, store=store, on_progress=lambda done, total: seen.append((done, total)))
    assert seen == sorted(seen)
    assert seen[-1] == (24, 24)


@given(names=st.lists(st.text(st.characters(exclude_categories=["Cs"]), min_size=1, max_size=30), max_size=6))
@example(names=["\x00"])
@settings(max_examples=40, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_no_member_name_ever_makes_a_file_outside_the_store(tmp_path, names):
    source = tmp_path / "data.zip"
    with zipfile.ZipFile(source, "w") as archive:
        for member, data in two_classes(2, "root/").items():
            archive.writestr(member, data)
        for number, name in enumerate(dict.fromkeys(names)):
            for wild in (f"../../{name}/{number}.png", f"root/{name}/../{number}.png", f"/{name}.png", name):
                archive.writestr(zipfile.ZipInfo(wild), picture(100 + number))
    # A name may make a class of its own with a single sample, which is refused after everything was read.
    with suppress(DatasetError):
        import_dataset(source, store=DatasetStore(tmp_path / "workspace"))
    outside = [item.name for item in tmp_path.iterdir() if item.name != "workspace"]
    assert outside == ["data.zip"]
    for file in (tmp_path / "workspace").rglob("*"):
        assert set(file.stem) <= set("0123456789abcdef") or file.stem in {
            "datasets",
            "images",
            "thumbnails",
            "dataset",
            "samples",
        }


def test_a_group_column_keeps_its_groups_on_one_side_and_is_kept(tmp_path, store):
    rows = "".join(f"{text},{label},person {n // 3}\n" for n, (text, label) in enumerate(ROWS))
    table = tmp_path / "messages.csv"
    table.write_text("text,label,who\n" + rows)
    dataset = import_dataset(table, store=store, group_rule=GroupRule(by="groups", column="who"))
    parts = {}
    for group, split in zip(dataset.groups, dataset.splits.tolist(), strict=True):
        parts.setdefault(group, set()).add(split)
    assert len(parts) == 10
    assert all(len(found) == 1 for found in parts.values())
    assert dataset.kept_together == 'samples with the same "who"'
    loaded = store.load(dataset.id)
    assert (loaded.groups, loaded.kept_together) == (dataset.groups, dataset.kept_together)


def test_an_unknown_group_column_is_told_with_the_nearest(tmp_path, store):
    table = tmp_path / "messages.csv"
    table.write_text(CSV.replace("text,label", "text,label,who", 1))
    with pytest.raises(UnknownChoiceError, match="whoo"):
        import_dataset(table, store=store, group_rule=GroupRule(by="groups", column="whoo"))


def test_neighbours_stay_on_one_side(tmp_path, store):
    members = {f"{'ab'[n % 2]}/IMG_{n:03}.png": picture(n) for n in range(80)}
    rule = GroupRule(by="neighbours")
    dataset = import_dataset(write_folder(tmp_path / "hands", members), store=store, group_rule=rule)
    blocks = group_samples(rule, dataset.sources, ())
    assert len(set(zip(blocks, dataset.splits.tolist(), strict=True))) == len(set(blocks))
    assert set(dataset.splits) == {"train", "val", "test"}


def test_near_copies_of_an_image_are_drawn_to_one_side(tmp_path, store):
    members = {}
    for number in range(24):
        coarse = np.random.default_rng(number).integers(0, 256, (6, 8, 3), dtype=np.uint8)
        scene = Image.fromarray(coarse).resize((120, 90), Image.Resampling.BICUBIC)
        name = f"{'ab'[number % 2]}/{number}"
        members |= {f"{name}.png": encoded(scene, "PNG"), f"{name} again.jpg": encoded(scene, "JPEG", quality=80)}
    dataset = import_dataset(write_folder(tmp_path / "scenes", members), store=store)
    parts = {}
    for source, split in zip(dataset.sources, dataset.splits.tolist(), strict=True):
        parts.setdefault(source.rpartition("/")[2].rpartition(".")[0].removesuffix(" again"), set()).add(split)
    assert len(parts) == 24
    assert all(len(found) == 1 for found in parts.values())
