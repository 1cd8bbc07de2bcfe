"""What an archive with a model says about itself."""

from __future__ import annotations

from dataclasses import dataclass

from core.backbones.records import BackboneRow
from core.settings import PRODUCT

CARD_FILE = "MODEL_CARD.md"


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


def bundle_words(row: BackboneRow, check: BundleCheck) -> str:
    """How to use the archive and what its check found, in Markdown; what the model is says the card beside it.

    Args:
        row: the backbone.
        check: of the archive.
    """
    inputs = '"The text to classify."' if row.modality == "text" else "photo.jpg"
    return f"""# A classifier of {row.modality}s

Made with {PRODUCT} from {row.title}, whose pretrained weights are under the licence {row.licence}. `{CARD_FILE}` says
what it is for, how good it is and where its limits are.

```
pip install -r requirements.txt
python predict.py --self-test
python predict.py {inputs}
```

`network.onnx` is the network, `model.safetensors` holds its weights (both must lie in one folder), `model.json` says
what goes in and what comes out. Any ONNX runtime can load it.

{check_words(check)}
"""
