"""Names that would do harm as markup are shown as they are and nothing else."""

from playwright.sync_api import expect

from tests.conftest import make_image_zip, make_text_table
from tests.e2e.files import CSV, ZIP

PICTURE = "![x](http://127.0.0.1:9/evil.png)"
SCRIPT = "<img src=x onerror=alert(1)>"
FOLDER = "![x](evil.png)"


def test_hostile_class_names_and_file_names_are_only_shown(app):
    """A request to port 9 or a dialog would be noted by the visitor and fail the test at its end."""
    app.import_file(f"{PICTURE}.csv", hostile_table(), mime_type=CSV)
    expect(app.metric("Texts")).to_have_text("24", timeout=60_000)
    see_no_markup(app)

    app.press("Choose a model")
    app.see_title("Train")
    see_no_markup(app)
    app.choose_strategy("Feature extraction")
    app.press("Start training")
    app.see_state("Finished", timeout_ms=120_000)
    app.see_report()
    app.see(SCRIPT)
    see_no_markup(app)

    app.press("Predict")
    app.see_title("Predict")
    app.press("Try a validation sample")
    expect(app.keyed("answer")).to_be_visible(timeout=60_000)
    see_no_markup(app)

    app.open("/")
    app.see("Recent runs")
    see_no_markup(app)


def test_hostile_folder_names_are_only_shown(app):
    app.import_file(f"{SCRIPT}.zip", hostile_zip(), mime_type=ZIP)
    app.see(FOLDER)  # under its pictures
    see_no_markup(app)


def see_no_markup(app) -> None:
    """No picture comes from a name, and no element was made of one."""
    assert app.page.locator('img[src*="evil"], img[src="x"], img[onerror]').count() == 0


def hostile_table() -> bytes:
    """The table of the other tests with markup for labels."""
    return make_text_table().replace(b",good", f",{PICTURE}".encode()).replace(b",bad", f",{SCRIPT}".encode())


def hostile_zip() -> bytes:
    """Folders named like markup, as far as a folder can be."""
    return make_image_zip((SCRIPT, FOLDER), n_per_class=12)
