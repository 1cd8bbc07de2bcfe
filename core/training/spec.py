"""What a training is asked to do: checked on construction, written to disk as JSON, never changed."""

from __future__ import annotations

from dataclasses import asdict, dataclass, fields
from typing import Any

from core.errors import ConfigurationError, UnknownChoiceError
from core.training.settings import list_settings


@dataclass(frozen=True, kw_only=True, slots=True)
class TrainingSpec:
    """Everything that decides a run's numbers, together with the dataset and the machine.

    Attributes:
        dataset_id: id of the dataset version trained on.
        model: id of the backbone row.
        strategy: id of the strategy.
        frozen_stages: names of the stages that stay frozen in the last phase, in network order.
        reason: why these settings, in words a person reads in the run.
        epochs ... seed: see `core.training.settings`.
    """

    dataset_id: str
    model: str
    strategy: str
    frozen_stages: tuple[str, ...]
    reason: str = ""
    epochs: int = 10
    batch_size: int = 32
    learning_rate: float = 1e-4
    head_learning_rate: float = 1e-3
    optimizer: str = "adamw"
    layer_decay: float = 1.0
    weight_decay: float = 0.01
    warmup_share: float = 0.1
    gradient_clip: float = 1.0
    label_smoothing: float = 0.0
    mixup: float = 0.0
    head_dropout: float = 0.0
    class_weights: str = "none"
    decision: str = "most-probable"
    patience: int = 4
    image_size_px: int = 224
    n_views: int = 1
    mirroring: str = "off"
    precision: str = "auto"
    seed: int = 0

    def __post_init__(self) -> None:
        found = (setting.problem_with(getattr(self, setting.name)) for setting in list_settings())
        problems = [problem for problem in found if problem]
        if problems:
            raise ConfigurationError(" ".join(problems), "Correct these settings and start again.")

    def to_json(self) -> dict[str, Any]:
        """A dict of JSON types that `from_json` turns back into an equal spec."""
        return {**asdict(self), "frozen_stages": list(self.frozen_stages)}

    @classmethod
    def from_json(cls, values: dict[str, Any]) -> TrainingSpec:
        """The spec stored in `values`; raises UnknownChoiceError for a key no spec has."""
        names = [field.name for field in fields(cls)]
        for key in values:
            if key not in names:
                raise UnknownChoiceError("setting", key, names)
        return cls(**{**values, "frozen_stages": tuple(values.get("frozen_stages", ()))})
