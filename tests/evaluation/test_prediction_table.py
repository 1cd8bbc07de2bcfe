import numpy as np
import pytest

from core.evaluation.prediction_table import PredictionTable, load_predictions, save_predictions


@pytest.mark.parametrize(("n", "n_classes"), [(0, 2), (1, 2), (40, 150)])
def test_table_comes_back_from_disk_as_it_was(tmp_path, n, n_classes):
    table = _table(n, n_classes)
    save_predictions(table, tmp_path / "predictions.parquet")
    found = load_predictions(tmp_path / "predictions.parquet")
    assert (found.sample_ids, found.sources) == (table.sample_ids, table.sources)
    assert found.splits.tolist() == table.splits.tolist()
    assert found.labels.tolist() == table.labels.tolist()
    assert found.predictions.tolist() == table.predictions.tolist()
    assert found.probs.dtype == np.float32
    np.testing.assert_array_equal(found.probs, table.probs)


def test_rows_are_those_of_one_split():
    table = _table(6, 2)
    assert table.rows("val").tolist() == [1, 4]


def test_columns_of_different_lengths_are_refused():
    with pytest.raises(ValueError, match="one length"):
        PredictionTable(
            sample_ids=("a",),
            splits=np.array(["val"]),
            labels=np.array([0, 1]),
            predictions=np.array([0]),
            probs=np.ones((1, 2), dtype=np.float32),
            sources=("a.jpg",),
        )


def _table(n, n_classes):
    rng = np.random.default_rng(0)
    probs = rng.dirichlet(np.ones(n_classes), n).astype(np.float32).reshape(n, n_classes)
    return PredictionTable(
        sample_ids=tuple(f"{row:040x}" for row in range(n)),
        splits=np.array([("train", "val", "test")[row % 3] for row in range(n)], dtype=np.str_),
        labels=rng.integers(0, n_classes, n),
        predictions=probs.argmax(axis=1),
        probs=probs,
        sources=tuple(f'a "b",\nü{row}.jpg' for row in range(n)),
    )
