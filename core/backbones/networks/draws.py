"""Notices layers that draw from torch's global generator, which all threads share."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import Any

from torch.overrides import TorchFunctionMode

_DRAWS = (
    "bernoulli",
    "bernoulli_",
    "normal_",
    "rand",
    "rand_like",
    "randint",
    "randn",
    "randn_like",
    "randperm",
    "uniform_",
)
_DROPOUTS = ("dropout", "dropout1d", "dropout2d", "dropout3d", "alpha_dropout", "feature_dropout")


class GlobalDraws(TorchFunctionMode):
    """A context that lists, in `names`, the functions which draw from the global generator in this thread."""

    def __init__(self) -> None:
        super().__init__()
        self.names: list[str] = []

    def __torch_function__(
        self, func: Callable[..., Any], types: Iterable[type], args: tuple[Any, ...] = (), kwargs: Any = None
    ) -> Any:
        """The call itself."""
        options = kwargs or {}
        name = getattr(func, "__name__", "")
        if _draws(name, args, options):
            self.names.append(name)
        return func(*args, **options)


def _draws(name: str, args: tuple[Any, ...], options: dict[str, Any]) -> bool:
    if name in _DRAWS:
        return options.get("generator") is None
    if name == "scaled_dot_product_attention":
        return bool(options.get("dropout_p", args[4] if len(args) > 4 else 0.0))
    if name in _DROPOUTS:
        p = options.get("p", args[1] if len(args) > 1 else 0.5)
        return bool(p) and bool(options.get("training", args[2] if len(args) > 2 else True))
    return False
