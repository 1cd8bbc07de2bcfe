"""The laws of staged text networks, on shrunken ones of every family; rows of full size obey them elsewhere."""

import copy

import pytest
import torch

from core.backbones.freezing import hash_frozen, hash_tensors
from core.backbones.networks.initialisation import initialise_weights
from core.backbones.networks.text import build_encoder, cut_text_network, width_of_text_network
from core.backbones.records import BackboneRow, TextPreprocessing
from core.backbones.staged import StagedBackbone

SMALL = {
    "vocab_size": 90,
    "hidden_size": 32,
    "num_hidden_layers": 2,
    "num_attention_heads": 4,
    "intermediate_size": 48,
    "max_position_embeddings": 40,
}
DISTANCES = {"relative_attention": True, "position_buckets": 8, "position_biased_input": False}

NETWORKS = {
    "bert": ("bert", SMALL),
    "roberta": ("roberta", SMALL | {"type_vocab_size": 1}),
    "xlm-roberta": ("xlm-roberta", SMALL | {"type_vocab_size": 1}),
    "distilbert": (
        "distilbert",
        {"vocab_size": 90, "dim": 32, "n_layers": 2, "n_heads": 4, "hidden_dim": 48, "max_position_embeddings": 40},
    ),
    "electra": ("electra", SMALL | {"embedding_size": 16}),
    "electra of equal widths": ("electra", SMALL | {"embedding_size": 32}),
    "deberta v3": (
        "deberta-v2",
        SMALL | DISTANCES | {"norm_rel_ebd": "layer_norm", "share_att_key": True, "pos_att_type": "p2c|c2p"},
    ),
    "deberta with projections of its own and no normalisation": (
        "deberta-v2",
        SMALL | DISTANCES | {"pos_att_type": ["c2p", "p2c"], "type_vocab_size": 2},
    ),
    "gpt2": (
        "gpt2",
        {"vocab_size": 90, "n_embd": 32, "n_layer": 2, "n_head": 4, "n_positions": 40}
        | {"bos_token_id": 0, "eos_token_id": 0},
    ),
}
STAGES = ("embeddings", "layer.0", "layer.1")
FROZEN = [("embeddings",), ("embeddings", "layer.0"), ("layer.0",), ("layer.0", "layer.1"), ("layer.1",)]


@pytest.fixture(scope="module")
def built(request):
    """The library's network and the stages, of the same random weights, which leave no tensor at a special value."""
    family, configuration = NETWORKS[request.param]
    network = build_encoder(family, configuration)
    row = BackboneRow(
        id="small",
        title="Small",
        modality="text",
        family=family,
        source="transformers",
        reference="small",
        licence="none",
        download_mb=0,
        preprocessing=TextPreprocessing(max_tokens=40, pooling="last" if family == "gpt2" else "mean"),
        probe_friendly=False,
        advice="For tests.",
    )
    backbone = StagedBackbone(row, cut_text_network(row, network), width_of_text_network(network))
    generator = torch.Generator().manual_seed(2)
    with torch.no_grad():
        for parameter in backbone.parameters():
            parameter.normal_(0, 0.2, generator=generator)
    library = build_encoder(family, configuration)  # a second one, because cutting takes constants out of the first
    library.load_state_dict(network.state_dict())
    return library.eval(), backbone.eval()


every_family = pytest.mark.parametrize("built", NETWORKS, indirect=True)


def token_ids(n_texts=3, n_tokens=12):
    return torch.randint(5, 90, (n_texts, n_tokens), generator=torch.Generator().manual_seed(5))


def right_padded():
    ids = token_ids()
    mask = torch.ones_like(ids, dtype=torch.bool)
    mask[0, 9:] = False
    mask[1, 1:] = False
    return ids.masked_fill(~mask, 1), mask


@every_family
def test_the_stages_in_a_row_compute_what_the_library_does(built):
    library, backbone = built
    ids, mask = right_padded()
    with torch.no_grad():
        expected = library(input_ids=ids, attention_mask=mask.long()).last_hidden_state
        found = backbone.run_stages(ids, mask)
    torch.testing.assert_close(found[mask], expected[mask], rtol=0, atol=1e-5)
    assert expected[mask].std() > 0.1  # numbers of a size at which 1e-5 is near


@every_family
def test_the_pooled_features_follow_from_what_the_library_computes_for_the_text_alone(built):
    library, backbone = built
    ids, mask = right_padded()
    with torch.no_grad():
        alone = library(input_ids=ids[:1, :9]).last_hidden_state[0]
        expected = alone[-1] if backbone.row.preprocessing.pooling == "last" else alone.mean(dim=0)
        torch.testing.assert_close(backbone(ids, mask)[0], expected, rtol=0, atol=1e-5)


