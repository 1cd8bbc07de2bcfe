"""What the files of a model say about themselves: how to use them, and what was checked."""

from __future__ import annotations

from core.backbones.records import BackboneRow, ImagePreprocessing, TextPreprocessing
from core.exporting.export_check import ExportCheck, check_words
from core.exporting.formats import ExportFormat
from core.exporting.leaving import LeavingModel
from core.settings import PRODUCT

CARD_FILE = "MODEL_CARD.md"


def format_words(kind: ExportFormat, model: LeavingModel, check: ExportCheck) -> str:
    """How to use the files, what they leave out, and what the check found, in Markdown; the card beside says the rest.

    Args:
        kind: the format.
        model: what is taken along.
        check: of the files.
    """
    row = model.classifier.backbone.row
    return f"""# A classifier of {row.modality}s: {kind.title}

Made with {PRODUCT} from {row.title}, whose pretrained weights are under the licence {row.licence}. `{CARD_FILE}` says
what it is for, how good it is and where its limits are.

{_USE[kind.id](model)}
{_left_out(kind, model)}
{check_words(kind, check)}
"""


def _use_program(model: LeavingModel) -> str:
    inputs = '"The text to classify."' if model.tokenizer else "photo.jpg"
    return f"""```
pip install -r requirements.txt
python predict.py --self-test
python predict.py {inputs}
```
"""


def _use_bundle(model: LeavingModel) -> str:
    return f"""{_use_program(model)}
`network.onnx` is the network, `model.safetensors` holds its weights (both must lie in one folder), `model.json` says
what goes in and what comes out. Any ONNX runtime can load it.
"""


def _use_onnx(model: LeavingModel) -> str:
    return f"""{_use_program(model)}
`network.onnx` is the whole network; any ONNX runtime can load it. {_goes_in(model)}
`logits` (n, {len(model.class_names)}), float32, come out; divided by {model.temperature:.6g} and put through a softmax
they are probabilities of the classes in `model.json`, in that order.
"""


def _use_openvino(model: LeavingModel) -> str:
    return (
        _use_onnx(model)
        .replace("`network.onnx` is", "`network.xml` and `network.bin` are", 1)
        .replace("any ONNX runtime can load it", "`openvino.Core().compile_model` loads them", 1)
    )


def _goes_in(model: LeavingModel) -> str:
    settings, size = model.classifier.backbone.row.preprocessing, model.image_size_px
    if isinstance(settings, ImagePreprocessing):
        return (
            f"`pixels` (n, 3, {size}, {size}), uint8, go in: the centre square of the upright RGB image, resized once "
            "(bicubic); the network itself normalises them."
        )
    before = f'every text behind "{settings.prefix}", ' if settings.prefix else ""
    return (
        f"`ids` and `mask`, both (n, length), int64, go in: {before}token ids by `tokenizer.json`, cut at "
        f"{settings.max_tokens} and padded on the right."
    )


def _use_transformers(model: LeavingModel) -> str:
    settings = model.classifier.backbone.row.preprocessing
    assert isinstance(settings, TextPreprocessing)
    averages = _AVERAGES if settings.pooling == "mean" else ""
    return f"""```python
from transformers import pipeline

classify = pipeline("text-classification", "this folder")
classify("The text to classify.", truncation=True)
```

Only classes of transformers itself are in use; `trust_remote_code` is not needed. `truncation=True` cuts texts at
{settings.max_tokens} tokens, as in the training.
{averages}"""


_AVERAGES = """
The library's classifier reads the first token only, while this model reads the mean of all. So the network has one
layer more than it was trained with, whose attention looks at all tokens alike: what reaches the first token is their
mean. Run it in float32 for these answers, and do not train that layer further.
"""


def _use_timm(_: LeavingModel) -> str:
    return """```python
from transformers import pipeline

classify = pipeline("image-classification", "this folder")
classify("photo.jpg")
```

or with timm alone

```python
import json
import timm
from PIL import Image

network = timm.create_model("local-dir:this folder", pretrained=True).eval()
prepare = timm.data.create_transform(**timm.data.resolve_model_data_config(network))
shares = network(prepare(Image.open("photo.jpg").convert("RGB"))[None]).softmax(dim=1)
classes = json.load(open("this folder/config.json", encoding="utf-8"))["label_names"]
```
"""


def _use_torchvision(model: LeavingModel) -> str:
    row, size = model.classifier.backbone.row, model.image_size_px
    settings = row.preprocessing
    assert isinstance(settings, ImagePreprocessing)
    options = _torchvision_options(row, len(model.class_names))
    return f"""```python
import json
import numpy, torch
from PIL import Image, ImageOps
from safetensors.torch import load_file
from torchvision.models import get_model

network = get_model("{row.reference}", weights=None, {options})
network.load_state_dict(load_file("model.safetensors"))
image = ImageOps.fit(Image.open("photo.jpg").convert("RGB"), ({size}, {size}), Image.Resampling.BICUBIC)
pixels = torch.from_numpy(numpy.asarray(image)).permute(2, 0, 1) / 255
mean, std = (torch.tensor(x).view(3, 1, 1) for x in ({list(settings.mean)}, {list(settings.std)}))
shares = network.eval()(((pixels - mean) / std)[None]).softmax(dim=1)
classes = json.load(open("classes.json", encoding="utf-8"))
```
"""


def _torchvision_options(row: BackboneRow, n_classes: int) -> str:
    more = ", aux_logits=False, init_weights=False" if row.family in ("googlenet", "inceptionv3") else ""
    return f"num_classes={n_classes}{more}"


_USE = {
    "bundle": _use_bundle,
    "onnx": _use_onnx,
    "onnx-int8": _use_onnx,
    "openvino": _use_openvino,
    "transformers": _use_transformers,
    "timm": _use_timm,
    "torchvision": _use_torchvision,
}


def _left_out(kind: ExportFormat, model: LeavingModel) -> str:
    """What the program that goes along does and a library's file cannot say."""
    if kind.has_program:
        return ""
    said = []
    if any(model.offsets):
        numbers = ", ".join(f"{offset:.4f}" for offset in model.offsets)
        said.append(
            "The run decides by the logarithms of these probabilities plus a number for each class, which no file of "
            f"this format can say: {numbers}."
        )
    if model.reject_below is not None:
        said.append(
            f'The run says "I don\'t know" where the probability of its answer is below {model.reject_below:.4f}; that '
            "is left to whoever uses these files."
        )
    return "\n".join([*said, ""]) if said else ""
