import numpy as np
import pytest

from core.datasets.grouping import GroupRule
from core.datasets.reshaping import drop_copies, keep_rows, redraw_split
from core.datasets.split import Shares
from core.errors import DatasetError
from tests.datasets.tables import three_classes, with_copy
from tests.datasets.test_checks import dataset

UNGROUPED = GroupRule()


def many(**changes):
    return three_classes(groups=tuple(f"group {n % 6}" for n in range(12)), **changes)


def test_of_copies_the_one_that_trains_stays():
    data = three_classes(sample_ids=with_copy("cats2", "cats1"), split_origin="given")
    copies = np.array([0, 1, 1, *range(3, 12)])
    made = drop_copies(data, copies, what="copies", version=2)
    assert made.n_samples == 11
    assert made.split_sizes() == {"train": 6, "val": 2, "test": 3}
    assert (made.parent, made.version, made.changes) == (data.id, 2, "1 copies left out")
    assert made.id != data.id
    assert "duplicates" not in {finding.code for finding in made.findings}


def test_all_that_belongs_to_a_row_stays_with_it():
    data = many()
    made = keep_rows(data, [0, 1, 2, 4, 5, 6, 8, 9, 10], changes="three left out", version=2)
    assert made.sample_ids == tuple(data.sample_ids[row] for row in (0, 1, 2, 4, 5, 6, 8, 9, 10))
    assert made.groups[3] == data.groups[4]
    assert made.texts[3] == data.texts[4]
    assert made.sources[8] == data.sources[10]
    assert "test" not in made.splits


@pytest.mark.parametrize("rows", [range(12), [0, 1, 2, 4, 5, 6], [2, 3, 4, 5, 6, 7, 8, 9, 10, 11]])
def test_nothing_to_do_and_too_little_left_are_told(rows):
    with pytest.raises(DatasetError):
        keep_rows(three_classes(), list(rows), changes="", version=2)


def test_a_split_is_drawn_anew_with_other_shares_and_says_so():
    data = dataset([0, 1] * 50)
    made = redraw_split(data, np.arange(100), rule=UNGROUPED, shares=Shares(val=0.3, test=0), seed=4, version=2)
    assert made.split_sizes() == {"train": 70, "val": 30, "test": 0}
    assert made.split_origin == "drawn"
    assert made.changes == "split drawn anew, 30% validation and 0% test, seed 4"
    again = redraw_split(data, np.arange(100), rule=UNGROUPED, shares=Shares(val=0.3, test=0), seed=4, version=2)
    assert again.id == made.id


def test_groups_stay_together_in_a_split_drawn_anew():
    made = redraw_split(many(), np.arange(12), rule=GroupRule(by="groups"), shares=Shares(test=0), seed=1, version=2)
    assert len(set(zip(made.groups, made.splits.tolist(), strict=True))) == 6
    assert made.kept_together == "samples of one group"


def test_the_same_split_again_is_told():
    data = redraw_split(dataset([0, 1] * 50), np.arange(100), rule=UNGROUPED, shares=Shares(), seed=4, version=2)
    with pytest.raises(DatasetError, match="is there"):
        redraw_split(data, np.arange(100), rule=UNGROUPED, shares=Shares(), seed=4, version=3)
