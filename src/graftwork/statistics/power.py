"""What a number of pairs can show: power of the paired test, smallest difference seen, number of pairs needed.

By Student's noncentral t (Cohen 1988, "Statistical Power Analysis for the Behavioral Sciences", chapter 2). The test
that is made flips signs, which is nearly as powerful but for the fewest pairs that can be significant at all: those are
so only where every difference has the same sign, and the chance of that is counted instead. By simulation of normal
differences the power of the numbers found lies between 0.70 and 0.99 where 0.8 or more was asked for.
"""

import math

from graftwork.statistics.paired import pairs_to_reach, smallest_p

__all__ = ["detectable_difference", "paired_power", "pairs_needed"]

MOST_PAIRS = 1_000
"""More than so many are not asked of anybody."""


def paired_power(effect: float, num_pairs: int, level: float = 0.05) -> float:
    """Return the chance that the two-sided sign-flip test sees a true effect (d_z) at a level with so many pairs.

    Raises:
        ValueError: there are fewer than 2 pairs, or the level is not between 0 and 1.
    """
    _check(num_pairs, level)
    # Imported here, and not scipy.stats, for the sake of start-up.
    from scipy.special import nctdtr, ndtr, stdtrit

    if smallest_p(num_pairs) >= level:
        return 0.0
    freedom, shift = num_pairs - 1, abs(effect) * math.sqrt(num_pairs)
    bound = float(stdtrit(freedom, 1 - level / 2))
    # Far out in a tail the function gives nan where it means 0.
    inside, below = (0.0 if math.isnan(p) else float(p) for p in (nctdtr(freedom, shift, x) for x in (bound, -bound)))
    power = 1 - inside + below
    return min(power, float(ndtr(abs(effect))) ** num_pairs) if _must_agree(num_pairs, level) else power


def detectable_difference(spread: float, num_pairs: int, level: float = 0.05, power: float = 0.8) -> float | None:
    """Return the smallest true mean difference that so many pairs show with a given power.

    Args:
        spread: standard deviation of the differences, in the unit of the result.
        num_pairs: number of pairs (seeds), at least 2.
        level: two-sided level of significance; 0.05 over the number of comparisons where there are many.
        power: chance to see it.

    Returns:
        The difference; None where so few pairs cannot reach the level, whatever the difference.

    Raises:
        ValueError: there are fewer than 2 pairs, or the level is not between 0 and 1.
    """
    _check(num_pairs, level)
    from scipy.special import nctdtrinc, ndtri, stdtrit

    if smallest_p(num_pairs) >= level:
        return None
    freedom = num_pairs - 1
    shift = float(nctdtrinc(freedom, 1 - power, float(stdtrit(freedom, 1 - level / 2))))
    effect = shift / math.sqrt(num_pairs)
    if _must_agree(num_pairs, level):
        effect = max(effect, float(ndtri(power ** (1 / num_pairs))))
    return effect * spread


def pairs_needed(effect: float | None, level: float = 0.05, power: float = 0.8) -> int | None:
    """Return the smallest number of pairs that show a true effect (d_z) with a given power; None above 1,000.

    Args:
        effect: mean difference over the standard deviation of the differences; None where these do not vary, so that
            any number will do that can reach the level at all.
        level: two-sided level of significance; 0.05 over the number of comparisons where there are many.
        power: chance to see it.

    Raises:
        ValueError: the level is not between 0 and 1.
    """
    fewest = pairs_to_reach(level)
    if effect is None:
        return fewest
    if effect == 0:
        return None
    from scipy.special import ndtri

    # The normal distribution in place of Student's t asks for too few, if not for many too few.
    start = ((float(ndtri(1 - level / 2)) + float(ndtri(power))) / effect) ** 2
    numbers = range(max(fewest, math.floor(min(start, MOST_PAIRS + 1))), MOST_PAIRS + 1)
    return next((pairs for pairs in numbers if paired_power(effect, pairs, level) >= power), None)


def _must_agree(num_pairs: int, level: float) -> bool:
    """Whether only differences that all have one sign are significant: the next p-value is twice the smallest."""
    return 2 * smallest_p(num_pairs) >= level


def _check(num_pairs: int, level: float) -> None:
    if num_pairs < 2:
        raise ValueError(f"the spread of differences needs 2 pairs (given: {num_pairs})")
    if not 0 < level < 1:
        raise ValueError(f"a level of significance lies between 0 and 1 (given: {level})")
