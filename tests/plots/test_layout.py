import pytest

from core.plots.layout import CHART_CONFIG, LIVE_CHART_CONFIG, style_figure
from core.plots.probabilities import plot_probabilities


@pytest.mark.parametrize("config", [CHART_CONFIG, LIVE_CHART_CONFIG])
def test_no_chart_offers_to_upload_itself(config):
    assert config["modeBarButtons"] == [["toImage"]]
    assert (config["showSendToCloud"], config["plotlyServerURL"]) == (False, "")


def test_live_charts_have_no_bar_that_comes_and_goes():
    assert LIVE_CHART_CONFIG["displayModeBar"] is False
    assert "displayModeBar" not in CHART_CONFIG


def test_height_is_fixed_and_colours_and_fonts_are_left_to_the_theme():
    layout = style_figure(plot_probabilities([0.7, 0.3], ["ants", "bees"]), height_px=222).layout
    assert layout.height == 222
    assert (layout.paper_bgcolor, layout.plot_bgcolor, layout.font.family, layout.colorway) == (None,) * 4
