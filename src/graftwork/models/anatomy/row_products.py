"""Low-rank products of rows that are different adapters', a few rows each.

Batched products over the adapters take the rows out of the batch, pad them to equally many for each, and put them
back; for ranks like 16 that costs more than the products do. Here each row is multiplied where it lies, two rows of one
adapter at a time, and the adapters' matrices are read once each.
"""

from collections.abc import Callable, Sequence
from functools import cache
from typing import Any, final

import numpy as np
import numpy.typing as npt
import torch

__all__ = ["AT_ONCE", "RowProducts", "owned_rows"]

AT_ONCE = 4
"""The loops take so many rows of a matrix at a time; ranks are multiples of it."""

_Floats = npt.NDArray[np.float32]
_Integers = npt.NDArray[np.int64]


def owned_rows(places: Sequence[Sequence[int]]) -> torch.Tensor:
    """The rows of each adapter one after the other, with the adapter's number: (rows, 2)."""
    return torch.tensor([(row, owner) for owner, own in enumerate(places) for row in own], dtype=torch.long)


@final
class RowProducts:
    """up · act(down · row) with the matrices of the row's own adapter, in float32 on a CPU."""

    def __init__(
        self,
        down: torch.Tensor,
        up: torch.Tensor,
        rows: torch.Tensor,
        activation: Callable[[torch.Tensor], torch.Tensor] | None,
    ) -> None:
        """Get ready.

        Args:
            down: (adapters, layers · rank, inputs).
            up: (adapters, layers, rank, outputs).
            rows: what ``owned_rows`` returns.
            activation: act; None for none.
        """
        self._down, self._up, self._rows = down.numpy(), up.numpy(), rows.numpy()
        self._inner = torch.empty(len(rows), down.shape[1])
        self._activation = activation
        self._multiply, self._add = _kernels()

    def add(self, states: torch.Tensor, output: torch.Tensor) -> None:
        """Add what they make of a batch, (rows, inputs), to the outputs of the layers side by side, in place.

        The output is (rows, layers · outputs), contiguous.
        """
        inner = self._inner
        self._multiply(states.numpy(), self._down, self._rows, inner.numpy())
        if self._activation is not None:
            inner = self._activation(inner)
        self._add(inner.numpy(), self._up, self._rows, output.numpy())


def _inner(states: _Floats, down: _Floats, rows: _Integers, inner: _Floats) -> None:
    """Write products of rows with the first matrices. Plain Python that numba compiles."""
    first = 0
    while first < len(rows):
        row, owner = rows[first]
        second = first + 1 if first + 1 < len(rows) and rows[first + 1, 1] == owner else first
        other = rows[second, 0]
        for rank in range(0, down.shape[1], 4):  # two rows by four of the matrix: each number is loaded less often
            a1 = a2 = a3 = a4 = b1 = b2 = b3 = b4 = np.float32(0.0)
            for place in range(states.shape[1]):
                a, b = states[row, place], states[other, place]
                one, two = down[owner, rank, place], down[owner, rank + 1, place]
                three, four = down[owner, rank + 2, place], down[owner, rank + 3, place]
                a1 += a * one
                a2 += a * two
                a3 += a * three
                a4 += a * four
                b1 += b * one
                b2 += b * two
                b3 += b * three
                b4 += b * four
            inner[first, rank], inner[first, rank + 1], inner[first, rank + 2], inner[first, rank + 3] = a1, a2, a3, a4
            inner[second, rank], inner[second, rank + 1] = b1, b2
            inner[second, rank + 2], inner[second, rank + 3] = b3, b4
        first = second + 1


def _add_outer(inner: _Floats, up: _Floats, rows: _Integers, output: _Floats) -> None:
    """Add products of rows with the second matrices. Plain Python that numba compiles."""
    _, layers, ranks, size = up.shape
    nowhere = np.zeros(output.shape[1], dtype=np.float32)
    first = 0
    while first < len(rows):
        row, owner = rows[first]
        second = first + 1 if first + 1 < len(rows) and rows[first + 1, 1] == owner else first
        one, other = output[row], (nowhere if second == first else output[rows[second, 0]])
        for layer in range(layers):
            start = layer * size
            for rank in range(0, ranks, 4):
                place = layer * ranks + rank
                a1, a2, a3, a4 = (
                    inner[first, place],
                    inner[first, place + 1],
                    inner[first, place + 2],
                    inner[first, place + 3],
                )
                b1, b2 = inner[second, place], inner[second, place + 1]
                b3, b4 = inner[second, place + 2], inner[second, place + 3]
                for at in range(size):
                    u1, u2 = up[owner, layer, rank, at], up[owner, layer, rank + 1, at]
                    u3, u4 = up[owner, layer, rank + 2, at], up[owner, layer, rank + 3, at]
                    one[start + at] += a1 * u1 + a2 * u2 + a3 * u3 + a4 * u4
                    other[start + at] += b1 * u1 + b2 * u2 + b3 * u3 + b4 * u4
        first = second + 1


@cache
def _kernels() -> tuple[Callable[..., Any], Callable[..., Any]]:
    """Both as machine code: compiled at the first call ever, read from numba's cache afterwards."""
    from numba import njit

    how = {"cache": True, "fastmath": {"reassoc", "contract", "nsz"}, "error_model": "numpy"}
    return njit(**how)(_inner), njit(**how)(_add_outer)
