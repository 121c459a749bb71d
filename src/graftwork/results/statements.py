"""What a claim says, formally: a sentence of a small language, or the same as a mapping.

::

    hybrid > lora on average exact_match of generated
    hybrid better than lora on average loss of mined
    hybrid-shared > 90 % of hybrid on final exact_match of generated in javascript
    hybrid < lora on train_seconds
    forgetting exact_match of generated of lora > 0

In words: ``A > B on STATISTIC [METRIC] [of SUBSET] [in TASK]``, with ``<``, ``=`` or ``better than`` in place of ``>``
and a share (``90 % of B``) in place of B; or ``STATISTIC [METRIC] [of SUBSET] [in TASK] of A > NUMBER``. A metric left
out is the subset's headline, a subset left out the first one of the headline.
"""

import re
from collections.abc import Iterable, Mapping, Sequence
from typing import Any, Literal, Self, final

from pydantic import model_serializer, model_validator

from graftwork.config import Config
from graftwork.errors import InputError, nearest
from graftwork.metrics.metric import METRICS

__all__ = ["COSTS", "LOSSES", "SCORES", "ClaimConfig", "Statement", "check_claims"]

Relation = Literal[">", "<", "=", "better than"]

SCORES = ("average", "forgetting", "backward_transfer", "forward_transfer", "final")
"""Statistics of score matrices; ``final`` is one task's score at the end of the sequence."""
LOSSES = ("first_epoch_loss", "validation_loss_at_start", "validation_loss_at_quarter")
"""Statistics of learning curves: the training loss over the first epoch, and validation losses early on."""
COSTS = ("train_seconds", "evaluate_seconds", "stored_bytes", "peak_memory_bytes", "flops")
"""Statistics of costs: the sum over the tasks; of memory, the peak."""
SIZE = "trainable_parameters"
STATISTICS = (*SCORES, *LOSSES, *COSTS, SIZE)

_NUMBER = r"[-+]?\d+(?:\.\d+)?(?:e[-+]?\d+)?"
_RELATION = r"(?P<relation>>|<|=|(?:is )?better than)"
_OF_TWO = re.compile(rf"(?P<a>\S+) {_RELATION} (?:(?P<percent>{_NUMBER}) ?% of )?(?P<b>\S+) on (?P<what>.+)")
_OF_ONE = re.compile(rf"(?P<what>.+) of (?P<a>\S+) {_RELATION} (?P<value>{_NUMBER})(?P<percent> ?%)?")
_WHAT = re.compile(r"(?P<words>.+?)(?: of (?P<subset>\S+))?(?: in (?P<task>\S+))?")
_RIGHT = "write 'A > B on STATISTIC METRIC of SUBSET' or 'STATISTIC METRIC of SUBSET of A > NUMBER'"


@final
class Statement(Config):
    """A claim as it can be answered; a string is read as the sentence that it then is written as again."""

    a: str
    """The approach that something is claimed of."""
    relation: Relation
    """``better than`` is whichever of ``>`` and ``<`` is a gain."""
    b: str | None = None
    """The approach it is held against."""
    factor: float = 1.0
    """The share of b's value it is held against."""
    value: float | None = None
    """The number it is held against, in place of b."""
    statistic: str
    """What is compared."""
    metric: str | None = None
    """By which metric, of scores."""
    subset: str | None = None
    """On which subset, of scores and validation losses."""
    task: str | None = None
    """On which task; left out, on all."""

    @model_validator(mode="before")
    @classmethod
    def _read_sentence(cls, data: Any) -> Any:
        return _parsed(data) if isinstance(data, str) else data

    @model_validator(mode="after")
    def _fits(self) -> Self:
        where = f"claim {str(self)!r}" if (self.b is None) != (self.value is None) else f"claim on {self.a}"
        if (self.b is None) == (self.value is None):
            raise InputError("compares with nothing, or with two things", where, "give either b or value")
        if self.statistic not in STATISTICS:
            raise InputError(f"unknown statistic {self.statistic!r}", where, nearest(self.statistic, STATISTICS))
        if self.metric is not None and self.metric not in METRICS:
            raise InputError(f"unknown metric {self.metric!r}", where, nearest(self.metric, METRICS))
        if self.metric is not None and self.statistic not in SCORES:
            raise InputError(f"{self.statistic} is of no metric", where, "leave the metric out")
        if self.subset is not None and self.statistic not in (*SCORES, *LOSSES[1:]):
            raise InputError(f"{self.statistic} is of no subset", where, "leave the subset out")
        if (self.statistic == "final") != (self.task is not None) and self.statistic in (*SCORES, SIZE):
            right = "add 'in TASK'" if self.statistic == "final" else "leave the task out, or ask for 'final'"
            raise InputError(
                f"{self.statistic} {'needs a' if self.task is None else 'is of no single'} task", where, right
            )
        if self.relation == "better than" and self.b is None:
            raise InputError("nothing is better than a number", where, "use >, < or =")
        return self

    @model_serializer
    def _written(self) -> str:
        return str(self)

    def __str__(self) -> str:
        parts = [self.statistic, self.metric, self.subset and f"of {self.subset}", self.task and f"in {self.task}"]
        what = " ".join(part for part in parts if part)
        if self.b is None:
            return f"{what} of {self.a} {self.relation} {self.value:.12g}"
        share = "" if self.factor == 1 else f"{100 * self.factor:.12g} % of "
        return f"{self.a} {self.relation} {share}{self.b} on {what}"

    @property
    def needs_subset(self) -> bool:
        """Whether it is about one subset of the data."""
        return self.statistic in (*SCORES, *LOSSES[1:])

    def resolved(self, subsets: Sequence[str], headline: Mapping[str, str]) -> Self:
        """Return it with the subset and the metric that it leaves out."""
        if not self.needs_subset:
            return self
        subset = self.subset or next((name for name in headline if name in subsets), subsets[0] if subsets else None)
        metric = self.metric or (headline.get(subset) if subset and self.statistic in SCORES else None)
        return self.model_copy(update={"subset": subset, "metric": metric})

    @property
    def sign(self) -> int:
        """1 where it claims that a's value is the larger one, -1 where the smaller, 0 where equal."""
        return {">": 1, "<": -1, "=": 0}.get(self.relation) or (_gain(self) if self.relation == "better than" else 0)


