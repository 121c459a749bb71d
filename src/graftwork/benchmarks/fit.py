"""How something grows: the exponent of a power law fitted to measurements."""

from collections.abc import Sequence

import numpy as np

__all__ = ["exponent"]


def exponent(sizes: Sequence[float], values: Sequence[float]) -> float:
    """The slope of the values against the sizes, both logarithmic: 1 is linear, 0 constant.

    Args:
        sizes: positive, at least two different ones.
        values: of the same length, positive.
    """
    slope, _ = np.polyfit(np.log(sizes), np.log(values), 1)
    return float(slope)
