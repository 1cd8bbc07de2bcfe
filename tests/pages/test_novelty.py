"""Predict warns of an input that is unlike what a run learned from."""

import numpy as np

from core.evaluation.novelty import Novelty, save_novelty
from tests.pages.conftest import Trained, open_app

WARNING = "Further away from what it learned than all validation samples."


def keep(trained: Trained, distances: np.ndarray) -> None:
    folder = trained.workspace.runs.get(trained.run_id)
    rng = np.random.default_rng(0)
    kept = rng.normal(size=(20, 384)).astype(np.float16) / 20
    folder.replace(folder.novelty_path, lambda path: save_novelty(Novelty(kept=kept, distances=distances), path))


def warnings_on_predict(trained: Trained) -> list[str]:
    app = open_app("predict", run=trained.run_id)
    app.button(key="try-example").click().run()
    assert not app.exception
    return [element.value for element in app.warning]


def test_what_is_further_away_than_all_validation_samples_is_warned_of(finished_text_run: Trained) -> None:
    keep(finished_text_run, np.zeros(40, dtype=np.float32))
    (warning,) = warnings_on_predict(finished_text_run)
    assert warning.startswith(WARNING)


def test_what_is_near_enough_is_not(finished_text_run: Trained) -> None:
    keep(finished_text_run, np.full(40, 2.0, dtype=np.float32))
    assert warnings_on_predict(finished_text_run) == []
