"""The preview of views: the very pictures a run would learn from."""

import io
from dataclasses import replace

import numpy as np
import pytest
from PIL import Image

from core.backbones.catalogue import get_backbone
from core.features.inputs import open_inputs
from core.workflows.cut_choice import views_of
from core.workflows.plan_run import RunChoices, plan_run
from core.workflows.preview_views import MAX_VIEWS, PICTURE_PX, preview_views


@pytest.fixture
def spec(workspace, images):
    settings = {"n_views": 3, "image_size_px": PICTURE_PX}
    choices = RunChoices(dataset_id=images.id, strategy="head-then-fine-tune", settings=settings)
    return plan_run(workspace, choices).spec


def pixels(jpeg):
    return np.asarray(Image.open(io.BytesIO(jpeg)), dtype=np.float32)


@pytest.mark.parametrize("mirroring", ["off", "on"])
def test_each_picture_is_the_row_that_the_run_would_read(workspace, images, spec, mirroring):
    spec = replace(spec, mirroring=mirroring)
    inputs = open_inputs(
        images,
        get_backbone(spec.model),
        store=workspace.datasets,
        cache=workspace.cache,
        image_size_px=spec.image_size_px,
        views=views_of(images, spec),
    )
    rows = views_of(images, spec).rows(images.n_samples, images.rows("train"))
    read = inputs.read(rows, lambda *_: None).batch(rows).values.permute(0, 2, 3, 1).numpy().astype(np.float32)
    for image in preview_views(workspace, spec):
        nearest = [rows[np.abs(read - pixels(picture)).mean(axis=(1, 2, 3)).argmin()] for picture in image.pictures]
        sample = nearest[0]
        assert nearest == [sample + view * images.n_samples for view in range(3)]
        assert images.class_names[images.labels[sample]] == image.class_name
        assert sample in images.rows("train")


def test_every_class_is_there_once_and_no_more_views_than_can_be_compared(workspace, images, spec):
    shown = preview_views(workspace, replace(spec, n_views=MAX_VIEWS + 3))
    assert [image.class_name for image in shown] == list(images.class_names)
    assert {len(image.pictures) for image in shown} == {MAX_VIEWS}


def test_the_seed_decides_the_samples(workspace, spec):
    first, again = preview_views(workspace, spec), preview_views(workspace, spec)
    assert first == again
    assert any(preview_views(workspace, replace(spec, seed=seed)) != first for seed in range(1, 4))
