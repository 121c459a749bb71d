"""All comparisons of a study, judged together.

The family that Holm's correction is over is all comparisons that are made, in one: a study that asks 40 questions has
one chance in 20 to answer any of them falsely, not two answers expected to be false. It costs little: to correct over
four times as many comparisons takes two more seeds. A comparison whose differences are all exactly 0 (two isolated
approaches, neither of which can forget) is not made: its smallest p-value is 1, so that it can never be rejected, and
such tests need not be counted (Tarone 1990, https://doi.org/10.2307/2531456).

What is not corrected for is adding seeds until something is found: choose their number before.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from statistics import fmean
from typing import final

import numpy as np

from graftwork.statistics.paired import cohens_dz, hedges_gz, holm, pairs_to_reach, sign_flip_p
from graftwork.statistics.power import detectable_difference, pairs_needed

__all__ = ["ALPHA", "Difference", "Judgement", "judge_family"]

ALPHA = 0.05
"""Chance of any false "better" in a family."""


@final
@dataclass(frozen=True)
class Difference:
    """What is compared: differences by pair (seed), and what the same difference owes to noise of the evaluation.

    ``noise_floor`` is in the unit of the differences; None where it is not known, and then nothing is told apart.
    """

    by_pair: tuple[float, ...]
    noise_floor: float | None = None


@final
@dataclass(frozen=True)
class Judgement:
    """What may be said of one difference.

    ``told_apart`` holds where the corrected p-value is below 0.05 and the mean difference exceeds the noise floor.
    ``p`` and ``p_adjusted`` are None for a single pair and for differences that are all 0. ``effect_size`` is Hedges's
    g_z. ``detectable`` is the smallest difference that so many pairs show in such a family with power 0.8 (None: no
    difference, however large), ``pairs_needed`` the number that would show the one seen (None: more than 1,000, or it
    is 0), ``family`` the number of comparisons made.
    """

    p: float | None
    p_adjusted: float | None
    effect_size: float | None
    told_apart: bool
    detectable: float | None
    pairs_needed: int | None
    family: int


def judge_family(differences: Sequence[Difference]) -> list[Judgement]:
    """Test every difference by flipping signs, correct for their number, and say which are told apart.

    Raises:
        ValueError: a difference has no pairs, or one is not finite.
    """
    made = [index for index, one in enumerate(differences) if any(one.by_pair)]
    p_values = _p_values([differences[index].by_pair for index in made])
    tested = [(index, p) for index, p in zip(made, p_values, strict=True) if p is not None]
    adjusted = dict(zip([index for index, _ in tested], holm([p for _, p in tested]), strict=True))
    by_index = dict(tested)
    return [_judge(one, by_index.get(index), adjusted.get(index), len(made)) for index, one in enumerate(differences)]


def _p_values(by_pair: Sequence[tuple[float, ...]]) -> list[float | None]:
    """The p-value of each; None for a single pair. Those of equal number are tested at once."""
    found: list[float | None] = [None] * len(by_pair)
    for size in {len(one) for one in by_pair} - {1}:
        chosen = [index for index, one in enumerate(by_pair) if len(one) == size]
        for index, p in zip(chosen, sign_flip_p([by_pair[index] for index in chosen]), strict=True):
            found[index] = float(p)
    return found


def _judge(difference: Difference, p: float | None, p_adjusted: float | None, family: int) -> Judgement:
    values = difference.by_pair
    level = ALPHA / max(1, family)
    mean = fmean(values)
    floor = difference.noise_floor
    significant = p_adjusted is not None and p_adjusted < ALPHA
    return Judgement(
        p=p,
        p_adjusted=p_adjusted,
        effect_size=hedges_gz(values),
        told_apart=significant and floor is not None and abs(mean) > floor,
        detectable=None if p is None else detectable_difference(float(np.std(values, ddof=1)), len(values), level),
        pairs_needed=_needed(values, mean, level, significant),
        family=family,
    )


def _needed(values: tuple[float, ...], mean: float, level: float, significant: bool) -> int | None:
    """The number of pairs that would show the mean seen; for one pair, the number that could show anything."""
    if mean == 0:
        return None
    if len(values) == 1:
        return pairs_to_reach(level)
    needed = pairs_needed(cohens_dz(values), level)
    # So many were enough for such an effect on average, and were not here.
    return needed if needed is None or significant else max(needed, len(values) + 1)