@every_family
def test_the_whole_pass_equals_two_passes_joined_at_any_cut(built):
    _, backbone = built
    ids, mask = right_padded()
    with torch.no_grad():
        whole = backbone(ids, mask)
        for cut in range(4):
            at_cut = backbone.run_stages(ids, mask, stop=cut)
            kept = at_cut.clone()
            joined = backbone.pool(backbone.run_stages(at_cut, mask, start=cut), mask)
            torch.testing.assert_close(joined, whole, rtol=0, atol=0)
            torch.testing.assert_close(at_cut, kept, rtol=0, atol=0)


@every_family
def test_what_padding_holds_and_how_much_there_is_changes_nothing(built):
    _, backbone = built
    ids = token_ids(n_texts=1, n_tokens=7)
    padded = torch.full((2, 33), 6)
    padded[0, :7] = ids
    mask = torch.zeros(2, 33, dtype=torch.bool)
    mask[0, :7] = True
    mask[1] = True
    with torch.no_grad():
        alone = backbone(ids)
        torch.testing.assert_close(backbone(padded, mask)[:1], alone, rtol=0, atol=1e-5)
        for cut in (1, 2):  # as read from the cache, where padding is zero
            at_cut = backbone.run_stages(padded, mask, stop=cut) * mask.unsqueeze(-1)
            features = backbone.pool(backbone.run_stages(at_cut, mask, start=cut), mask)
            torch.testing.assert_close(features[:1], alone, rtol=0, atol=1e-5)


@pytest.mark.parametrize("frozen", FROZEN, ids="+".join)
@every_family
def test_a_training_step_moves_every_tensor_of_trainable_stages_and_no_frozen_one(built, frozen):
    backbone = copy.deepcopy(built[1])
    backbone.apply_freeze(frozen)
    backbone.train()
    frozen_before = hash_frozen(backbone, frozen)
    trained = [name for name in STAGES if name not in frozen]
    before = {name: hash_tensors(backbone.stage(name)) for name in trained}
    parameters = [parameter for parameter in backbone.parameters() if parameter.requires_grad]
    optimizer = torch.optim.SGD(parameters, lr=0.1, weight_decay=0.1)
    ids, mask = right_padded()
    backbone(ids, mask).square().sum().backward()
    optimizer.step()
    assert hash_frozen(backbone, frozen) == frozen_before
    for name in trained:
        after = hash_tensors(backbone.stage(name))
        assert {tensor for tensor in after if after[tensor] == before[name][tensor]} == set()


@every_family
def test_every_tensor_of_the_library_belongs_to_exactly_one_stage(built):
    library, backbone = built
    owned = [tensor for stage in STAGES for tensor in backbone.stage(stage).state_dict(keep_vars=True).values()]
    assert len({id(tensor) for tensor in owned}) == len(owned)
    shapes = sorted(tensor.shape for tensor in owned)
    assert shapes == sorted(tensor.shape for tensor in library.state_dict().values())


@every_family
def test_random_weights_leave_no_layer_without_a_rule(built):
    backbone = copy.deepcopy(built[1])
    initialise_weights(backbone, torch.Generator().manual_seed(0), linear_std=0.02)
    with torch.no_grad():
        features = backbone(*right_padded())
    assert torch.isfinite(features).all()
    assert features.std() > 0


@pytest.mark.parametrize("built", ["deberta v3"], indirect=True)
def test_distances_are_embedded_by_the_first_stage_even_in_a_copy(built):
    """The layers borrow them: they train, freeze and hash with the embeddings, and a copy borrows from itself."""
    backbone = copy.deepcopy(built[1])
    names = set(hash_tensors(backbone.stage("embeddings")))
    assert {"relative.embeddings.weight", "relative.norm.weight", "relative.norm.bias"} <= names
    assert not any("relative" in name for name in hash_tensors(backbone.stage("layer.0")))
    ids, mask = right_padded()
    with torch.no_grad():
        hidden = backbone.run_stages(ids, mask, stop=1)
        before = backbone.run_stages(hidden, mask, start=1)
        backbone.stage("embeddings").relative.norm.weight.mul_(10)
        assert not torch.allclose(backbone.run_stages(hidden, mask, start=1), before)
        assert torch.equal(built[1].run_stages(hidden, mask, start=1), before)


@pytest.mark.parametrize("built", ["gpt2"], indirect=True)
def test_tokens_of_a_language_model_see_nothing_behind_them(built):
    _, backbone = built
    ids = token_ids(n_texts=1)
    with torch.no_grad():
        torch.testing.assert_close(backbone.run_stages(ids[:, :5]), backbone.run_stages(ids)[:, :5], rtol=0, atol=1e-5)


@every_family
def test_training_mode_repeats_itself_from_the_generator_alone(built):
    backbone = copy.deepcopy(built[1]).train()
    ids, mask = right_padded()

    def features(seed):
        backbone.generator = torch.Generator().manual_seed(seed)
        with torch.no_grad():
            return backbone(ids, mask)

    state = torch.get_rng_state()
    first = features(9)
    assert torch.equal(features(9), first)
    assert torch.equal(torch.get_rng_state(), state)
    assert not torch.equal(features(10), first)
