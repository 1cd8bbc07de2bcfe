"""A person's own file of weights: handed over, compared with the networks it may be for, taken in, removed again."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import streamlit as st

from core.backbones.records import BackboneInfo, WeightsFit
from core.datasets.records import Modality
from core.errors import ConfigurationError, UserError
from core.workflows.inspect_dataset import UploadedFile
from core.workflows.own_networks import (
    OwnNetwork,
    add_network,
    backbone_title,
    inspect_weights,
    is_from_outside,
    list_networks,
    remove_network,
)
from core.workflows.workspace import Workspace
from pages.components import draft, state
from pages.components.frame import render_error
from pages.components.run_actions import RESULTS
from pages.components.text import escape_markdown, shorten
from pages.components.uploads import discard, render_uploader

WEIGHTS = "weights"
FIT_KEY = "weights-fit"
PROBLEM_KEY = "weights-problem"
NAMES_SHOWN = 5
RUNS_SHOWN = 5

Problem = tuple[str, str]


def render_own_weights(workspace: Workspace, dataset_id: str, modality: Modality, chosen: BackboneInfo) -> None:
    """The uploader, what came of it, and the files that were taken in before.

    Args:
        workspace: where they are kept.
        dataset_id: whose choices are changed.
        modality: what a network must take.
        chosen: the present choice; where a person named it, a file may be for it as well.
    """
    with st.container(gap="small"):
        st.markdown("**With weights of your own**")
        st.caption(
            "A file of one of these networks that was trained elsewhere: .safetensors, or a .pth with its state_dict. "
            "Nothing in it is executed, and it stays on this machine."
        )
        files = render_uploader(WEIGHTS, "file", "File of weights")
        if len(files) == 1:
            _render_file(files[0], dataset_id, modality, chosen)
        elif files:
            render_error(ConfigurationError("One file of weights is taken at a time.", "Hand over one of them."))
        _render_taken_in(list_networks(workspace, modality), dataset_id)


def _render_file(file: UploadedFile, dataset_id: str, modality: Modality, chosen: BackboneInfo) -> None:
    also = (chosen.row.id,) if is_from_outside(chosen.row.id) else ()
    fits, problem = _inspect(str(file.path), modality, also)
    if problem is not None:
        render_error(UserError(*problem))
        return
    by_base = {fit.base: fit for fit in fits}
    base = st.radio(
        "Which network is it for?",
        list(by_base),
        format_func=lambda base: escape_markdown(backbone_title(base)),
        captions=[_fit_words(fit) for fit in fits],
        key=f"{FIT_KEY}.{file.path.name}",  # another file, another choice
    )
    fit = by_base[base or fits[0].base]
    _render_details(fit)
    if st.button("Take it in", key="weights-take", type="primary", disabled=not fit.is_complete):
        _take_in(file, fit, dataset_id)


@st.cache_data(max_entries=8, show_spinner="Comparing the file with the networks")
def _inspect(path: str, modality: Modality, also: tuple[str, ...]) -> tuple[tuple[WeightsFit, ...], Problem | None]:
    """It takes some seconds; the paths are never used twice, so they name the content."""
    try:
        return inspect_weights(Path(path), modality, also=also), None
    except UserError as error:
        return (), (error.problem, error.remedy)


def _fit_words(fit: WeightsFit) -> str:
    parts = [f"{fit.n_fitted:,} of {fit.n_needed:,} tensors fit"]
    if fit.missing:
        parts.append(f"{len(fit.missing):,} missing")
    if fit.wrong_shape:
        parts.append(f"{len(fit.wrong_shape):,} of another shape")
    if fit.unexpected:
        parts.append(f"{len(fit.unexpected):,} of the file left over")
    return " · ".join(parts)


def _render_details(fit: WeightsFit) -> None:
    kinds = {"Missing": fit.missing, "Of another shape": fit.wrong_shape, "Left over": fit.unexpected}
    for kind, names in kinds.items():
        if names:
            st.caption(f"{kind}: {_listed(names)}")
    if not fit.is_complete:
        st.caption("A file must hold every tensor of the network's stages. Choose the network it was saved from.")


def _listed(names: Sequence[str]) -> str:
    shown = ", ".join(escape_markdown(shorten(name, 80)) for name in names[:NAMES_SHOWN])
    return shown + (f" and {len(names) - NAMES_SHOWN:,} more" if len(names) > NAMES_SHOWN else "")


def _take_in(file: UploadedFile, fit: WeightsFit, dataset_id: str) -> None:
    try:
        with st.spinner("Taking it in"):
            own = add_network(file.path, file_name=file.name, base=fit.base)
    except UserError as error:
        render_error(error)
        return
    discard(WEIGHTS)
    draft.choose_model(dataset_id, own.id)
    st.rerun()


def _render_taken_in(networks: Sequence[OwnNetwork], dataset_id: str) -> None:
    if problem := st.session_state.pop(PROBLEM_KEY, None):
        render_error(UserError(*problem))
    if networks:
        st.markdown("**Taken in**")
    for network in networks:
        with st.container(horizontal=True, vertical_alignment="center", key=f"own-{network.weights.id}"):
            st.markdown(f"{escape_markdown(network.title)} · {network.weights.size_mb} MB", width="stretch")
            with st.popover("Remove", icon=":material/delete:", key=f"remove-{network.weights.id}"):
                _render_removal(network, dataset_id)


def _render_removal(network: OwnNetwork, dataset_id: str) -> None:
    if network.run_ids:
        st.markdown("Runs need these weights to predict and to go on, so they stay:")
        for run_id in network.run_ids[:RUNS_SHOWN]:
            st.page_link(RESULTS, label=run_id, query_params={state.RUN_PARAM: run_id})
        if len(network.run_ids) > RUNS_SHOWN:
            st.caption(f"and {len(network.run_ids) - RUNS_SHOWN:,} more")
        return
    st.markdown("The copy in the workspace is deleted. The file that you brought is not touched.")
    st.button(
        "Remove for good",
        key=f"remove-now-{network.weights.id}",
        type="primary",
        on_click=_remove,
        args=(dataset_id, network.weights.id),
    )


def _remove(dataset_id: str, own_id: str) -> None:
    try:
        remove_network(state.workspace(), own_id)
    except UserError as error:
        st.session_state[PROBLEM_KEY] = (error.problem, error.remedy)
        return
    if draft.read_draft(dataset_id).model == own_id:
        draft.choose_model(dataset_id, None)
