from itertools import pairwise

import pytest

from core.datasets.grouping import GroupRule, begin_alike, blocks_of_neighbours, group_samples
from core.errors import DatasetError


def test_blocks_hold_consecutive_numbers_whatever_the_folder():
    sources = [f"{number % 2}/IMG_{number:04}.jpg" for number in range(400)]
    blocks = blocks_of_neighbours(sources)
    assert 20 <= len(set(blocks)) <= 40
    order = sorted(range(400), key=lambda row: sources[row].rpartition("_")[2])
    changes = sum(blocks[one] != blocks[other] for one, other in pairwise(order))
    assert changes == len(set(blocks)) - 1


def test_a_block_ends_at_a_gap_where_one_comes_in_time():
    sources = [f"a_{number + 100 * (number // 12)}.jpg" for number in range(400)]
    blocks = blocks_of_neighbours(sources)
    assert {blocks.count(block) for block in blocks} <= {12, 4}


def test_names_that_begin_differently_are_counted_apart():
    blocks = blocks_of_neighbours([f"{name}_{number}.jpg" for name in ("cat", "dog") for number in range(40)])
    assert not set(blocks[:40]) & set(blocks[40:])


def test_names_without_numbers_have_no_neighbours():
    with pytest.raises(DatasetError, match="numbered"):
        blocks_of_neighbours(["cats/tom.jpg", "cats/kit.jpg", "dogs/rex.jpg"])


def test_names_are_alike_up_to_their_last_part():
    assert begin_alike(["a/anna_1.jpg", "b/anna_2.jpg", "b/bob-3.png", "b/carl.jpg"]) == ("anna", "anna", "bob", "carl")


def test_groups_that_the_data_do_not_name_are_refused():
    with pytest.raises(DatasetError, match="belong together"):
        group_samples(GroupRule(by="groups"), ["a"], ())
