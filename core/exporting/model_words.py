"""What a model that is taken along says about itself."""

from __future__ import annotations

from dataclasses import dataclass

from core.backbones.records import BackboneRow
from core.evaluation.records import Interval, Report, SplitReport
from core.settings import PRODUCT
from core.training.spec import TrainingSpec
from core.training.strategies import get_strategy

_SPLITS = {"train": "training", "val": "validation", "test": "test"}


@dataclass(frozen=True, kw_only=True, slots=True)
class BundleCheck:
    """How far the archive's answers lie from others on the same validation samples.

    Attributes:
        n: samples that were compared.
        from_network: largest difference of a probability to the network in float32, from which the archive was made.
        from_dashboard: largest difference to what the dashboard shows; larger where that computes the frozen stages
            in bfloat16.
        n_other_class: samples that the archive puts into another class than the dashboard.
    """

    n: int
    from_network: float
    from_dashboard: float
    n_other_class: int


def check_words(check: BundleCheck) -> str:
    """What the check found, in a sentence or two."""
    others = "none of them gets" if not check.n_other_class else f"{check.n_other_class:,} of them get"
    return (
        f"On {check.n:,} validation samples its probabilities are those of the trained network to within "
        f"{check.from_network:.0e}, and differ from the dashboard's by at most {check.from_dashboard:.3f}; {others} "
        "another class. Where the second number is not almost 0, the dashboard computes the frozen stages in "
        "bfloat16, which is faster; with the setting precision=float32 both agree."
    )


def model_words(report: Report, spec: TrainingSpec, row: BackboneRow, check: BundleCheck) -> str:
    """What it is, how good it is, how to use it and what to beware of, in Markdown; class names as code.

    Args:
        report: of the run.
        spec: its settings.
        row: its backbone.
        check: of the archive.
    """
    inputs = '"The text to classify."' if row.modality == "text" else "photo.jpg"
    classes = ", ".join(_code(name) for name in report.class_names)
    numbers = "\n".join(_split_words(part) for part in report.splits)
    return f"""# A classifier of {row.modality}s with {len(report.class_names)} classes

Made with {PRODUCT}: {row.title}, {get_strategy(spec.strategy).title.lower()}. The pretrained weights are under the
licence {row.licence}.

## Use

```
pip install -r requirements.txt
python predict.py --self-test
python predict.py {inputs}
```

`network.onnx` is the network, `model.safetensors` holds its weights (both must lie in one folder), `model.json` says
what goes in and what comes out. Any ONNX runtime can load it.

## How good it is

{numbers}

{check_words(check)}

## Classes

{classes}

## Limits

It knows these classes only and gives one of them to every input, also to one that shows none of them. The numbers
above hold for inputs like those it was trained and judged on.
"""


def _split_words(part: SplitReport) -> str:
    return (
        f"- On {part.n:,} {_SPLITS[part.split]} samples: accuracy {_with_interval(part.accuracy)}, macro-F1 "
        f"{_with_interval(part.macro_f1)}. Always answering with the most frequent class: {part.majority_accuracy:.3f}."
    )


def _with_interval(number: Interval) -> str:
    if number.low is None or number.high is None:
        return f"{number.value:.3f}"
    return f"{number.value:.3f} (95 % interval {number.low:.3f} to {number.high:.3f})"


def _code(name: str) -> str:
    """As Markdown code, which no character of a name can break out of."""
    fence = "``" if "`" in name else "`"
    plain = " ".join(name.replace("``", "''").split())
    return f"{fence} {plain} {fence}" if fence == "``" else f"{fence}{plain}{fence}"
