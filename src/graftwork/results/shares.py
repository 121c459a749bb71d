"""What the gain of a combined adapter is owed to, from its scores with some of its components taken away."""

from collections.abc import Sequence
from itertools import groupby
from statistics import fmean

from graftwork.results.analysis import KnockOut, Share
from graftwork.statistics.intervals import student_t_interval

__all__ = ["shares_of"]

TOGETHER, WHOLE = "together", "whole"


def shares_of(rows: Sequence[KnockOut]) -> tuple[Share, ...]:
    """What gains over the base are owed to: each component alone, and what is left, over seeds.

    Each seed is a pair of scores of the same items, with and without; the interval is Student's t over their
    differences.
    """

    def place(row: KnockOut) -> tuple[str, str, str, str, str]:
        return row.approach, row.order, row.task, row.subset, row.metric

    wanted = [row for row in rows if row.acts in ("whole", "none", "alone")]
    found: list[Share] = []
    for (approach, order, task, subset, metric), group in groupby(sorted(wanted, key=place), key=place):
        gains = _gains(list(group))
        whole = fmean(gains[WHOLE]) if gains else 0.0
        for part, values in gains.items():
            mean, low, high = student_t_interval(values)
            share = mean / whole if whole else None
            found.append(
                Share(
                    approach=approach,
                    order=order,
                    task=task,
                    subset=subset,
                    metric=metric,
                    part=part,
                    mean=mean,
                    ci_low=low,
                    ci_high=high,
                    share=share,
                    seeds=len(values),
                )
            )
    return tuple(found)


def _gains(rows: Sequence[KnockOut]) -> dict[str, list[float]]:
    """Part -> its gain over the base in every seed; a seed in which a score is missing is left out."""
    by_seed: dict[int, dict[tuple[str, str], float]] = {}
    for row in rows:
        by_seed.setdefault(row.seed, {})[row.acts, row.part] = row.value
    parts = list(dict.fromkeys(row.part for row in rows if row.acts == "alone"))
    needed = {("none", ""), ("whole", ""), *(("alone", part) for part in parts)}
    gains: dict[str, list[float]] = {}
    for values in by_seed.values():
        if values.keys() < needed:
            continue
        base = values["none", ""]
        alone = {part: values["alone", part] - base for part in parts}
        whole = values["whole", ""] - base
        for part, gain in {**alone, TOGETHER: whole - sum(alone.values()), WHOLE: whole}.items():
            gains.setdefault(part, []).append(gain)
    return gains
