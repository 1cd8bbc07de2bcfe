"""The theme is readable in both modes, and the server's safe defaults are set."""

import tomllib
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
CONFIG = tomllib.loads((ROOT / ".streamlit" / "config.toml").read_text(encoding="utf-8"))
MODES = ("light", "dark")


def luminance(colour: str) -> float:
    channels = [int(colour[i : i + 2], 16) / 255 for i in (1, 3, 5)]
    linear = [c / 12.92 if c <= 0.03928 else ((c + 0.055) / 1.055) ** 2.4 for c in channels]
    return 0.2126 * linear[0] + 0.7152 * linear[1] + 0.0722 * linear[2]


def contrast(one: str, other: str) -> float:
    """WCAG 2 contrast ratio, 1 to 21."""
    low, high = sorted((luminance(one), luminance(other)))
    return (high + 0.05) / (low + 0.05)


@pytest.mark.parametrize("mode", MODES)
def test_text_links_and_button_labels_are_readable(mode):
    theme = CONFIG["theme"][mode]
    for ground in (theme["backgroundColor"], theme["secondaryBackgroundColor"]):
        assert contrast(theme["textColor"], ground) >= 7
        assert contrast(theme["linkColor"], ground) >= 4.5
    assert contrast(theme["codeTextColor"], theme["codeBackgroundColor"]) >= 4.5
    assert contrast("#FFFFFF", theme["primaryColor"]) >= 4.5
    assert contrast(theme["primaryColor"], theme["backgroundColor"]) >= 3


@pytest.mark.parametrize("mode", MODES)
def test_first_chart_colours_stand_out_from_the_ground(mode):
    theme = CONFIG["theme"][mode]
    for colour in theme["chartCategoricalColors"][:3]:
        assert contrast(colour, theme["backgroundColor"]) >= 3


@pytest.mark.parametrize("mode", MODES)
def test_chart_scales_have_the_ten_colours_without_which_they_are_ignored(mode):
    theme = CONFIG["theme"][mode]
    assert len(theme["chartSequentialColors"]) == 10
    assert len(theme["chartDivergingColors"]) == 10


@pytest.mark.parametrize("mode", MODES)
def test_sequential_scale_moves_steadily_away_from_the_ground(mode):
    theme = CONFIG["theme"][mode]
    distances = [contrast(colour, theme["backgroundColor"]) for colour in theme["chartSequentialColors"]]
    assert distances == sorted(distances)


def test_both_themes_set_the_same_keys():
    assert set(CONFIG["theme"]["light"]) == set(CONFIG["theme"]["dark"])


def test_every_line_of_the_configuration_says_why():
    lines = (ROOT / ".streamlit" / "config.toml").read_text(encoding="utf-8").splitlines()
    assert [line for line in lines if " = " in line and not line.startswith("#") and "# " not in line] == []


def test_server_listens_to_this_machine_only_and_tells_nobody():
    assert CONFIG["server"]["address"] == "127.0.0.1"
    assert set(CONFIG["server"]["allowedHosts"]) == {"localhost", "127.0.0.1"}
    assert CONFIG["browser"] == {"serverAddress": "localhost", "gatherUsageStats": False}
    assert CONFIG["client"]["showErrorDetails"] == "none"


def test_fonts_and_their_licence_are_in_the_repository():
    for face in CONFIG["theme"]["fontFaces"]:
        assert (ROOT / face["url"].removeprefix("app/")).is_file()
    assert "SIL Open Font License" in (ROOT / "static" / "LICENSE-Inter.txt").read_text(encoding="utf-8")


def test_static_folder_holds_nothing_but_fonts_and_their_licence():
    assert {path.suffix for path in (ROOT / "static").iterdir()} == {".woff2", ".txt"}
