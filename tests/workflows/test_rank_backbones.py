"""Ranking: from data to an order, with the bundled networks and with files that look like published ones."""

import dataclasses
import hashlib

import numpy as np
import pytest
import torch
import torchvision

from core.backbones.own_weights import add_own_weights
from core.errors import ConfigurationError, MissingWeightsError, UnknownChoiceError
from core.workflows import rank_backbones as room
from core.workflows.plan_run import RunChoices, plan_run
from core.workflows.rank_backbones import rank_backbones
from core.workflows.stored_rankings import load_ranking
from core.workflows.train_run import create_run, execute_run
from core.workflows.workspace import Workspace

NETWORKS = {"resnet18": "resnet18", "mobilenetv2": "mobilenet_v2"}


@pytest.fixture(scope="module")
def published(tmp_path_factory):
    """Files with random weights under published names, where torch's hub would put them."""
    folder = tmp_path_factory.mktemp("torch")
    (folder / "hub/checkpoints").mkdir(parents=True)
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("TORCH_HOME", str(folder))
        for name in NETWORKS.values():
            weights = torchvision.models.get_model_weights(name).IMAGENET1K_V1
            file = folder / "weights.pth"
            torch.save(torchvision.models.get_model(name, weights=None).state_dict(), file)
            digest = hashlib.sha256(file.read_bytes()).hexdigest()[:8]
            address = dataclasses.replace(weights.value, url=f"https://localhost/{name}-{digest}.pth")
            patch.setattr(weights, "_value_", address)
            file.rename(folder / f"hub/checkpoints/{name}-{digest}.pth")
        yield folder / "hub/checkpoints"


@pytest.fixture
def short_rounds(monkeypatch):
    monkeypatch.setattr(room, "ROUNDS", (12, 20))


@pytest.mark.parametrize("kind", ["images", "texts"])
def test_what_is_bundled_is_a_ranking_of_one(workspace, request, kind, monkeypatch, tmp_path):
    monkeypatch.setenv("TORCH_HOME", str(tmp_path))
    monkeypatch.setenv("HF_HOME", str(tmp_path))
    dataset = request.getfixturevalue(kind)
    steps = []
    ranking = rank_backbones(workspace, dataset, on_progress=lambda step, done, of: steps.append((step, done, of)))
    (only,) = ranking.backbones
    assert only.model == {"image": "efficientnet-lite0", "text": "minilm-l6"}[dataset.modality]
    assert not only.tied
    assert 0.5 < only.score <= 1
    assert only.n_samples == ranking.n_train == len(dataset.rows("train"))
    assert 0 < only.ms_per_sample < 10_000
    assert 0 < only.seconds <= ranking.seconds
    assert np.isfinite([only.log_me, only.knn, only.standard_error]).all()
    assert {"passing samples", "loading"} <= {step.rpartition(": ")[2] for step, _, _ in steps}
    assert load_ranking(workspace, dataset) == ranking


def test_ranking_and_runs_share_what_was_passed(tmp_path, texts):
    own = Workspace(tmp_path)
    own.datasets.save(texts)
    run_id = create_run(own, plan_run(own, RunChoices(dataset_id=texts.id, strategy="feature-extraction")).spec)
    execute_run(own.root, run_id, should_stop=lambda: None)
    passed = own.cache.keys("")
    assert passed
    rank_backbones(own, texts)
    assert own.cache.keys("") == passed


def test_the_test_split_is_never_looked_at(workspace, images):
    """Scrambled labels of validation and test change nothing."""
    labels = images.labels.copy()
    outside = images.splits != "train"
    labels[outside] = (labels[outside] + 1) % images.n_classes
    scrambled = dataclasses.replace(images, labels=labels, id="0" * 16)
    workspace.datasets.save(scrambled)
    first, second = (
        rank_backbones(workspace, one, models=["efficientnet-lite0"]).backbones[0] for one in (images, scrambled)
    )
    assert (first.score, first.log_me, first.knn) == (second.score, second.log_me, second.knn)


def test_several_are_halved_and_told_in_order(workspace, images, published, short_rounds):
    ranking = rank_backbones(workspace, images)
    assert {one.model for one in ranking.backbones} == {"efficientnet-lite0", *NETWORKS}
    scores = [one.score for one in ranking.backbones]
    sizes = [one.n_samples for one in ranking.backbones]
    assert set(sizes) <= {12, 20}
    assert sizes == sorted(sizes, reverse=True)
    tied = [one for one in ranking.backbones if one.tied]
    assert len(tied) != 1
    assert [one.ms_per_sample for one in tied] == sorted(one.ms_per_sample for one in tied)
    if not tied:
        assert scores[0] == max(scores)
    assert ranking.uses_prior
    assert load_ranking(workspace, images) == ranking


def test_a_damaged_file_is_left_out_with_its_reason_unless_it_was_named(workspace, images, published, short_rounds):
    file = next(published.glob("resnet18-*"))
    whole = file.read_bytes()
    file.write_bytes(whole[:1000])
    try:
        ranking = rank_backbones(workspace, images)
        assert [one.model for one in ranking.not_ranked] == ["resnet18"]
        assert "damaged" in ranking.not_ranked[0].reason
        with pytest.raises(MissingWeightsError):
            rank_backbones(workspace, images, models=["resnet18"])
    finally:
        file.write_bytes(whole)


def test_only_named_backbones_are_ranked_each_once(workspace, images, published, short_rounds):
    ranking = rank_backbones(workspace, images, models=["mobilenetv2", "mobilenetv2"])
    assert [one.model for one in ranking.backbones] == ["mobilenetv2"]
    assert not ranking.uses_prior


def test_what_cannot_be_ranked_is_refused_before_anything_is_computed(workspace, images, monkeypatch, tmp_path):
    monkeypatch.setenv("TORCH_HOME", str(tmp_path))
    with pytest.raises(UnknownChoiceError):
        rank_backbones(workspace, images, models=["resnet17"])
    with pytest.raises(ConfigurationError, match="takes texts"):
        rank_backbones(workspace, images, models=["minilm-l6"])
    with pytest.raises(MissingWeightsError):
        rank_backbones(workspace, images, models=["efficientnet-lite0", "vgg16"])


def test_a_file_of_the_persons_own_is_not_ranked(workspace, images, published, monkeypatch, tmp_path):
    monkeypatch.setenv("HEADSTART_WORKSPACE", str(tmp_path))
    file = next(published.glob("resnet18-*"))
    own = add_own_weights(file, file_name="mine.pth", backbone_id="resnet18")
    with pytest.raises(ConfigurationError, match="a file of your own"):
        rank_backbones(workspace, images, models=[own.id])


def test_whoever_watches_can_end_it(workspace, images):
    def stop(*_):
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        rank_backbones(workspace, images, on_progress=stop)


def test_a_ranking_of_another_version_is_none(tmp_path, images):
    own = Workspace(tmp_path)
    (tmp_path / "rankings").mkdir()
    (tmp_path / f"rankings/{images.id}.json").write_text('{"version": 0}')
    assert load_ranking(own, images) is None
