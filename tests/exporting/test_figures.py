import re

import plotly.graph_objects as go
import plotly.io as pio

from core.exporting.figures import figure_html
from core.plots.confusion import plot_confusion_matrix
from core.plots.probabilities import plot_probabilities

HOSTILE = "</script><script>alert(1)</script>"


def test_page_holds_all_it_needs_and_loads_nothing():
    page = figure_html(plot_probabilities([0.7, 0.3], ["ants", "bees"]), title="Prediction").decode()
    assert len(page) > 1_000_000
    assert not re.search(r"<(script|link|img|iframe)[^>]+(src|href)=", page)
    assert "<title>Prediction</title>" in page


def test_names_and_titles_never_become_markup():
    page = figure_html(plot_probabilities([0.7, 0.3], [HOSTILE, "bees"]), title=HOSTILE).decode()
    assert HOSTILE not in page
    assert "<title>&lt;/script&gt;" in page


def test_page_is_the_same_each_time_and_leaves_the_figure_alone():
    figure = plot_probabilities([0.7, 0.3], ["ants", "bees"])
    before = figure.to_json()
    assert figure_html(figure, title="Prediction") == figure_html(figure, title="Prediction")
    assert figure.to_json() == before


def test_page_brings_its_own_colours_where_the_app_set_placeholders(monkeypatch):
    placeholder = go.layout.Template(layout_colorway=["#000001"])
    monkeypatch.setattr(pio.templates, "default", placeholder)
    page = figure_html(plot_probabilities([0.7, 0.3], ["ants", "bees"]), title="Prediction").decode()
    assert "#000001" not in page[page.index('id="figure"') :]


def test_page_has_no_button_that_uploads_the_chart():
    page = figure_html(plot_probabilities([0.7, 0.3], ["ants", "bees"]), title="Prediction").decode()
    assert '"showSendToCloud": false' in page[page.index('id="figure"') :]


def test_white_page_has_a_scale_that_rises_from_white_to_blue():
    figure = plot_confusion_matrix([[3, 1], [0, 4]], ["ants", "bees"], normalise=True)
    page = figure_html(figure, title="Confusion matrix").decode()
    assert "rgb(247,251,255)" in page[page.index('id="figure"') :]
