"""From looking at every sample to the versions that mend what was found."""

import numpy as np
import pytest
from PIL import Image

from core.errors import ConfigurationError, DatasetError
from core.workflows.check_data import GroupRule, Shares, apply_remedy, check_data, load_check, redraw_split
from core.workflows.inspect_dataset import inspect_dataset
from core.workflows.stored_checks import split_warnings
from core.workflows.workspace import Workspace
from tests.datasets.pictures import encoded, write_folder


def scene(seed):
    coarse = np.random.default_rng(seed).integers(0, 256, (18, 24, 3), dtype=np.uint8)
    return Image.fromarray(coarse).resize((120, 90), Image.Resampling.BICUBIC)


@pytest.fixture(scope="module")
def leaking(tmp_path_factory):
    """Two classes of twelve scenes; val, which came with the data, has two images of train saved anew; one is black."""
    root = tmp_path_factory.mktemp("leaking")
    members = {f"train/{'ab'[n % 2]}/{n}.png": encoded(scene(n), "PNG") for n in range(24)}
    members |= {f"val/{'ab'[n % 2]}/{n}.png": encoded(scene(100 + n), "PNG") for n in range(8)}
    members |= {f"val/{'ab'[n]}/again {n}.jpg": encoded(scene(n), "JPEG", quality=70) for n in range(2)}
    members["train/a/black.png"] = encoded(Image.new("RGB", (120, 90)), "PNG")
    workspace = Workspace(root / "workspace")
    dataset = inspect_dataset(workspace, write_folder(root / "data", members))
    return workspace, dataset, check_data(workspace, dataset)


def by_code(check):
    return {finding.code: finding for finding in check.findings}


def test_a_check_finds_what_the_import_could_not_and_stays_on_disk(leaking):
    workspace, dataset, check = leaking
    assert not {"split_leak", "duplicates"} & {finding.code for finding in dataset.findings}
    assert {code: finding.n for code, finding in by_code(check).items()} == {
        "near_split_leak": 2,
        "near_duplicates": 2,
        "plain_images": 1,
    }
    assert load_check(Workspace(workspace.root), dataset.id) == check


def test_its_steps_can_be_followed_and_ended(leaking):
    workspace, dataset, _ = leaking
    steps = []
    check_data(workspace, dataset, on_progress=lambda step, done, of: steps.append(step))
    assert list(dict.fromkeys(steps)) == ["Looking at the images", "Comparing the images", "Putting it together"]


def test_leaving_out_near_copies_keeps_those_that_train(leaking):
    workspace, dataset, check = leaking
    made = apply_remedy(workspace, dataset.id, by_code(check)["near_split_leak"])
    assert made.split_sizes() == {"train": 25, "val": 8, "test": 0}
    assert (made.parent, made.version) == (dataset.id, 2)
    assert not any("again" in source for source in made.sources)
    assert "near_duplicates" not in by_code(check_data(workspace, made))


def test_blank_images_are_left_out(leaking):
    workspace, dataset, check = leaking
    made = apply_remedy(workspace, dataset.id, by_code(check)["plain_images"])
    assert set(dataset.sources) - set(made.sources) == {"train/a/black.png"}


def test_near_copies_stay_together_in_a_split_drawn_anew(leaking):
    workspace, dataset, _ = leaking
    made = redraw_split(workspace, dataset.id, rule=GroupRule(), shares=Shares(val=0.3, test=0), seed=2)
    assert made.split_origin == "drawn"
    assert "near_split_leak" not in by_code(check_data(workspace, made))


def test_a_finding_for_a_person_has_no_button(leaking):
    workspace, dataset, check = leaking
    finding = next(iter(check.findings))
    with pytest.raises(ConfigurationError, match="no button"):
        apply_remedy(workspace, dataset.id, replace_remedy(finding))


def replace_remedy(finding):
    return type(finding)(code=finding.code, severity=finding.severity, message=finding.message, n=finding.n)


@pytest.fixture
def sloppy(tmp_path):
    """Texts with a copy, a class written in two ways, and one that is cut."""
    rows = [f"message number {n} about the parcel,{('Cats', 'dogs')[n % 2]}" for n in range(40)]
    rows += [
        "message number 0 about the parcel,Cats",
        "a word more,cats",
        "one word less,cats",
        "word " * 400 + ",dogs",
    ]
    table = tmp_path / "texts.csv"
    table.write_text("\n".join(["text,label", *rows]))
    workspace = Workspace(tmp_path / "workspace")
    return workspace, inspect_dataset(workspace, table)


def test_copies_and_double_names_are_mended_by_a_button(sloppy):
    workspace, dataset = sloppy
    light = {finding.code: finding for finding in dataset.findings}
    assert light["duplicates"].rows == (0, 40)
    fewer = apply_remedy(workspace, dataset.id, light["duplicates"])
    assert (fewer.n_samples, fewer.changes) == (43, "1 exact copies left out")
    merged = apply_remedy(workspace, fewer.id, light["similar_class_names"])
    assert merged.class_names == ("Cats", "dogs")
    assert merged.version == 3


def test_texts_that_a_network_cuts_are_told(sloppy):
    workspace, dataset = sloppy
    finding = by_code(check_data(workspace, dataset))["cut_texts"]
    assert (finding.n, finding.rows) == (1, (43,))
    assert "MiniLM" in finding.message


def test_a_split_that_cannot_be_drawn_changes_nothing(sloppy):
    workspace, dataset = sloppy
    with pytest.raises(DatasetError, match="belong together"):
        redraw_split(workspace, dataset.id, rule=GroupRule(by="groups"), shares=Shares())
    assert len(workspace.datasets.list_cards()) == 1


def test_what_is_known_against_a_split_is_told(leaking):
    workspace, dataset, _ = leaking
    assert split_warnings(workspace, dataset.id)[0].startswith("2 of 10 validation and test samples (20.0%)")


def test_exact_copies_on_two_sides_are_told_without_a_check(tmp_path):
    table = tmp_path / "texts.csv"
    rows = [f"message number {n},{'ab'[n % 2]},{'val' if n > 29 else 'train'}" for n in range(40)]
    table.write_text("\n".join(["text,label,split", *rows, "message number 2,a,val"]))
    workspace = Workspace(tmp_path / "workspace")
    dataset = inspect_dataset(workspace, table)
    assert "1 of 11 validation" in split_warnings(workspace, dataset.id)[0]


def test_a_sound_split_and_a_dataset_that_is_gone_are_not_warned_of(sloppy):
    workspace, dataset = sloppy
    assert split_warnings(workspace, dataset.id) == ()
    assert split_warnings(workspace, "0" * 16) == ()
