"""What metrics and statistics are called, what they mean, and how their numbers are written."""

from dataclasses import dataclass
from typing import Literal, final

from graftwork.metrics.metric import METRICS

__all__ = ["MARGIN", "STATISTICS", "Measure", "measure"]

Scale = Literal["percent", "hundred", "unit", "loss", "number"]


@final
@dataclass(frozen=True)
class Measure:
    """How one metric is told to a reader.

    ``scale``: ``percent`` is kept as 0..1 and written as a percentage, ``hundred`` runs 0..100, ``unit`` 0..1, ``loss``
    is in nats a token, ``number`` is anything else. ``direction``: 1 where a rise is a gain, -1 where a fall is one,
    0 where neither is.
    """

    name: str
    label: str
    scale: Scale
    direction: Literal[-1, 0, 1]
    meaning: str

    def value(self, value: float) -> str:
        """Write a score, with its unit."""
        return f"{self.scaled(value):.{self._digits}f}{self._unit}"

    def plain(self, value: float) -> str:
        """Write a score without its unit, where the heading says it."""
        return f"{self.scaled(value):.{self._digits}f}"

    def interval(self, mean: float, half: float | None) -> str:
        """Write a mean and half the width of its interval, ``61.0 ± 2.1 %``; the mean alone where there is none."""
        return self.value(mean) if half is None else f"{self.plain(mean)}{MARGIN}{self.plain(half)}{self._unit}"

    def difference(self, value: float) -> str:
        """Write a change with its sign; a change of exactly nothing is ``0``, one that rounds to it is ``+0.0``."""
        if value == 0:
            return "0"
        return f"{self.scaled(value):+.{self._digits}f}".replace("-", "−")

    def change(self, mean: float, half: float | None) -> str:
        """Write a mean change and half the width of its interval, ``+25.0 ± 3.1``."""
        return self.difference(mean) if half is None else f"{self.difference(mean)}{MARGIN}{self.plain(half)}"

    @property
    def heading(self) -> str:
        """The label, with the unit where numbers are written without it."""
        return f"{self.label} ({self.unit})" if self.unit and not self._unit else self.label

    @property
    def unit(self) -> str:
        """The unit of scores, for headings and axes; empty where a number has none."""
        return {"percent": "%", "loss": "nats a token"}.get(self.scale, "")

    @property
    def points(self) -> str:
        """What a difference counts in."""
        return {"percent": "percentage points", "loss": "nats a token"}.get(self.scale, "points")

    def scaled(self, value: float) -> float:
        """Return a score as the number that is written and drawn."""
        return 100 * value if self.scale == "percent" else value

    @property
    def _digits(self) -> int:
        return {"loss": 3, "unit": 2}.get(self.scale, 1)

    @property
    def _unit(self) -> str:
        return "\u00a0%" if self.scale == "percent" else ""


MARGIN = "\u00a0±\u00a0"
"""What stands between a mean and half the width of its interval; no line breaks there."""

_LABELS = {
    "bleu": "BLEU",
    "chrf": "chrF",
    "meteor": "METEOR",
    "ast_similarity": "AST similarity",
    "codebleu": "CodeBLEU",
    "loss": "validation loss",
    "complexity": "cyclomatic complexity",
    "reference_complexity": "complexity of the references",
}


def measure(name: str) -> Measure:
    """Return how a metric is told; one that this version does not know is told as it stands in the records."""
    metric = METRICS.get(name)
    label = _LABELS.get(name, name.replace("_", " "))
    if metric is None:
        return Measure(name, label, "number", 0, "not known to this version of graftwork")
    direction: Literal[-1, 0, 1] = -1 if metric.better == "lower" else 1 if metric.better == "higher" else 0
    return Measure(name, label, _scale(name, metric.highest), direction, metric.description)


def _scale(name: str, highest: float | None) -> Scale:
    if name == "loss":
        return "loss"
    if highest == 100:
        return "hundred"
    if highest == 1:
        return "percent" if name.endswith("_rate") or name == "exact_match" else "unit"
    return "number"


STATISTICS = {
    "average": ("final average", "mean over the tasks at the end of the sequence"),
    "forgetting": (
        "forgetting",
        "mean, over all tasks but the last, of the best score a task had since the first was trained, less its score "
        "at the end (Chaudhry et al. 2018); positive means lost",
    ),
    "forgetting_rate": ("forgetting rate", "what a task lost since it was trained, as a share of what it had then"),
    "backward_transfer": (
        "backward transfer",
        "mean change of earlier tasks between their own training and the end (Lopez-Paz & Ranzato 2017); "
        "negative means lost",
    ),
    "forward_transfer": (
        "forward transfer",
        "mean change of a task, before it is trained, that training the tasks before it brings",
    ),
    "retention": (
        "retention",
        "the study's score: the mean of what earlier tasks keep of their score when trained and of how many times the "
        "base's score later tasks reach; 1 is nothing lost and nothing gained, and a base near zero makes it huge",
    ),
    "intransigence": (
        "intransigence",
        "what a task lacks, when trained in the sequence, of what it reaches when trained alone (Chaudhry et al. 2018)",
    ),
}
"""Statistic of a score matrix -> its label and what it means."""
