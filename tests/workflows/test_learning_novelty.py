"""What a run keeps to tell inputs that are unlike its data, and what it says about them."""

import io

import numpy as np
import pytest
from PIL import Image

from core.evaluation.novelty import load_novelty
from core.workflows.inspect_dataset import inspect_dataset
from core.workflows.plan_run import RunChoices, plan_run
from core.workflows.predict import predict_images
from core.workflows.train_run import create_run, execute_run
from tests.datasets.pictures import write_folder
from tests.workflows.conftest import QUICK, TOP_LAYER_TRAINS, picture

N_PER_CLASS = 80


@pytest.fixture(scope="module")
def many_images(workspace, tmp_path_factory):
    """Enough green and red pictures for more than 20 validation samples."""
    members = {f"{name}/{n}.png": picture(name, n) for name in ("green", "red") for n in range(N_PER_CLASS)}
    return inspect_dataset(workspace, write_folder(tmp_path_factory.mktemp("many"), members), name="many")


@pytest.fixture(scope="module", params=["feature-extraction", "head-then-fine-tune"])
def run_id(request, workspace, many_images):
    frozen = TOP_LAYER_TRAINS["image"] if request.param == "head-then-fine-tune" else None
    choices = RunChoices(
        dataset_id=many_images.id,
        strategy=request.param,
        frozen_stages=frozen,
        settings={**QUICK, "epochs": 1, "n_views": 1},
    )
    run_id = create_run(workspace, plan_run(workspace, choices).spec)
    execute_run(workspace.root, run_id, should_stop=lambda: None)
    return run_id


def white():
    file = io.BytesIO()
    Image.fromarray(np.full((40, 40, 3), 255, dtype=np.uint8)).save(file, "PNG")
    return file.getvalue()


def test_what_is_unlike_the_data_is_flagged_and_its_samples_hardly_ever(workspace, many_images, run_id):
    rows = [*many_images.rows("train"), *many_images.rows("val")]
    paths = [workspace.datasets.image_path(many_images.sample_ids[row]) for row in rows]
    known = predict_images(workspace, run_id, [(path.name, path) for path in paths])
    assert np.mean([one.is_unlike for one in known]) <= 0.05
    (strange,) = predict_images(workspace, run_id, [("white.png", white())])
    assert strange.is_unlike
    assert strange.further_than == 1.0


def test_a_validation_sample_has_the_distance_that_was_stored_for_it(workspace, many_images, run_id):
    rows = many_images.rows("val")
    paths = [workspace.datasets.image_path(many_images.sample_ids[row]) for row in rows]
    found = predict_images(workspace, run_id, [(path.name, path) for path in paths])
    shares = sorted(one.further_than for one in found)
    assert shares == pytest.approx(np.arange(len(rows)) / len(rows), abs=1.5 / len(rows))
    assert len(load_novelty(workspace.runs.get(run_id).novelty_path).distances) == len(rows)


def test_a_run_without_the_file_says_nothing(workspace, finished):
    run = finished["image"]
    assert not workspace.runs.get(run.id).novelty_path.is_file()
    (answer,) = predict_images(workspace, run.id, [("white.png", white())])
    assert answer.further_than is None
    assert not answer.is_unlike
