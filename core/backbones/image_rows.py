"""The backbones for images; to add one, add a row."""

from __future__ import annotations

from core.backbones.records import BackboneRow, ImagePreprocessing

_HALVES = ImagePreprocessing(size_px=224, mean=(0.5, 0.5, 0.5), std=(0.5, 0.5, 0.5))
_HALVES_299 = ImagePreprocessing(size_px=299, mean=(0.5, 0.5, 0.5), std=(0.5, 0.5, 0.5))
_IMAGENET = ImagePreprocessing(size_px=224, mean=(0.485, 0.456, 0.406), std=(0.229, 0.224, 0.225))
_TORCHVISION_LICENCE = (
    "BSD-3-Clause (torchvision); the terms of ImageNet, which they were trained on, may apply to the weights"
)
_AUGREG_LICENCE = (
    "Apache-2.0 (converted by timm from Google's release); the terms of ImageNet-21k may apply to the weights"
)

# torchvision rows use the IMAGENET1K_V1 weights: the newer recipes add label smoothing and mixup, which raise the
# accuracy on ImageNet itself but make the features worse for a linear probe (Kornblith et al. 2019 and 2021). Where
# even the first weights were trained so (EfficientNet-B0, ConvNeXt, Swin), the row is not called probe-friendly.
IMAGE_ROWS: tuple[BackboneRow, ...] = (
    BackboneRow(
        id="efficientnet-lite0",
        title="EfficientNet-Lite0",
        modality="image",
        family="efficientnet",
        source="bundled",
        reference="tf_efficientnet_lite0",
        licence="Apache-2.0 (converted from Google's TensorFlow release)",
        download_mb=19,
        preprocessing=_HALVES,
        probe_friendly=True,
        advice="Small, quick on a laptop and here already: the place to start with photographs.",
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
        id="resnet34",
        title="ResNet-34",
        modality="image",
        family="resnet",
        source="torchvision",
        reference="resnet34",
        licence=_TORCHVISION_LICENCE,
        download_mb=87,
        preprocessing=_IMAGENET,
        probe_friendly=True,
        advice="ResNet-18 with twice the layers: a little better and half as fast; ResNet-50 usually repays more.",
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
        id="vgg19",
        title="VGG-19",
        modality="image",
        family="vgg",
        source="torchvision",
        reference="vgg19",
        licence=_TORCHVISION_LICENCE,
        download_mb=575,
        preprocessing=_IMAGENET,
        probe_friendly=True,
        advice="VGG-16 with three more layers and hardly better: for comparing with what older papers used.",
    ),
    BackboneRow(
        id="googlenet",
        title="GoogLeNet",
        modality="image",
        family="googlenet",
        source="torchvision",
        reference="googlenet",
        licence=_TORCHVISION_LICENCE,
        download_mb=52,
        preprocessing=_HALVES,
        probe_friendly=True,
        advice="The first network of parallel branches, small and quick: for teaching, not for the best numbers.",
    ),
    BackboneRow(
        id="inception-v3",
        title="Inception v3",
        modality="image",
        family="inceptionv3",
        source="torchvision",
        reference="inception_v3",
        licence=_TORCHVISION_LICENCE,
        download_mb=109,
        preprocessing=_HALVES_299,
        probe_friendly=False,
        advice=(
            "Wants large images (299 px) and is slow for it. Trained with label smoothing and a second head, which "
            "make frozen features worse: fine-tune it."
        ),
        min_size_px=75,
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
        id="mobilenetv2",
        title="MobileNetV2",
        modality="image",
        family="mobilenetv2",
        source="torchvision",
        reference="mobilenet_v2",
        licence=_TORCHVISION_LICENCE,
        download_mb=14,
        preprocessing=_IMAGENET,
        probe_friendly=True,
        advice="The smallest download of all rows, made for phones: take it where the model must be small.",
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
        id="efficientnet-b0",
        title="EfficientNet-B0",
        modality="image",
        family="efficientnet-features",
        source="torchvision",
        reference="efficientnet_b0",
        licence=_TORCHVISION_LICENCE,
        download_mb=21,
        preprocessing=_IMAGENET,
        probe_friendly=False,
        advice=(
            "More accurate than Lite0 after fine-tuning, and slower on a processor; "
            "its training smoothed labels, which makes frozen features worse."
        ),
    ),
    BackboneRow(
        id="regnet-y-800mf",
        title="RegNetY-800MF",
        modality="image",
        family="regnet",
        source="torchvision",
        reference="regnet_y_800mf",
        licence=_TORCHVISION_LICENCE,
        download_mb=26,
        preprocessing=_IMAGENET,
        probe_friendly=True,
        advice="As accurate as ResNet-50 at a fifth of its arithmetic: a good second try after Lite0.",
    ),
    BackboneRow(
        id="convnext-tiny",
        title="ConvNeXt-Tiny",
        modality="image",
        family="convnext",
        source="torchvision",
        reference="convnext_tiny",
        licence=_TORCHVISION_LICENCE,
        download_mb=114,
        preprocessing=_IMAGENET,
        probe_friendly=False,
        advice=(
            "Among the best of its size after fine-tuning, on a GPU or with patience. Trained with mixup and label "
            'smoothing: for a probe, "timm:convnext_tiny.in12k" saw more kinds of things.'
        ),
    ),
    BackboneRow(
        id="vit-s16",
        title="ViT-S/16",
        modality="image",
        family="vit",
        source="timm",
        reference="vit_small_patch16_224.augreg_in21k",
        licence=_AUGREG_LICENCE,
        download_mb=120,
        preprocessing=_HALVES,
        probe_friendly=True,
        advice=(
            "A vision transformer that saw 21,843 kinds of things, so that its frozen features know much; "
            "with little data, freeze most of it. Takes 224 px only."
        ),
        fixed_size=True,
    ),
    BackboneRow(
        id="vit-b16",
        title="ViT-B/16",
        modality="image",
        family="vit",
        source="timm",
        reference="vit_base_patch16_224.augreg_in21k",
        licence=_AUGREG_LICENCE,
        download_mb=410,
        preprocessing=_HALVES,
        probe_friendly=True,
        advice="ViT-S/16 at four times its size and cost: worth it on a GPU. Takes 224 px only.",
        fixed_size=True,
    ),
    BackboneRow(
        id="swin-t",
        title="Swin-T",
        modality="image",
        family="swin",
        source="torchvision",
        reference="swin_t",
        licence=_TORCHVISION_LICENCE,
        download_mb=113,
        preprocessing=_IMAGENET,
        probe_friendly=False,
        advice=(
            "A transformer with windows, made to be fine-tuned on a GPU; trained with mixup and label smoothing, "
            "so its frozen features are weaker. Takes 224 px only."
        ),
        fixed_size=True,
    ),
)
