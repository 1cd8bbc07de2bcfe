import pytest

from core.datasets.columns import choose_columns
from core.datasets.readers.table import Table
from core.errors import DatasetError, UnknownChoiceError


def table(**columns):
    cells = tuple(columns.values())
    return Table(name="t.csv", columns=tuple(columns), cells=cells, row_numbers=range(2, 2 + len(cells[0])))


LONG = [f"this is the sentence with number {n} in it" for n in range(12)]
FEW = ["a", "b", "c"] * 4
NUMBERS = [str(n) for n in range(12)]


@pytest.mark.parametrize(
    ("columns", "text", "label"),
    [
        ({"text": LONG, "category": FEW}, "text", "category"),
        ({"label": ["0", "1"] * 6, "text": LONG}, "text", "label"),
        ({"x": FEW, "y2": LONG}, "y2", "x"),
        ({"column 1": ["1", "2"] * 6, "column 2": LONG}, "column 2", "column 1"),
        ({"id": NUMBERS, "review": LONG, "sentiment": FEW}, "review", "sentiment"),
        ({"text": LONG, "label": ["0", "1"] * 6, "label_text": ["no", "yes"] * 6}, "text", "label_text"),
        ({"Class Index": ["1", "2"] * 6, "Title": NUMBERS, "Description": LONG}, "Description", "Class Index"),
        ({"Unnamed": NUMBERS, "tweet": LONG, "class": ["1", "2"] * 6, "user": FEW}, "tweet", "class"),
    ],
)
def test_columns_are_guessed_by_name_and_content(columns, text, label):
    choice = choose_columns(table(**columns))
    assert (choice.text_column, choice.label_column) == (text, label)


def test_a_split_column_is_known_by_its_values_and_not_offered_as_label():
    choice = choose_columns(table(text=LONG, kind=FEW, split=["train", "Test", "dev"] * 4))
    assert (choice.split_column, choice.label_column) == ("split", "kind")
    assert choose_columns(table(text=LONG, fold=FEW)).split_column is None


def test_named_columns_are_taken_and_the_rest_guessed():
    choice = choose_columns(table(text=LONG, other=LONG, kind=FEW), text_column="other")
    assert (choice.text_column, choice.label_column) == ("other", "kind")


def test_an_unknown_column_names_the_nearest():
    with pytest.raises(UnknownChoiceError, match='Did you mean "category"'):
        choose_columns(table(text=LONG, category=FEW), label_column="categroy")


def test_too_few_columns_are_refused():
    with pytest.raises(DatasetError, match="1 columns and 12 rows"):
        choose_columns(table(text=LONG))
    with pytest.raises(DatasetError, match="both are"):
        choose_columns(table(text=LONG, kind=FEW), text_column="text", label_column="text")
    with pytest.raises(DatasetError, match="beside its split"):
        choose_columns(table(text=LONG, split=["train"] * 12))


def test_the_preview_shows_the_first_rows():
    choice = choose_columns(table(text=["x" * 1000, *LONG], kind=[*FEW, None]))
    assert len(choice.preview) == 5
    assert choice.preview[0] == ("x" * 200, "a")
