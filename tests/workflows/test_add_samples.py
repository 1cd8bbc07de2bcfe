"""Further samples become a version, whatever they come as."""

import pytest

from core.errors import ConfigurationError, DatasetError
from core.workflows.add_samples import add_files, add_lines
from core.workflows.camera_frames import add_frames, keep_frames, name_classes, need_presses, start_with_frames
from core.workflows.dataset_versions import compare_versions
from core.workflows.inspect_dataset import GroupRule, UploadedFile, inspect_dataset
from core.workflows.workspace import Workspace
from tests.datasets.pictures import picture, two_classes, write_folder, write_zip


@pytest.fixture
def own(tmp_path):
    return Workspace(tmp_path / "own")


@pytest.fixture
def pets(own, tmp_path):
    return inspect_dataset(own, write_folder(tmp_path / "pets", two_classes(12)))


def uploaded(tmp_path, name, data):
    path = tmp_path / f"upload-{abs(hash((name, data)))}"
    path.write_bytes(data)
    return UploadedFile(name=name, path=path)


def test_images_of_one_class_are_added(own, pets, tmp_path):
    files = [uploaded(tmp_path, f"{n}.png", picture(900 + n)) for n in range(5)]
    files += [uploaded(tmp_path, "again.png", picture(0)), uploaded(tmp_path, "note.pdf", b"%PDF-1.4")]
    made = add_files(own, pets.id, files, class_name="birds")
    assert made.class_counts() == {"birds": 5, "cats": 12, "dogs": 12}
    assert {(item.file, item.reason) for item in made.skipped} == {
        ("again.png", 'it is in the dataset already, as "cats"'),
        ("note.pdf", "not an image"),
    }
    assert len(compare_versions(own, pets.id, made.id).added) == 5
    assert own.datasets.load(pets.id).n_samples == 24


def test_class_folders_in_a_zip_are_added(own, pets, tmp_path):
    made = add_files(own, pets.id, write_zip(tmp_path / "more.zip", two_classes(3, start=600)))
    assert made.class_counts() == {"cats": 15, "dogs": 15}


def test_what_is_there_counts_towards_what_a_dataset_may_have(own, pets, tmp_path, monkeypatch):
    monkeypatch.setenv("HEADSTART_MAX_SAMPLES", "26")
    files = [uploaded(tmp_path, f"{n}.png", picture(900 + n)) for n in range(3)]
    with pytest.raises(DatasetError, match="may have 26 samples"):
        add_files(own, pets.id, files, class_name="cats")
    assert add_files(own, pets.id, files[:2], class_name="cats").n_samples == 26


def test_pictures_of_one_press_stay_together(own, pets):
    taken = [
        frame
        for press in range(4)
        for frame in keep_frames(own, "wave", [picture(1000 + 10 * press + n, kind="JPEG") for n in range(5)])
    ]
    made = add_frames(own, pets.id, taken)
    pairs = set(zip(made.groups, made.splits.tolist(), strict=True))
    presses = [split for group, split in pairs if group.startswith("press")]
    assert sorted(presses) == ["test", "train", "train", "val"]
    assert made.class_counts()["wave"] == 20
    assert made.kept_together == "samples of one group"
    assert not list(own.uploads_dir.iterdir()), "what was added need not be kept twice"


def test_classes_of_the_camera_are_those_that_can_be_seen(own):
    assert name_classes("yes, no ,, \u200b, y\u200bes") == ("yes", "no")
    with pytest.raises(DatasetError, match="nothing to show"):
        keep_frames(own, "\u200b", [picture(1, kind="JPEG")])
    assert not own.uploads_dir.exists()


def test_a_dataset_begins_with_the_camera(own):
    def presses(name, start):
        return [
            frame
            for press in range(3)
            for frame in keep_frames(own, name, [picture(start + 10 * press + n, kind="JPEG") for n in range(5)])
        ]

    data = start_with_frames(own, [*presses("up/../down", 0), *presses("<b>", 500)], name="Thumbs")
    assert data.class_counts() == {"<b>": 15, "up/../down": 15}
    assert (data.name, data.kept_together) == ("Thumbs", "samples of one group")
    assert {split: set(data.class_counts(split).values()) for split in ("train", "val", "test")} == {
        "train": {10},
        "val": {5},
        "test": {0},
    }
    assert len(set(data.groups)) == 6


def test_one_press_for_each_class_is_too_few(own):
    taken = [*keep_frames(own, "a", [picture(1), picture(2)]), *keep_frames(own, "b", [picture(3), picture(4)])]
    assert need_presses(taken, ["a", "b", "c"]) == {"a": 1, "b": 1, "c": 2}
    more = [*taken, *keep_frames(own, "a", [picture(5)]), *keep_frames(own, "b", [picture(6)])]
    assert need_presses(more, ["a", "b"]) == {}


def test_lines_of_text_and_tables_are_added_to_texts_only(own, pets, tmp_path, text_table):
    table = tmp_path / "reviews.csv"
    table.write_bytes(text_table)
    reviews = inspect_dataset(own, table)
    made = add_lines(own, reviews.id, "so so\n\n  meh  \nso so", class_name="mixed")
    assert made.class_counts()["mixed"] == 2
    assert made.texts[-2:] == ("so so", "meh")
    more = tmp_path / "more.csv"
    more.write_text("comment,label\nfine by me,good\n")
    assert add_files(own, made.id, more).texts[-1] == "fine by me"
    wrong = tmp_path / "wrong.csv"
    wrong.write_text("words,kind\nfine by me,good\n")
    with pytest.raises(DatasetError, match='must have the columns "comment" and "label"'):
        add_files(own, made.id, wrong)
    with pytest.raises(ConfigurationError, match="holds images"):
        add_lines(own, pets.id, "so so", class_name="mixed")
    with pytest.raises(DatasetError, match="must hold text samples"):
        add_files(own, made.id, write_zip(tmp_path / "more.zip", two_classes(3)))


def test_a_column_that_keeps_rows_together_is_read_again(own, tmp_path):
    rows = [f"text {n} of {n % 10},{'ab'[n % 2]},p{n % 10}" for n in range(60)]
    table = tmp_path / "said.csv"
    table.write_text("\n".join(["text,label,person", *rows]))
    data = inspect_dataset(own, table, group_rule=GroupRule(by="groups", column="person"))
    more = tmp_path / "more.csv"
    more.write_text("text,label,person\nnew words,a,p3\nother words,b,p4\n")
    made = add_files(own, data.id, more)
    part = dict(zip(data.groups, data.splits.tolist(), strict=True))
    assert made.splits.tolist()[-2:] == [part["p3"], part["p4"]]


def test_a_name_with_nothing_to_show_is_refused(own, pets, tmp_path):
    with pytest.raises(DatasetError, match="needs a name"):
        add_files(own, pets.id, [uploaded(tmp_path, "1.png", picture(1))], class_name=" \u200b ")
