"""Models in every format, asked as others will ask them, beside what the runs reported of the same samples."""

from __future__ import annotations

import argparse
import tempfile
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pandas as pd
import safetensors.torch

from benchmarks.data import require_data
from benchmarks.ours import import_data
from benchmarks.sections import Column, Section, Table, build_parser, measuring
from core.backbones.catalogue import get_backbone
from core.backbones.loaders import build_backbone
from core.backbones.own_weights import add_own_weights
from core.backbones.tokenizers import tokenizer_file
from core.commands.parsing import named_workspace
from core.exporting.export_check import ExportCheck
from core.exporting.formats import list_formats
from core.exporting.library_network import library_tensors
from core.training.strategies import get_strategy
from core.workflows.export_model import export_model
from core.workflows.plan_run import RunChoices, plan_run
from core.workflows.train_run import create_run, execute_run
from core.workflows.workspace import Workspace

STRATEGY = "feature-extraction"
N_TEXTS, SIZE_PX = 2_000, 96
TOKENIZER_OF = {"bert-base": "minilm-l6"}
"""Both know the same words, and only one of them is here without a download."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Network:
    """A network to send out.

    Attributes:
        model: id of the row.
        is_random: take random weights instead of the published ones, which need a download.
        image_size_px: side of the images; None: as suggested.
    """

    model: str
    is_random: bool = False
    image_size_px: int | None = None


NETWORKS = (
    Network(model="efficientnet-lite0"),
    Network(model="minilm-l6"),
    Network(model="resnet50", is_random=True, image_size_px=SIZE_PX),
    Network(model="bert-base", is_random=True),
)


def main() -> None:
    """Measure and store."""
    options = build_parser(__doc__).parse_args()
    with measuring("exports", "Models in every format", is_quick=options.quick) as section:
        measure(section, options)


def measure(section: Section, options: argparse.Namespace) -> None:
    """Fill the section."""
    images = require_data(options.data, "sign-digits.zip")
    texts = require_data(options.data, "banking77/train.csv")
    table = _table(section)
    exact: list[ExportCheck] = []
    with tempfile.TemporaryDirectory() as folder, named_workspace(Path(folder)):
        root = Path(folder)
        some = root / "some-texts.csv"
        pd.read_csv(texts).sample(N_TEXTS, random_state=0).to_csv(some, index=False)
        data = {"image": import_data(root, images).id, "text": import_data(root, some).id}
        for network in NETWORKS[: 1 if options.quick else len(NETWORKS)]:
            exact += _measure_one(table, root, network, data)
    section.aim(
        "Predictions that differ from the report, exact formats together",
        sum(one.n_other_class for one in exact),
        0,
        "{:.0f}",
        at_least=False,
    )
    section.aim(
        "Largest difference of a probability to the network, exact formats",
        max(one.from_network for one in exact),
        1e-4,
        "{:.1e}",
        at_least=False,
    )
    section.notes.append(
        f"Each network is a feature extraction: the image networks on sign-digits, the text networks on {N_TEXTS:,} "
        "texts of BANKING77. Each format is packed, read back and asked by its own library about validation samples."
    )
    section.notes.append("Seconds hold writing, reading back and asking; samples are asked one by one.")


def _table(section: Section) -> Table:
    return section.table(
        "The answers of the files beside those of the report",
        Column(key="network", title="Network"),
        Column(key="format", title="Format"),
        Column(key="n", title="Samples", form="{:,.0f}"),
        Column(key="network_difference", title="Largest difference of a probability, to the network", form="{:.1e}"),
        Column(key="report_difference", title="… to the report", form="{:.1e}"),
        Column(key="others", title="Other predictions", form="{:.0f}"),
        Column(key="accuracy", title="Accuracy", form="{:.1%}"),
        Column(key="reported", title="… of the report", form="{:.1%}"),
        Column(key="change", title="95 % interval of the change"),
        Column(key="megabytes", title="MB", form="{:.1f}"),
        Column(key="seconds", title="Seconds", form="{:.0f}"),
    )


def _measure_one(table: Table, root: Path, network: Network, data: dict[str, str]) -> Iterator[ExportCheck]:
    """A row for every format; gives those of the exact ones."""
    workspace, row = Workspace(root), get_backbone(network.model)
    model = _with_random_weights(root, network.model) if network.is_random else network.model
    settings = {} if network.image_size_px is None else {"image_size_px": network.image_size_px}
    choices = RunChoices(dataset_id=data[row.modality], model=model, strategy=STRATEGY, settings=settings)
    run_id = create_run(workspace, plan_run(workspace, choices).spec)
    execute_run(root, run_id, should_stop=lambda: None)
    title = f"{row.title}{', random weights' if network.is_random else ''}"
    for kind in list_formats(row, get_strategy(STRATEGY).features):
        check = export_model(workspace, run_id, kind.id)
        _add(table, title, kind.title, check)
        print(title, kind.id, check)
        if kind.is_exact:
            yield check


def _with_random_weights(root: Path, model: str) -> str:
    """A backbone of one's own in the form of a row, with random weights; its id."""
    backbone = build_backbone(model, pretrained=False)
    file = root / f"{model}.safetensors"
    tensors = {name: tensor.contiguous() for name, tensor in library_tensors(backbone).items()}
    safetensors.torch.save_file(tensors, file)
    if model in TOKENIZER_OF:
        place = root / "weights" / model
        place.mkdir(parents=True, exist_ok=True)
        (place / "tokenizer.json").write_text(tokenizer_file(get_backbone(TOKENIZER_OF[model])).json, encoding="utf-8")
    own = add_own_weights(file, file_name=file.name, backbone_id=model)
    return own.id


def _add(table: Table, network: str, title: str, check: ExportCheck) -> None:
    low, high = check.change.low, check.change.high
    table.add(
        network=network,
        format=title,
        n=check.n,
        network_difference=check.from_network,
        report_difference=check.from_report,
        others=check.n_other_class,
        accuracy=check.accuracy.value,
        reported=check.reported_accuracy.value,
        change="" if low is None or high is None else f"{100 * low:+.1f} to {100 * high:+.1f}",
        megabytes=check.megabytes,
        seconds=check.seconds,
    )


if __name__ == "__main__":
    main()
