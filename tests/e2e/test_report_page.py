"""The report for others in a real browser: it asks for nothing, fits a phone, follows the theme and prints to A4."""

import re

import pytest

from core.exporting.run_page import render_run_page
from tests.exporting.facts import HOSTILE, run_facts

GROUNDS = {"light": "rgb(255, 255, 255)", "dark": "rgb(16, 22, 31)"}
MANY = (*HOSTILE, *(f"a_class_with_a_long_name_{number}" for number in range(74)))


@pytest.fixture(scope="module")
def report(tmp_path_factory):
    """A report of 77 classes, three of them with names that would do harm as markup."""
    file = tmp_path_factory.mktemp("report") / "report.html"
    file.write_bytes(render_run_page(run_facts(MANY, n_per_class=12)))
    return file


@pytest.fixture
def open_report(browser, report):
    """Opens it with a theme and a width; gives the page and what it did besides being shown."""
    contexts = []

    def opened(scheme="light", width=1280):
        contexts.append(browser.new_context(color_scheme=scheme, viewport={"width": width, "height": 900}))
        page, done = contexts[-1].new_page(), []
        page.on("request", lambda request: done.append(request.url) if not request.url.startswith("data:") else None)
        page.on("console", lambda message: done.append(message.text))
        page.on("dialog", lambda dialog: (done.append(dialog.message), dialog.dismiss()))
        page.goto(report.as_uri())
        return page, done

    yield opened
    for context in contexts:
        context.close()


@pytest.mark.parametrize("scheme", list(GROUNDS))
@pytest.mark.parametrize("width", [1280, 390])
def test_it_asks_for_nothing_but_itself_and_fits(open_report, report, scheme, width):
    page, done = open_report(scheme, width)
    assert done == [report.as_uri()]
    assert page.evaluate("document.documentElement.scrollWidth - innerWidth") <= 0
    assert page.evaluate("getComputedStyle(document.body).backgroundColor") == GROUNDS[scheme]


def test_what_it_holds_cannot_run_even_if_it_were_markup(open_report):
    page, done = open_report()
    page.evaluate("document.body.insertAdjacentHTML('beforeend', '<img src=x onerror=alert(1)>')")
    page.wait_for_timeout(200)
    assert not [line for line in done if line == "1"]
    assert [line for line in done if "Content Security Policy" in line]


def test_names_of_the_matrix_can_be_read_and_lie_within_it(open_report):
    page, _ = open_report()
    matrix = page.locator("svg.matrix")
    box = matrix.bounding_box()
    names = matrix.locator("text", has_text="a_class_with").all()
    assert len(names) == 2 * 74
    for name in (names[0], names[-1]):
        found = name.bounding_box()
        assert min(found["width"], found["height"]) >= 8
        assert found["x"] >= box["x"] - 1
        assert found["y"] >= box["y"] - 1


def test_it_prints_to_a4(open_report):
    page, _ = open_report("dark")
    content = page.pdf(prefer_css_page_size=True)
    sizes = re.findall(rb"/MediaBox \[0 0 ([\d.]+) ([\d.]+)\]", content)
    assert 3 <= len(sizes) <= 20
    assert {(round(float(width)), round(float(height))) for width, height in sizes} == {(595, 842)}
