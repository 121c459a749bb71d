"""The answers to the recipe's claims: what was said, the verdict, the numbers, and the rows that they come from."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import final

from graftwork.report import numbers
from graftwork.report.measures import STATISTICS, Measure, measure
from graftwork.report.tables import Column, Table
from graftwork.report.view import View
from graftwork.results.records import Claim

__all__ = ["Answer", "Claims", "claims", "claims_table"]


@final
@dataclass(frozen=True)
class Answer:
    """One claim with its answer, as text; ``sources`` are (anchor in the report, JSON pointer) pairs."""

    id: str
    said: str
    formal: str
    mark: str
    verdict: str
    reason: str
    numbers: tuple[tuple[str, str], ...]
    sources: tuple[tuple[str, str], ...]
    more_sources: int


@final
@dataclass(frozen=True)
class Claims:
    """All answers, and in a sentence how many were given."""

    said: str
    answers: tuple[Answer, ...]
    table: Table


def claims(view: View) -> Claims | None:
    """Return the answers to the claims; None where the recipe makes none."""
    rows = view.results.claims
    table = claims_table(view)
    if table is None:
        return None
    counts = [(sum(row.verdict == verdict for row in rows), verdict) for verdict in _MARKS]
    found = ", ".join(f"{number} {verdict}" for number, verdict in counts if number)
    tested = next((row.family for row in rows if row.family), 0)
    said = (
        f"{len(rows)} claim{'' if len(rows) == 1 else 's'}: {found}. A claim is supported where a paired sign-flip "
        "test over seeds shows it with a p-value below 0.05 after Holm's correction for all claims tested (here "
        f"{tested}), and by more than the noise floor where its statistic has one; it is refuted where the opposite "
        "shows as strictly. What is certain is answered without a test, and says so."
    )
    return Claims(said, tuple(_answer(row) for row in rows), table)


def claims_table(view: View) -> Table | None:
    """One row a claim, for the terminal and for an overview; None where the recipe makes none."""
    rows = tuple(
        (row.id, f"{_MARKS[row.verdict]} {row.verdict}", row.claim, *_cells(row)) for row in view.results.claims
    )
    heads = (Column("Claim"), Column("Verdict"), Column("Formally"), Column("Difference", "number"))
    tail = (Column("95\u00a0% interval", "number"), Column("Corrected p", "number"), Column("Seeds", "number"))
    note = "Differences are of the first approach less the other, or less the number, in the statistic's own unit."
    return Table("Claims at a glance", (*heads, *tail), rows, note) if rows else None


def _cells(row: Claim) -> tuple[str, ...]:
    write = _Writer(row)
    return (write.change(row.difference), _interval(row, write), _p(row.p_adjusted), str(row.seeds or "–"))


def _answer(row: Claim) -> Answer:
    write = _Writer(row)
    shown = row.records[:_MOST_SOURCES]
    return Answer(
        id=row.id,
        said=row.said,
        formal=row.claim,
        mark=_MARKS[row.verdict],
        verdict=row.verdict,
        reason=row.reason,
        numbers=tuple((label, text) for label, text in _numbers(row, write) if text != "–"),
        sources=tuple((_ANCHORS[pointer.split("/")[1]], pointer) for pointer in shown),
        more_sources=len(row.records) - len(shown),
    )


def _numbers(row: Claim, write: "_Writer") -> Sequence[tuple[str, str]]:
    share = "" if row.factor == 1 else f"{100 * row.factor:g}\u00a0% of "
    held_against = row.value if row.b_mean is None else row.factor * row.b_mean
    return (
        ("in", write.what),
        (row.a, write.level(row.a_mean)),
        (f"{share}{row.b or 'held against'}", write.level(held_against)),
        ("difference", write.change(row.difference)),
        ("95\u00a0% interval", _interval(row, write)),
        ("corrected p", _p(row.p_adjusted)),
        ("effect size", "–" if row.effect_size is None else f"{row.effect_size:+.1f}".replace("-", "−")),
        ("noise floor", write.size(row.noise_floor)),
        ("seeds", str(row.seeds) if row.seeds else "–"),
        ("seeds that would do", "–" if row.verdict != "not told apart" else str(row.seeds_needed or "–")),
    )


def _interval(row: Claim, write: "_Writer") -> str:
    ends = (row.ci_low, row.ci_high)
    return "–" if None in ends else " to ".join(map(write.change, ends))


def _p(value: float | None) -> str:
    return "–" if value is None else f"{value:.2g}"


@final
class _Writer:
    """Writes the numbers of one claim in the unit of its statistic."""

    def __init__(self, row: Claim) -> None:
        self._row = row
        self._measure: Measure | None = measure(row.metric) if row.metric else None
        if row.statistic.endswith("loss") or "loss_at" in row.statistic:
            self._measure = measure("loss")

    @property
    def what(self) -> str:
        """What is compared, in words."""
        row = self._row
        name = STATISTICS[row.statistic][0] if row.statistic in STATISTICS else row.statistic.replace("_", " ")
        label = f" of {self._measure.label}" if row.metric and self._measure else ""
        places = ", ".join(place for place in (row.subset, row.task) if place)
        return f"{name}{label} ({places})" if places else f"{name}{label}"

    def level(self, value: float | None) -> str:
        """Write a value of an approach."""
        if value is None:
            return "–"
        if self._measure is None:
            return self._plain(value)
        changes = self._row.statistic not in ("average", "final") and self._row.metric is not None
        return self._measure.difference(value) if changes else self._measure.value(value)

    def change(self, value: float | None) -> str:
        """Write a difference, with its sign."""
        if value is None:
            return "–"
        if self._measure is not None:
            return self._measure.difference(value)
        return "0" if value == 0 else f"{'+' if value > 0 else '−'}{self._plain(abs(value))}"

    def size(self, value: float | None) -> str:
        """Write a noise floor."""
        return "–" if value is None or self._measure is None else self._measure.plain(value)

    def _plain(self, value: float) -> str:
        if self._row.statistic.endswith("_seconds"):
            return numbers.duration(value)
        if self._row.statistic.endswith("_bytes"):
            return numbers.bytes_text(value)
        return numbers.short_count(value) if self._row.statistic == "flops" else numbers.count(value)


_MARKS = {"supported": "✓", "refuted": "✗", "not told apart": "≈"}
"""What stands before a verdict, so that no colour is needed to tell them apart."""
_ANCHORS = {
    "comparisons": "comparisons",
    "summary": "progress",
    "scores": "matrices",
    "curves": "curves",
    "costs": "cost",
    "parameters": "approaches",
    "isolation": "isolation",
}
"""Table of the records -> the section of the report that shows it."""
_MOST_SOURCES = 6
"""More rows than these are counted and not listed; results.json has all of them."""
