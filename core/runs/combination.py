"""What a run is a combination of: several finished runs, what each can alone, and what each costs."""

from __future__ import annotations

from dataclasses import asdict, dataclass
from typing import Any, Literal

from core.errors import UnknownChoiceError
from core.evaluation.records import Interval

CombinationKind = Literal["probabilities", "weights", "features"]
COMBINATION_KINDS: tuple[CombinationKind, ...] = ("probabilities", "weights", "features")


@dataclass(frozen=True, kw_only=True, slots=True)
class Member:
    """One of the runs that were combined, as it was then.

    Attributes:
        run_id: the run.
        model_title: its backbone as people write it.
        strategy_title: its strategy as people write it.
        val: its accuracy on the validation split.
        test: its accuracy on the test split; None where there is none.
        n_parameters: of its network, head included.
        ms_per_sample: milliseconds it takes to predict, reading included, measured on this machine.
    """

    run_id: str
    model_title: str
    strategy_title: str
    val: Interval
    test: Interval | None
    n_parameters: int
    ms_per_sample: float


@dataclass(frozen=True, kw_only=True, slots=True)
class AveragingStep:
    """A run was tried in the average of weights.

    Attributes:
        run_id: the run.
        val_accuracy: on the validation split, of the average with it, in [0, 1].
        is_kept: whether it stayed in the average, because that did not fall.
    """

    run_id: str
    val_accuracy: float
    is_kept: bool


@dataclass(frozen=True, kw_only=True, slots=True)
class Combination:
    """How several runs became one.

    Attributes:
        kind: "probabilities", every member answers and the answers are averaged; "weights", one network whose tensors
            are the mean of those of the members that were kept; "features", one head on the features of all members.
        members: best first, by validation accuracy; of weights those that were left out, too.
        ms_per_sample: milliseconds it takes to predict, from those of the members in use: of weights those of the
            slowest, otherwise of all together.
        gain: accuracy less that of the first member, on the same samples, in [-1, 1].
        gain_split: "test" if there is one, else "val".
        n: samples of that split.
        verdict: what that says, chance considered: "better than its best member alone", "worse than ...", or "not
            distinguishable from ...".
        steps: of weights what was tried, in order; empty otherwise.
        n_val: validation samples that the steps were judged by.
    """

    kind: CombinationKind
    members: tuple[Member, ...]
    ms_per_sample: float
    gain: Interval
    gain_split: Literal["val", "test"]
    n: int
    verdict: str
    steps: tuple[AveragingStep, ...] = ()
    n_val: int = 0

    @property
    def run_ids(self) -> tuple[str, ...]:
        """Ids of the members, best first."""
        return tuple(member.run_id for member in self.members)

    @property
    def in_use(self) -> tuple[Member, ...]:
        """The members that have a part in its answers."""
        dropped = {step.run_id for step in self.steps if not step.is_kept}
        return tuple(member for member in self.members if member.run_id not in dropped)

    @property
    def title(self) -> str:
        """What stands in the place of a strategy."""
        if self.kind == "features":
            return f"One head on {len(self.members)} networks"
        return f"Average of {len(self.in_use)} runs, {self.kind}"

    @property
    def model_title(self) -> str:
        """The backbones in use, each named once."""
        return " + ".join(dict.fromkeys(member.model_title for member in self.in_use))

    def to_json(self) -> dict[str, Any]:
        """A dict of JSON types that `from_json` turns back into an equal combination."""
        return {
            **asdict(self),
            "members": [asdict(member) for member in self.members],
            "steps": [asdict(step) for step in self.steps],
        }

    @classmethod
    def from_json(cls, values: dict[str, Any]) -> Combination:
        """The combination `to_json` wrote; raises KeyError or TypeError where `values` is not one."""
        return cls(
            **{
                **values,
                "members": tuple(_member_from_json(member) for member in values["members"]),
                "gain": Interval(**values["gain"]),
                "steps": tuple(AveragingStep(**step) for step in values["steps"]),
            }
        )


def kind_of(name: str) -> CombinationKind:
    """The kind of that name; raises UnknownChoiceError where there is none."""
    for kind in COMBINATION_KINDS:
        if kind == name:
            return kind
    raise UnknownChoiceError("way to combine", name, COMBINATION_KINDS)


def _member_from_json(values: dict[str, Any]) -> Member:
    test = values["test"]
    return Member(**{**values, "val": Interval(**values["val"]), "test": Interval(**test) if test else None})
