"""One network answers: a run predicts what it reported, in whichever precision its training looked at samples."""

import numpy as np
import pytest

from core.evaluation.prediction_table import load_predictions
from core.workflows.predict import predict_images, predict_texts
from tests.workflows.conftest import TOP_LAYER_TRAINS


@pytest.mark.parametrize("modality", ["image", "text"])
@pytest.mark.parametrize("strategy", ["feature-extraction", "head-then-fine-tune"])
def test_a_run_trained_in_bfloat16_predicts_what_it_reported(
    workspace, images, texts, start, execute, modality, strategy
):
    dataset = images if modality == "image" else texts
    frozen = TOP_LAYER_TRAINS[modality] if strategy == "head-then-fine-tune" else None
    run = execute(start(dataset, strategy, frozen=frozen, precision="bfloat16", epochs=1))
    table = load_predictions(workspace.runs.get(run.id).predictions_path)
    row_of = {sample_id: row for row, sample_id in enumerate(dataset.sample_ids)}
    if modality == "image":
        asked = [(name, workspace.datasets.image_path(name)) for name in table.sample_ids]
        answers = predict_images(workspace, run.id, asked)
    else:
        answers = predict_texts(workspace, run.id, [dataset.texts[row_of[name]] for name in table.sample_ids])
    given = np.array([[share for _, share in answer.probabilities] for answer in answers])
    assert given == pytest.approx(table.probs, abs=1e-5)
    assert [run.class_names.index(answer.label) for answer in answers] == table.predictions.tolist()
