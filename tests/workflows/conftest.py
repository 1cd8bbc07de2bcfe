"""One workspace with two tiny datasets, shared by all tests of this room, and runs in it."""

import numpy as np
import pytest
from PIL import Image

from core.workflows.inspect_dataset import inspect_dataset
from core.workflows.plan_run import RunChoices, plan_run
from core.workflows.show_run import show_run
from core.workflows.train_run import create_run, execute_run
from core.workflows.workspace import Workspace
from tests.datasets.pictures import encoded, write_folder

QUICK = {"image_size_px": 32, "epochs": 2, "batch_size": 8, "precision": "float32", "optimizer": "sgd"}
TOP_LAYER_TRAINS = {
    "image": ("stem", *(f"blocks.{n}" for n in range(6))),
    "text": ("embeddings", *(f"layer.{n}" for n in range(5))),
}
PARTS = {
    "delivery": "where is my {} parcel|my {} order has not arrived|when will the {} be delivered|tracking of the {}",
    "refund": "i want my money back for the {}|please refund the {}|the {} was charged twice|return the {} for cash",
    "praise": "i love the {}|the {} is wonderful thank you|great {} well done|best {} i ever had",
}
THINGS = ("lamp", "coat", "book")


@pytest.fixture(scope="session")
def workspace(tmp_path_factory):
    return Workspace(tmp_path_factory.mktemp("workspace"))


@pytest.fixture(scope="session")
def images(workspace, tmp_path_factory):
    """Red, green and noisy pictures, 16 each."""
    members = {f"{name}/{n}.png": picture(name, n) for name in ("green", "grey", "red") for n in range(16)}
    return inspect_dataset(workspace, write_folder(tmp_path_factory.mktemp("pictures"), members), name="colours")


@pytest.fixture(scope="session")
def texts(workspace, tmp_path_factory):
    """36 messages in three classes."""
    rows = [
        f"{part.format(thing)},{name}" for name, parts in PARTS.items() for part in parts.split("|") for thing in THINGS
    ]
    table = tmp_path_factory.mktemp("table") / "messages.csv"
    table.write_text("\n".join(["text,label", *rows]))
    return inspect_dataset(workspace, table)


@pytest.fixture
def reviews(tmp_path, text_table):
    """A workspace of the test's own with one dataset of texts."""
    workspace = Workspace(tmp_path / "own")
    table = tmp_path / "reviews.csv"
    table.write_bytes(text_table)
    return workspace, inspect_dataset(workspace, table)


def picture(name, n):
    pixels = np.random.default_rng(n + 100 * len(name)).integers(0, 160, (40, 40, 3), dtype=np.uint8)
    if name != "grey":
        pixels[..., 0 if name == "red" else 1] += 30
    return encoded(Image.fromarray(pixels), "PNG")


@pytest.fixture
def start(workspace):
    """Stores a run of a dataset with quick settings; gives its id."""

    def store(dataset, strategy, *, frozen=None, **settings):
        choices = RunChoices(
            dataset_id=dataset.id, strategy=strategy, frozen_stages=frozen, settings={**QUICK, **settings}
        )
        return create_run(workspace, plan_run(workspace, choices).spec)

    return store


@pytest.fixture
def execute(workspace):
    """Executes a run to the end, or until `should_stop` says so, and shows it."""

    def run(run_id, should_stop=lambda: None):
        execute_run(workspace.root, run_id, should_stop=should_stop)
        return show_run(workspace, run_id)

    return run


@pytest.fixture(scope="session")
def finished(workspace, images, texts):
    """One finished feature extraction per modality."""
    views = {}
    for dataset in (images, texts):
        choices = RunChoices(dataset_id=dataset.id, strategy="feature-extraction", settings=QUICK)
        run_id = create_run(workspace, plan_run(workspace, choices).spec)
        execute_run(workspace.root, run_id, should_stop=lambda: None)
        views[dataset.modality] = show_run(workspace, run_id)
    return views
