"""What a person does in the dashboard, in the words of its screens."""

import re
from urllib.parse import parse_qs, urlsplit

from playwright.sync_api import Locator, Page, expect

PAGES = ("Home", "Data", "Train", "Results", "Compare", "Predict")
WAIT_MS = 60_000
MANY_EPOCHS = 1000
"""As many as the form allows: far more than any test waits for, on any machine."""


class App:
    """The dashboard in one tab.

    Args:
        page: the tab.
        url: where the server is.
    """

    def __init__(self, page: Page, url: str) -> None:
        self.page = page
        self._url = url

    def open(self, path: str = "/") -> None:
        """Go to an address and wait until the page is drawn inside the frame."""
        self.page.goto(self._url + path)
        self.see_frame()

    def see_frame(self) -> None:
        """The navigation names every page."""
        for title in PAGES:
            expect(self.page.get_by_test_id("stSidebarNav").get_by_text(title, exact=True)).to_be_attached(
                timeout=WAIT_MS
            )

    def settle(self) -> None:
        """Wait until nothing is being computed; for pages without a timer."""
        expect(self.page.locator('[data-testid="stApp"][data-test-script-state="notRunning"]')).to_be_visible(
            timeout=WAIT_MS
        )

    def see_pictures(self) -> None:
        """Everything is drawn and every picture loaded: the server lets go of those of a page that is left."""
        self.settle()
        self.page.wait_for_function("[...document.images].every(picture => picture.complete)", timeout=WAIT_MS)

    def go_to(self, title: str) -> None:
        """Follow the navigation."""
        self.page.get_by_test_id("stSidebarNav").get_by_text(title, exact=True).click()

    def see(self, text: str | re.Pattern[str], *, timeout_ms: float = WAIT_MS) -> None:
        """A text stands on the page."""
        expect(self.page.get_by_text(text).first).to_be_visible(timeout=timeout_ms)

    def see_title(self, text: str) -> None:
        """The page's title."""
        expect(self.page.get_by_role("heading", level=1, name=text, exact=True)).to_be_visible(timeout=WAIT_MS)

    def press(self, name: str) -> None:
        """Press a button."""
        self.page.get_by_role("button", name=name).first.click()

    def keyed(self, key: str) -> Locator:
        """The element or container of that key."""
        return self.page.locator(f".st-key-{key}")

    def metric(self, label: str) -> Locator:
        """The value of a number with a label."""
        card = self.page.get_by_test_id("stMetric").filter(has_text=label).first
        return card.get_by_test_id("stMetricValue")

    def choose(self, label: str, option: str) -> None:
        """Choose an option of a box."""
        self.page.get_by_role("combobox", name=label).click()
        self.page.get_by_role("option", name=option, exact=True).click()
        self.see_choice(label, option)

    def see_choice(self, label: str, option: str) -> None:
        """The present choice of a box."""
        expect(self.page.get_by_role("combobox", name=label)).to_have_value(option, timeout=WAIT_MS)

    def run_id(self) -> str:
        """The run in the address; the frame of Streamlit changes it without a navigation, so the page is asked."""
        return parse_qs(urlsplit(self.page.evaluate("location.href")).query)["run"][0]

    def upload(self, name: str, content: bytes, *, mime_type: str) -> None:
        """Hand a file over to the first uploader of the page."""
        field = self.page.get_by_test_id("stFileUploader").first.locator("input[type=file]")
        field.set_input_files({"name": name, "mimeType": mime_type, "buffer": content})

    def import_file(self, name: str, content: bytes, *, mime_type: str) -> None:
        """Bring a file on the Data page, as its first or as another dataset, up to its summary."""
        self.offer_file(name, content, mime_type=mime_type)
        self.press("Import")

    def offer_file(self, name: str, content: bytes, *, mime_type: str) -> None:
        """Hand a file over on the Data page, up to what the page asks about it."""
        self.open("/data")
        bring, field = (
            self.page.get_by_role("button", name="Bring new data"),
            self.page.get_by_test_id("stFileUploader"),
        )
        expect(bring.or_(field.first)).to_be_visible(timeout=WAIT_MS)
        self.see_pictures()
        if bring.is_visible():
            bring.click()
        self.upload(name, content, mime_type=mime_type)
        expect(self.page.get_by_role("button", name="Import")).to_be_visible(timeout=WAIT_MS)

    def choose_strategy(self, title: str) -> None:
        """Choose a strategy on the Train page and see its phases, and all that is drawn anew after them."""
        self.keyed("strategy").locator("label").filter(has_text=title).first.click()
        self.see_phases(f"{title}, step by step")
        self.settle()

    def see_phases(self, words: str) -> None:
        """The plan on the Train page says so; while a page changes, Streamlit shows its old parts beside the new."""
        expect(self.keyed("phases").filter(has_text=words).first).to_be_visible(timeout=WAIT_MS)

    def set_numbers(self, **values: int) -> None:
        """Fill advanced settings; the page is waited for after each."""
        self.page.get_by_text("Advanced settings").click()
        for name, value in values.items():
            field = self.keyed(f"setting-{name}").locator("input")
            field.fill(str(value))
            field.press("Enter")
            expect(field).to_have_value(str(value))
            self.settle()

    def start_training(self, dataset_id: str, *, epochs: int) -> str:
        """Start "Head, then fine-tune" over exactly so many epochs; gives the id of the run."""
        self.open(f"/train?dataset={dataset_id}")
        self.choose_strategy("Head, then fine-tune")
        self.set_numbers(patience=0, image_size_px=32, epochs=epochs)
        self.see_phases(f"at most {epochs} epochs")
        self.press("Start training")
        expect(self.keyed("stop")).to_be_visible(timeout=WAIT_MS)
        return self.run_id()

    def see_state(self, words: str, *, timeout_ms: float = WAIT_MS) -> None:
        """The badge of the run's page."""
        badge = self.page.get_by_test_id("stMain").locator(".stMarkdownBadge").first
        expect(badge).to_contain_text(words, timeout=timeout_ms)

    def see_epoch(self, number: int) -> None:
        """At least so many epochs of the run are done."""
        self.page.wait_for_function(
            """number => {
                const words = document.querySelector('.st-key-live-numbers')?.innerText ?? '';
                return Number(words.match(/(\\d+) of \\d+/)?.[1] ?? 0) >= number;
            }""",
            arg=number,
            timeout=WAIT_MS,
        )

    def epoch(self) -> int:
        """Epochs done, as the live panel says."""
        found = re.match(r"(\d+) of", self.metric("Epochs").inner_text())
        return int(found[1]) if found else 0

    def see_report(self) -> None:
        """The headline numbers and the confusion matrix of a run that has ended."""
        expect(self.page.locator('[class*="st-key-headline-"]').first).to_be_visible(timeout=WAIT_MS)
        expect(self.metric("Accuracy")).to_have_text(re.compile(r"^\d+\.\d%$"))
        expect(self.metric("Macro-F1")).to_have_text(re.compile(r"^\d\.\d{3}$"))
        expect(self.keyed("matrix-box").locator(".js-plotly-plot")).to_be_visible(timeout=WAIT_MS)
