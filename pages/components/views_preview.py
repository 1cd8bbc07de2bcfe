"""The views a run would learn from, beside the images they are made of; and a word where mirroring would harm."""

from __future__ import annotations

import streamlit as st

from core.training.spec import TrainingSpec
from core.workflows.inspect_dataset import load_dataset
from core.workflows.preview_views import MAX_VIEWS, PreviewedImage, mirroring_warning, preview_views
from core.workflows.workspace import Workspace
from pages.components.text import escape_markdown, shorten

KEY = "views-preview"
PICTURE_WIDTH_PX = 96
ROW_PX = 330
"""Three pictures side by side."""


def render_views_preview(workspace: Workspace, spec: TrainingSpec) -> None:
    """A folded panel where there is more than the images themselves to learn from; nothing elsewhere.

    Args:
        workspace: where the images lie.
        spec: the settings of a run on images.
    """
    if spec.mirroring == "on":
        _render_warning(workspace, spec)
    if spec.n_views == 1:
        return
    # Drawn only when it is open: decoding and cropping take a while that no other press should wait for.
    label = "See the views the run would learn from"
    with st.expander(label, icon=":material/photo_library:", key=KEY, on_change="rerun") as folder:
        if folder.open:
            _render_views(workspace, spec)


def _render_warning(workspace: Workspace, spec: TrainingSpec) -> None:
    why = mirroring_warning(load_dataset(workspace, spec.dataset_id).class_names)
    if why is not None:
        st.warning(
            f"Mirrored views are on. {escape_markdown(why)} Turn them off, unless that is meant.",
            icon=":material/flip:",
        )
    if spec.n_views == 1:
        st.caption(":material/flip: With one view per image nothing is mirrored: only further views are.")


def _render_views(workspace: Workspace, spec: TrainingSpec) -> None:
    n_shown = min(spec.n_views, MAX_VIEWS)
    rest = f" The first {n_shown} of {spec.n_views} are shown." if spec.n_views > n_shown else ""
    st.caption(
        "Training images of the first classes as the network gets them: first each as it is, then its other views, "
        f"exactly those of the run. Where stages train, each epoch takes one of them by lot.{rest}"
    )
    decisive = (spec.dataset_id, spec.image_size_px, spec.n_views, spec.mirroring, spec.seed)
    with st.grid(2, min_column_width=ROW_PX):
        for image in _preview(str(workspace.root), *decisive, _workspace=workspace, _spec=spec):
            with st.container():
                _render_row(image)


def _render_row(image: PreviewedImage) -> None:
    st.markdown(f"**{escape_markdown(shorten(image.class_name, 60))}**")
    with st.container(horizontal=True, gap="small"):
        for number, picture in enumerate(image.pictures):
            words = f"view {number + 1} of it" if number else "the image itself"
            st.image(
                picture,
                caption=f"View {number + 1}" if number else "Itself",
                width=PICTURE_WIDTH_PX,
                alt=f"{shorten(image.class_name, 200)}: {words}",
            )


@st.cache_data(max_entries=8, show_spinner="Drawing views")
def _preview(
    root: str,  # noqa: ARG001 - these stand for all that decides the pictures; other settings may change meanwhile
    dataset_id: str,  # noqa: ARG001
    image_size_px: int,  # noqa: ARG001
    n_views: int,  # noqa: ARG001
    mirroring: str,  # noqa: ARG001
    seed: int,  # noqa: ARG001
    *,
    _workspace: Workspace,
    _spec: TrainingSpec,
) -> tuple[PreviewedImage, ...]:
    return preview_views(_workspace, _spec)
