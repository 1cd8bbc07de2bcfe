"""What was noticed, on the Data page: samples to look at, the button that mends it, the split drawn anew."""

import numpy as np
import pytest
from PIL import Image
from streamlit.testing.v1 import AppTest

from core.workflows.check_data import check_data
from core.workflows.dataset_versions import made_from
from core.workflows.inspect_dataset import inspect_dataset
from core.workflows.workspace import open_workspace
from tests.datasets.pictures import encoded, write_folder
from tests.pages.conftest import all_text, open_app


def scene(seed):
    coarse = np.random.default_rng(seed).integers(0, 256, (18, 24, 3), dtype=np.uint8)
    return Image.fromarray(coarse).resize((120, 90), Image.Resampling.BICUBIC)


@pytest.fixture
def leaking(workspace, tmp_path):
    """Two classes of ten numbered scenes in train, and in val one that is saved anew from train."""
    members = {f"train/{'ab'[n % 2]}/IMG_{n}.png": encoded(scene(n), "PNG") for n in range(20)}
    members |= {f"val/{'ab'[n % 2]}/IMG_{n}.png": encoded(scene(n), "PNG") for n in range(20, 26)}
    members["val/a/again.jpg"] = encoded(scene(0), "JPEG", quality=80)
    return inspect_dataset(open_workspace(), write_folder(tmp_path / "scenes", members), name="scenes")


def open_data(dataset) -> AppTest:
    app = open_app("data", dataset=dataset.id)
    assert not app.exception
    return app


def test_a_look_at_every_sample_is_offered_and_what_it_found_is_shown(leaking):
    assert "Look at every sample" in [button.label for button in open_data(leaking).button]
    check_data(open_workspace(), leaking)
    app = open_data(leaking)
    assert "near copy in another part" in all_text(app)
    assert "Look again" in [button.label for button in app.button]


def test_a_finding_is_mended_by_its_button(leaking):
    check_data(open_workspace(), leaking)
    app = open_data(leaking)
    app.button(key="mend-near_split_leak").click().run()
    assert not app.exception
    (made,) = made_from(open_workspace(), leaking.id)
    assert made.n_samples == leaking.n_samples - 1
    assert "near copy in another part" not in all_text(app)


def test_the_split_is_drawn_anew_with_neighbours_together(workspace, tmp_path):
    members = {f"{'ab'[n % 2]}/IMG_{n:03}.png": encoded(scene(n), "PNG") for n in range(60)}
    dataset = inspect_dataset(open_workspace(), write_folder(tmp_path / "hands", members))
    app = open_data(dataset)
    app.session_state["split-open"] = True
    app.run()
    app.radio[-1].set_value("neighbours")
    next(button for button in app.button if button.label == "Draw the split anew").click().run()
    assert not app.exception
    (made,) = made_from(open_workspace(), dataset.id)
    assert "blocks of files with consecutive numbers kept together" in made.changes
    assert "blocks of files with consecutive numbers" in all_text(app)


def test_two_imports_of_one_file_can_be_told_apart_in_the_list(workspace, tmp_path):
    source = write_folder(tmp_path / "scenes", {f"{'ab'[n % 2]}/{n}.png": encoded(scene(n), "PNG") for n in range(40)})
    first, second = (inspect_dataset(open_workspace(), source, seed=seed) for seed in (0, 1))
    for dataset in (first, second):
        app = open_data(dataset)
        assert app.query_params["dataset"] in (dataset.id, [dataset.id])
        assert len(set(app.selectbox[0].options)) == 2
