"""The backbones people can choose from; to add one, add a row."""

from __future__ import annotations

from core.backbones.records import BackboneRow, ImagePreprocessing, TextPreprocessing
from core.datasets.records import Modality
from core.errors import UnknownChoiceError

DEFAULT_BACKBONES: dict[Modality, str] = {"image": "efficientnet-lite0", "text": "minilm-l6"}
"""What is taken when nobody chose: both come with the installation."""


def list_backbones(modality: Modality | None = None) -> tuple[BackboneRow, ...]:
    """All rows, or those for one modality; bundled ones first."""
    return tuple(row for row in _ROWS if modality in (None, row.modality))


def get_backbone(backbone_id: str) -> BackboneRow:
    """The row with this id; raises UnknownChoiceError naming the nearest id."""
    for row in _ROWS:
        if row.id == backbone_id:
            return row
    raise UnknownChoiceError("backbone", backbone_id, [row.id for row in _ROWS])


_TENSORFLOW = ImagePreprocessing(size_px=224, mean=(0.5, 0.5, 0.5), std=(0.5, 0.5, 0.5))
_IMAGENET = ImagePreprocessing(size_px=224, mean=(0.485, 0.456, 0.406), std=(0.229, 0.224, 0.225))
_SHORT_TEXT = TextPreprocessing(max_tokens=128)
_TORCHVISION_LICENCE = (
    "BSD-3-Clause (torchvision); the terms of ImageNet, which they were trained on, may apply to the weights"
)

# torchvision rows use the IMAGENET1K_V1 weights: the newer recipes add label smoothing and mixup, which raise the
# accuracy on ImageNet itself but make the features worse for a linear probe (Kornblith et al. 2019 and 2021).
_ROWS: tuple[BackboneRow, ...] = (
    BackboneRow(
        id="efficientnet-lite0",
        title="EfficientNet-Lite0",
        modality="image",
        family="efficientnet",
        source="bundled",
        reference="tf_efficientnet_lite0",
        licence="Apache-2.0 (converted from Google's TensorFlow release)",
        download_mb=19,
        preprocessing=_TENSORFLOW,
        probe_friendly=True,
        advice="Small, quick on a laptop and here already: the place to start with photographs.",
    ),
    BackboneRow(
        id="minilm-l6",
        title="all-MiniLM-L6-v2",
        modality="text",
        family="bert",
        source="bundled",
        reference="sentence-transformers/all-MiniLM-L6-v2",
        licence="Apache-2.0",
        download_mb=91,
        preprocessing=_SHORT_TEXT,
        probe_friendly=True,
        advice="A sentence encoder, here already: strong on topics and intents, weaker on sentiment. English.",
    ),
    BackboneRow(
        id="resnet18",
        title="ResNet-18",
        modality="image",
        family="resnet",
        source="torchvision",
        reference="resnet18",
        licence=_TORCHVISION_LICENCE,
        download_mb=47,
        preprocessing=_IMAGENET,
        probe_friendly=True,
        advice="The classic for teaching: four clear stages. Uses the V1 weights, whose plain training suits a probe.",
    ),
    BackboneRow(
        id="resnet50",
        title="ResNet-50",
        modality="image",
        family="resnet",
        source="torchvision",
        reference="resnet50",
        licence=_TORCHVISION_LICENCE,
        download_mb=103,
        preprocessing=_IMAGENET,
        probe_friendly=True,
        advice=(
            "Better features than ResNet-18 at twice its cost. Uses the V1 weights: V2 scores higher on ImageNet, "
            "but its label smoothing makes frozen features worse."
        ),
    ),
    BackboneRow(
        id="vgg16",
        title="VGG-16",
        modality="image",
        family="vgg",
        source="torchvision",
        reference="vgg16",
        licence=_TORCHVISION_LICENCE,
        download_mb=553,
        preprocessing=_IMAGENET,
        probe_friendly=True,
        advice="Large, slow and of historical interest: take it to compare, not to ship.",
    ),
    BackboneRow(
        id="mobilenetv3-large",
        title="MobileNetV3-Large",
        modality="image",
        family="mobilenetv3",
        source="torchvision",
        reference="mobilenet_v3_large",
        licence=_TORCHVISION_LICENCE,
        download_mb=22,
        preprocessing=_IMAGENET,
        probe_friendly=True,
        advice=(
            "The cheapest pass of all rows, made for phones. Uses the V1 weights: V2 adds label smoothing, "
            "which makes frozen features worse."
        ),
    ),
    BackboneRow(
        id="densenet121",
        title="DenseNet-121",
        modality="image",
        family="densenet",
        source="torchvision",
        reference="densenet121",
        licence=_TORCHVISION_LICENCE,
        download_mb=32,
        preprocessing=_IMAGENET,
        probe_friendly=True,
        advice="Few parameters and good features, often used on medical images; slower than its size suggests.",
    ),
    BackboneRow(
        id="bert-base",
        title="BERT-base (uncased)",
        modality="text",
        family="bert",
        source="transformers",
        reference="bert-base-uncased",
        licence="Apache-2.0",
        download_mb=440,
        preprocessing=_SHORT_TEXT,
        probe_friendly=False,
        advice="Made to be fine-tuned, best on a GPU: its frozen features are weaker than MiniLM's. English.",
    ),
    BackboneRow(
        id="distilbert",
        title="DistilBERT (uncased)",
        modality="text",
        family="distilbert",
        source="transformers",
        reference="distilbert-base-uncased",
        licence="Apache-2.0",
        download_mb=268,
        preprocessing=_SHORT_TEXT,
        probe_friendly=False,
        advice="Half of BERT-base with nearly its accuracy after fine-tuning; frozen, MiniLM is better. English.",
    ),
    BackboneRow(
        id="roberta-base",
        title="RoBERTa-base",
        modality="text",
        family="roberta",
        source="transformers",
        reference="FacebookAI/roberta-base",
        licence="MIT",
        download_mb=499,
        preprocessing=_SHORT_TEXT,
        probe_friendly=False,
        advice="Usually the most accurate of the text rows after fine-tuning on a GPU; poor when frozen. English.",
    ),
)
