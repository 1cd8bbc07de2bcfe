"""From data to a result that can be read and used, as a person does it."""

import re

from playwright.sync_api import expect

from tests.conftest import make_text_table
from tests.e2e.files import CSV, N_PER_CLASS, PNG, ZIP, one_picture, untidy_zip


def test_one_click_on_home_ends_in_a_result_that_can_be_read(app):
    app.open()
    app.press("Try it now with texts")
    expect(app.page.get_by_role("progressbar").first).to_be_visible(timeout=60_000)
    app.see_state("Finished", timeout_ms=120_000)
    app.see_report()
    app.see(re.compile("95% interval"))
    app.see(re.compile("Always answering"))


def test_an_untidy_zip_becomes_a_dataset_a_training_and_a_prediction(app):
    app.import_file("pets.zip", untidy_zip(), mime_type=ZIP)
    expect(app.metric("Images")).to_have_text(str(3 * N_PER_CLASS), timeout=60_000)
    expect(app.metric("Classes")).to_have_text("3")
    app.page.get_by_text("2 files or rows were left out").click()
    for name in ("dogs/broken.png", "frogs/notes.txt"):
        expect(app.page.locator("td").filter(has_text=name)).to_be_attached(timeout=60_000)

    app.see_pictures()
    app.press("Choose a model")
    app.see_title("Train")
    app.choose_strategy("Head, then fine-tune")
    app.set_numbers(image_size_px=32, epochs=2)
    app.press("Start training")
    expect(app.keyed("live-numbers")).to_be_visible(timeout=60_000)
    app.see_state("Finished", timeout_ms=120_000)
    app.see_report()
    app.see(re.compile(r"Frozen tensors changed: 0 of \d+"))

    app.press("Predict")
    app.see_title("Predict")
    app.upload("frog.png", one_picture("frogs"), mime_type=PNG)
    answer = app.keyed("answer")
    expect(answer).to_contain_text(re.compile(r"gives (cats|dogs|frogs) a probability of \d+\.\d%"), timeout=60_000)
    expect(app.metric("Most probable class")).to_have_text("frogs")


def test_the_columns_of_a_table_are_guessed_and_can_be_changed(app):
    app.offer_file("reviews.csv", make_text_table(), mime_type=CSV)
    app.see_choice("Column with the texts", "comment")
    app.see_choice("Column with the labels", "label")
    app.choose("Column with the texts", "id")
    app.choose("Column with the texts", "comment")
    app.press("Import")
    expect(app.metric("Texts")).to_have_text("24", timeout=60_000)
    expect(app.metric("Classes")).to_have_text("2")