@final
class ClaimConfig(Config):
    """A claim of a recipe: what somebody said, and what that is formally."""

    id: str
    """Short name, of letters, digits and ``-``."""
    said: str
    """The sentence for readers, with its figures."""
    claim: Statement
    """The same, formally."""


def _gain(statement: Statement) -> int:
    """The direction that is a gain; 0 where neither is."""
    if statement.statistic in ("backward_transfer", "forward_transfer"):
        return 1
    if statement.statistic not in ("average", "final"):
        return -1
    metric = METRICS.get(statement.metric or "")
    return {"higher": 1, "lower": -1}.get(metric.better, 0) if metric else 0


def _parsed(text: str) -> dict[str, Any]:
    """A sentence as a mapping."""
    flat = " ".join(text.split())
    found = _OF_ONE.fullmatch(flat) or _OF_TWO.fullmatch(flat)
    what = found and _WHAT.fullmatch(found["what"])
    if found is None or what is None:
        raise InputError("is no claim", f"claim {text!r}", _RIGHT)
    relation = found["relation"].removeprefix("is ")
    statistic, metric = _statistic_and_metric(what["words"])
    data: dict[str, Any] = {"a": found["a"], "relation": relation, "statistic": statistic, "metric": metric}
    data |= {"subset": what["subset"], "task": what["task"]}
    share = found["percent"]
    if "b" in found.groupdict():
        return data | {"b": found["b"], "factor": 1.0 if share is None else float(share) / 100}
    return data | {"value": float(found["value"]) / (100 if share else 1)}


def _statistic_and_metric(words: str) -> tuple[str, str | None]:
    """``backward transfer exact match`` as ``backward_transfer`` and ``exact_match``."""
    name = words.lower().replace(" ", "_").replace("-", "_")
    statistic = next((one for one in STATISTICS if name == one or name.startswith(f"{one}_")), None)
    if statistic is None:
        first, _, rest = words.partition(" ")
        return first, rest.replace(" ", "_") or None
    return statistic, name[len(statistic) + 1 :] or None


def check_claims(
    claims: Sequence[ClaimConfig],
    approaches: Iterable[str],
    tasks: Iterable[str],
    subsets: Sequence[str],
    headline: Mapping[str, str],
) -> None:
    """Refuse claims about what a study does not have.

    Raises:
        InputError: an id stands twice or cannot be used; an approach, task, subset or metric is unknown or missing.
    """
    approaches, tasks = tuple(approaches), tuple(tasks)
    for number, one in enumerate(claims):
        where = f"claims.{number}"
        if re.fullmatch(r"[A-Za-z0-9][A-Za-z0-9-]*", one.id) is None:
            raise InputError(f"cannot use the id {one.id!r}", where, "use letters, digits and '-'")
        if any(other.id == one.id for other in claims[:number]):
            raise InputError(f"{one.id!r} stands there twice", "claims", "each id may be given once")
        full = one.claim.resolved(subsets, headline)
        named = [("approach", full.a, approaches), ("approach", full.b, approaches)]
        named += [("task", full.task, tasks), ("subset", full.subset, tuple(subsets))]
        for kind, name, known in named:
            if name is not None and name not in known:
                raise InputError(f"unknown {kind} {name!r}", f"{where}: claim {str(one.claim)!r}", nearest(name, known))
        if full.statistic in SCORES and full.metric is None:
            right = f"name one, or give {full.subset} one in headline"
            raise InputError("says no metric", f"{where}: claim {str(one.claim)!r}", right)
        if full.relation == "better than" and full.sign == 0:
            what = f"of {full.metric} neither direction is better"
            raise InputError(what, f"{where}: claim {str(one.claim)!r}", "use > or <")
