import pytest

from core.plots.palette import BLOCK_TEXT, FROZEN, MARK, SELECTED, TRAINABLE

PAGES = ("#FFFFFF", "#0F172A")


def contrast(one, other):
    """WCAG 2 contrast ratio, 1 to 21."""
    low, high = sorted(_luminance(colour) for colour in (one, other))
    return (high + 0.05) / (low + 0.05)


@pytest.mark.parametrize("colour", [FROZEN, TRAINABLE, SELECTED, MARK])
@pytest.mark.parametrize("page", PAGES)
def test_colours_stand_out_from_light_and_dark_pages(colour, page):
    assert contrast(colour, page) >= 3


@pytest.mark.parametrize("block", [FROZEN, TRAINABLE])
def test_names_in_blocks_are_readable(block):
    assert contrast(BLOCK_TEXT, block) >= 4.5


def _luminance(colour):
    channels = [int(colour[at : at + 2], 16) / 255 for at in (1, 3, 5)]
    linear = [part / 12.92 if part <= 0.03928 else ((part + 0.055) / 1.055) ** 2.4 for part in channels]
    return 0.2126 * linear[0] + 0.7152 * linear[1] + 0.0722 * linear[2]
