"""What each metric is: its direction, range and how the value of a whole set comes about."""

from collections.abc import Mapping
from dataclasses import dataclass
from types import MappingProxyType
from typing import Literal

__all__ = ["METRICS", "Metric"]


@dataclass(frozen=True)
class Metric:
    """One metric as the records and the report name it.

    Attributes:
        name: its name everywhere: in records, tables and the output of ``graftwork score``.
        description: one line for readers.
        better: which direction is better; ``neither`` for what only describes the code, so that no
            approach is ranked by it.
        lowest: the lowest value possible.
        highest: the highest value possible; None where there is no bound.
        over: ``corpus`` where the value of a set is computed from all its items at once, ``mean`` where it is
            the mean of the items' values (those that are undefined left out).
        item: the name of the value of one item; None where an item has none.
    """

    name: str
    description: str
    better: Literal["higher", "lower", "neither"]
    lowest: float
    highest: float | None
    over: Literal["corpus", "mean"]
    item: str | None = None

    @property
    def lower_is_better(self) -> bool:
        """Whether a fall of the value is a gain; the continual-learning measures take it as their sign."""
        return self.better == "lower"


_ALL = (
    Metric("bleu", "n-gram overlap with the reference (sacreBLEU, tokenizer 13a)", "higher", 0, 100, "corpus"),
    Metric("chrf", "character n-gram F-score against the reference (sacreBLEU)", "higher", 0, 100, "corpus", "chrf"),
    Metric("meteor", "aligned tokens, exact and by stem, with a penalty for order", "higher", 0, 1, "mean", "meteor"),
    Metric(
        "ast_similarity",
        "1 minus the normalised edit distance of the syntax trees",
        "higher",
        0,
        1,
        "mean",
        "ast_similarity",
    ),
    Metric(
        "codebleu",
        "shared n-grams, keywords, subtrees and data flow, in equal parts (data flow where the language has it here)",
        "higher",
        0,
        1,
        "corpus",
        "codebleu",
    ),
    Metric("exact_match", "share equal to the reference but for line ends", "higher", 0, 1, "mean", "exact_match"),
    Metric("edit_similarity", "1 minus the normalised Levenshtein distance", "higher", 0, 1, "mean", "edit_similarity"),
    Metric("pass_rate", "share that passes its tests when run in the sandbox", "higher", 0, 1, "mean", "passed"),
    Metric("parse_rate", "share that parses without an error", "higher", 0, 1, "mean", "parses"),
    Metric("complexity", "cyclomatic complexity of what parses", "neither", 1, None, "mean", "complexity"),
    Metric("reference_complexity", "cyclomatic complexity of the references", "neither", 1, None, "mean"),
    Metric("empty_rate", "share of predictions with nothing in them", "lower", 0, 1, "mean", "empty"),
    Metric("copy_rate", "share of the tokens copied from the prompt", "lower", 0, 1, "mean", "copied"),
    Metric("loss", "cross-entropy of the reference, in nats a token", "lower", 0, None, "corpus", "loss"),
)

METRICS: Mapping[str, Metric] = MappingProxyType({metric.name: metric for metric in _ALL})
"""Every metric by name, in the order in which tables show them."""
