"""All predictions of a run as a table that spreadsheets open safely."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from core.evaluation.prediction_table import PredictionTable
from core.exporting.spreadsheet import table_csv


def predictions_csv(table: PredictionTable, class_names: Sequence[str], texts: Sequence[str] | None) -> bytes:
    """The table as CSV in UTF-8 with a byte-order mark, which is how spreadsheets recognise the encoding.

    Columns: source, text (where there are texts), split, true class, predicted class, correct, probability (of the
    predicted class), then the probability of every class.

    Args:
        table: the predictions.
        class_names: names in label order.
        texts: the text of every row, None for images.

    Raises:
        ValueError: texts and table disagree on the number of samples.
    """
    if texts is not None and len(texts) != table.n_samples:
        raise ValueError(f"There must be one text per prediction; found {len(texts)} for {table.n_samples}.")
    return table_csv(_rows(table, class_names, texts))


def _rows(table: PredictionTable, class_names: Sequence[str], texts: Sequence[str] | None) -> Iterator[list[str]]:
    text_header = [] if texts is None else ["text"]
    probabilities = [f"probability of {name}" for name in class_names]
    yield ["source", *text_header, "split", "true class", "predicted class", "correct", "probability", *probabilities]
    for row in range(table.n_samples):
        label, prediction, probs = int(table.labels[row]), int(table.predictions[row]), table.probs[row]
        yield [
            table.sources[row],
            *([] if texts is None else [texts[row]]),
            str(table.splits[row]),
            class_names[label],
            class_names[prediction],
            "yes" if label == prediction else "no",
            f"{probs[prediction]:.6g}",
            *(f"{prob:.6g}" for prob in probs.tolist()),
        ]
