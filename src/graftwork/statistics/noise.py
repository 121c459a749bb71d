"""The noise floor: how far a score moves for reasons that are not the approach.

Two kinds, each in the metric's own unit; a difference has to exceed the larger. Evaluating the same weights again, in
other batches or on other threads, moves it by `repeat_floor` (0 for greedy decoding that is the same bit for bit).
Drawing other test items would have moved it by `item_floor`, and seeds share their items, so no number of seeds helps.
"""

import math
from collections.abc import Sequence

import numpy as np
import numpy.typing as npt

__all__ = ["item_floor", "repeat_floor"]


def repeat_floor(scores: Sequence[float], level: float = 0.95) -> float:
    """Return how far two evaluations of one model lie apart at most, at a level, given repeated evaluations of it.

    The repeatability limit t · √2 · s of ISO 5725-6:1994, section 4.1, with Student's t for few repetitions.

    Raises:
        ValueError: there are fewer than 2 scores, one is not finite, or the level is not between 0 and 1.
    """
    values = np.asarray(scores, np.float64)
    _check(values, level)
    return _quantile(values.size, level) * math.sqrt(2) * float(values.std(ddof=1))


def item_floor(differences: Sequence[npt.ArrayLike], level: float = 0.95) -> float:
    """Return how far a difference moves at most, at a level, when test items are drawn anew and the models stay.

    Half the width of the interval t · √(Σ_j s_j² / n_j), with t for the smallest set: what the bootstrap over items
    converges to where the difference is a sum of means.

    Args:
        differences: one array of items for each test set (task), the mean of which is what that set adds to the
            difference. Item by item, on the same items: that an item is hard for both approaches is no noise.
        level: confidence level.

    Raises:
        ValueError: there is no set, one has fewer than 2 items, one is not finite, or the level is not between 0 and 1.
    """
    sets = [np.asarray(one, np.float64) for one in differences]
    if not sets:
        raise ValueError("a noise floor needs a set of items")
    for one in sets:
        _check(one, level)
    variance = sum(float(one.var(ddof=1)) / one.size for one in sets)
    return _quantile(min(one.size for one in sets), level) * math.sqrt(variance)


def _quantile(size: int, level: float) -> float:
    # Imported here, and not scipy.stats, for the sake of start-up.
    from scipy.special import stdtrit

    return float(stdtrit(size - 1, 0.5 + level / 2))


def _check(values: npt.NDArray[np.float64], level: float) -> None:
    if values.size < 2 or not np.isfinite(values).all():
        raise ValueError(f"a noise floor needs at least 2 finite scores (given: {values.size} scores)")
    if not 0 < level < 1:
        raise ValueError(f"a level of confidence lies between 0 and 1 (given: {level})")
