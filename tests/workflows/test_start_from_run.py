"""A run begins where another one ended, says so, and is warned of where it is judged by what was learned there."""

import pytest
import torch

from core.backbones.catalogue import get_backbone
from core.backbones.loaders import build_backbone
from core.errors import ConfigurationError
from core.workflows.ancestry import warn_before
from core.workflows.check_data import redraw_split, usual_shares
from core.workflows.inspect_dataset import GroupRule
from core.workflows.pack import pack
from core.workflows.plan_run import RunChoices, plan_run
from core.workflows.run_network import RunNetwork
from core.workflows.show_run import show_run
from core.workflows.start_from_run import list_beginnings, start_from_run
from core.workflows.train_run import create_run
from core.workflows.unpack import unpack
from core.workflows.workspace import Workspace
from tests.workflows.conftest import QUICK


@pytest.fixture
def at_home(workspace, monkeypatch):
    """Weights of a person's own lie in the workspace that the settings name."""
    monkeypatch.setenv("HEADSTART_WORKSPACE", str(workspace.root))


@pytest.fixture
def tuned(at_home, images, start, execute):
    return execute(start(images, "full-fine-tuning", learning_rate=0.01))


def test_the_stages_are_those_that_the_run_ended_with(workspace, tuned):
    own = start_from_run(workspace, tuned.id)
    assert start_from_run(workspace, tuned.id) == own
    begun = build_backbone(own.id, pretrained=True)
    ended = RunNetwork(workspace, tuned.id, lambda *_: None).build_end().backbone
    for name, tensor in ended.state_dict().items():
        assert torch.equal(begun.state_dict()[name], tensor), name
    row = get_backbone(own.id)
    assert (row.base, own.run_id) == ("efficientnet-lite0", tuned.id)
    assert row.title == f"EfficientNet-Lite0 from run {tuned.id} on colours"
    assert tuned.id in [one.id for one in list_beginnings(workspace, "image")]
    assert tuned.id not in [one.id for one in list_beginnings(workspace, "text")]


def test_a_run_on_the_same_split_is_not_warned_of_and_names_its_ancestor(workspace, images, tuned, execute):
    own = start_from_run(workspace, tuned.id)
    choices = RunChoices(dataset_id=images.id, model=own.id, strategy="feature-extraction", settings=QUICK)
    run = execute(create_run(workspace, plan_run(workspace, choices).spec))
    assert not any("already learned" in one for one in run.report.warnings)
    assert workspace.runs.get(run.id).read_details()["ancestor"] == tuned.id
    assert warn_before(own.id, images) == ()


def test_a_run_that_is_judged_by_samples_its_network_knows_is_warned_of(workspace, images, tuned, execute):
    own = start_from_run(workspace, tuned.id)
    drawn_anew = redraw_split(workspace, images.id, rule=GroupRule(), shares=usual_shares(images), seed=5)
    n_judged = drawn_anew.n_samples - drawn_anew.split_sizes()["train"]
    choices = RunChoices(dataset_id=drawn_anew.id, model=own.id, strategy="feature-extraction", settings=QUICK)
    run = execute(create_run(workspace, plan_run(workspace, choices).spec))
    found = [one for one in run.report.warnings if "already learned" in one]
    assert len(found) == 1
    assert f"of {n_judged} validation and test samples" in found[0]
    assert warn_before(own.id, drawn_anew) == tuple(found)


def test_a_head_alone_is_nothing_to_begin_with(workspace, finished):
    with pytest.raises(ConfigurationError, match="left its network as it was"):
        start_from_run(workspace, finished["text"].id)


def test_it_works_for_a_run_unpacked_elsewhere_without_its_samples_and_travels_on(
    workspace, images, tuned, tmp_path, monkeypatch
):
    pack(workspace, tuned.id, tmp_path / "run.zip", with_samples=False)
    other = Workspace(tmp_path / "other")
    monkeypatch.setenv("HEADSTART_WORKSPACE", str(other.root))
    unpack(other, tmp_path / "run.zip")
    assert not show_run(other, tuned.id).has_data
    own = start_from_run(other, tuned.id)
    assert own.run_id == tuned.id
    packed = pack(other, None, tmp_path / "all.zip", with_samples=False)
    assert packed.weights == (own.id,)
    third = Workspace(tmp_path / "third")
    monkeypatch.setenv("HEADSTART_WORKSPACE", str(third.root))
    with pytest.raises(ConfigurationError, match="taken in by whoever runs it"):
        unpack(third, tmp_path / "all.zip", takes_weights=False)
    assert unpack(third, tmp_path / "all.zip").weights == (own.id,)
    assert get_backbone(own.id).base == "efficientnet-lite0"
