"""Loops over arrays as machine code, for what no library computes in one pass."""

from collections.abc import Callable
from functools import cache
from typing import Any

__all__ = ["compiled"]

SUMS_IN_ANY_ORDER = {"reassoc", "contract", "nsz"}
"""Products may be joined with sums, and sums taken in any order, so that vectors of the processor can be used; infinity
and what is no number keep their meaning."""


@cache
def compiled(function: Callable[..., Any], *, sums_in_any_order: bool = False) -> Callable[..., Any]:
    """A plain Python function as machine code: compiled at the first call ever, read from numba's cache afterwards.

    Args:
        function: what to compile.
        sums_in_any_order: whether sums may be rounded otherwise than the loops say.
    """
    from numba import njit

    how = {"error_model": "numpy", "fastmath": SUMS_IN_ANY_ORDER if sums_in_any_order else False}
    found: Callable[..., Any]
    try:
        found = njit(cache=True, **how)(function)
    except RuntimeError:  # neither the package's folder nor the user's cache can be written: compile in each process
        found = njit(**how)(function)
    return found
