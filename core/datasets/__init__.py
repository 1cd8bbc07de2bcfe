"""From files to a frozen, checked and split table of labeled samples.

`import_dataset` reads a folder, a zip, a table or uploaded files and keeps the result in a `DatasetStore`;
`inspect_columns` shows what a table offers before that; `load_sample` does the same for the bundled datasets.
What leaves this room is a `Dataset`; images are opened again with `load_image` from the path the store gives.
"""

from core.datasets.columns import ColumnChoice
from core.datasets.decode import ImageError, load_image, square_pixels
from core.datasets.entries import UploadedFile
from core.datasets.importing import import_dataset
from core.datasets.reading import inspect_columns
from core.datasets.records import SPLIT_NAMES, Dataset, DatasetCard, Finding, Modality, Skipped, SplitName
from core.datasets.samples import SampleRow, list_samples, load_sample
from core.datasets.store import DatasetStore

__all__ = [
    "SPLIT_NAMES",
    "ColumnChoice",
    "Dataset",
    "DatasetCard",
    "DatasetStore",
    "Finding",
    "ImageError",
    "Modality",
    "SampleRow",
    "Skipped",
    "SplitName",
    "UploadedFile",
    "import_dataset",
    "inspect_columns",
    "list_samples",
    "load_image",
    "load_sample",
    "square_pixels",
]
