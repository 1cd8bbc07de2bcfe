import itertools

import pytest

from core.backbones.records import BackboneInfo, BackboneRow, ImagePreprocessing, StageInfo
from core.plots.network import describe_stage_row, plot_stage_row
from core.plots.palette import FROZEN, TRAINABLE

RESNET = {"stem": 9_536, "layer1": 147_968, "layer2": 525_568, "layer3": 2_099_712, "layer4": 8_393_728}


def test_blocks_follow_each_other_without_a_hole_and_end_with_the_head():
    blocks = _blocks(plot_stage_row(_info(RESNET), ("stem", "layer1"), n_classes=6))
    assert [name for name, *_ in blocks] == [*RESNET, "head"]
    for (_, start, width, _), (_, after, _, _) in itertools.pairwise(blocks):
        assert start + width == pytest.approx(after, abs=0.004)
        assert start + width < after
    assert blocks[0][1] == 0
    assert blocks[-1][1] + blocks[-1][2] == pytest.approx(1, abs=0.004)


def test_wider_means_more_parameters_and_even_the_smallest_is_visible():
    blocks = _blocks(plot_stage_row(_info(RESNET), (), n_classes=6))
    widths = {name: width for name, _, width, _ in blocks}
    assert widths["layer4"] > widths["layer3"] > widths["layer2"] > widths["layer1"] > widths["stem"] > 0.05


def test_any_pattern_of_frozen_stages_is_coloured_and_the_head_always_trains():
    colours = {
        name: colour for name, *_, colour in _blocks(plot_stage_row(_info(RESNET), ("stem", "layer3"), n_classes=2))
    }
    assert [name for name, colour in colours.items() if colour == FROZEN] == ["stem", "layer3"]
    assert colours["head"] == TRAINABLE


def test_legend_counts_the_parameters_of_both_kinds():
    frozen, trainable = plot_stage_row(_info(RESNET), ("layer4",), n_classes=2).data
    assert (frozen.name, trainable.name) == ("Frozen: 8.4 M parameters", "Trainable: 2.8 M parameters")
    assert trainable.hovertext[-1] == "head: trainable<br>1,026 parameters"


def test_legend_leaves_out_a_kind_that_does_not_occur():
    frozen, trainable = plot_stage_row(_info(RESNET), (), n_classes=2).data
    assert (frozen.showlegend, trainable.showlegend) == (False, True)


def test_one_stage_and_many_stages_fill_the_row():
    for stages in ({"all": 5}, {f"encoder.layer.{number}": 7_000_000 for number in range(24)}):
        blocks = _blocks(plot_stage_row(_info(stages), (), n_classes=150))
        assert len(blocks) == len(stages) + 1
        assert sum(width for _, _, width, _ in blocks) == pytest.approx(1, abs=0.1)


def test_where_a_part_of_the_stages_trains_that_part_is_counted():
    frozen, trainable = plot_stage_row(_info(RESNET), list(RESNET)[:4], n_classes=2, tensors="norms-and-biases").data
    assert trainable.hovertext[0] == "layer4: trainable<br>50 of 8,393,728 parameters"
    assert (frozen.name, trainable.name) == ("Frozen: 11.2 M parameters", "Trainable: 1.1 k parameters")
    words = describe_stage_row(_info(RESNET), list(RESNET)[:4], n_classes=2, tensors="norms-and-biases")
    assert "trainable are layer4, head: 1.1 k of 11.2 M parameters (0.0%)" in words


def test_words_say_what_trains_and_how_much_that_is():
    assert describe_stage_row(_info(RESNET), list(RESNET)[:4], n_classes=2) == (
        "Small net: 5 stages and the head; trainable are layer4, head: 8.4 M of 11.2 M parameters (75.1%)."
    )


def _blocks(figure):
    found = [
        (data[0], start, width, bars.marker.color)
        for bars in figure.data
        for data, start, width in zip(bars.customdata, bars.base, bars.x, strict=True)
    ]
    return sorted(found, key=lambda block: block[1])


def _info(stages):
    row = BackboneRow(
        id="small-net",
        title="Small net",
        modality="image",
        family="resnet",
        source="torchvision",
        reference="resnet18",
        licence="BSD-3-Clause",
        download_mb=1,
        preprocessing=ImagePreprocessing(size_px=32, mean=(0.5, 0.5, 0.5), std=(0.5, 0.5, 0.5)),
        probe_friendly=True,
        advice="",
    )
    share = 1 / len(stages)
    infos = tuple(
        StageInfo(name=name, n_parameters=n, share_of_cost=share, n_norms_and_biases=50) for name, n in stages.items()
    )
    return BackboneInfo(row=row, stages=infos, n_features=512, weights="bundled")
