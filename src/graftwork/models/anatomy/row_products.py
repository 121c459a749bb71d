"""Products of rows that are different adapters', a few rows each.

Batched products over the adapters take the rows out of the batch, pad them to equally many for each, and put them
back; for ranks like 16 that costs more than the products do. Here each row is multiplied where it lies, a few rows of
one adapter at a time, and the adapters' matrices are read once each.
"""

from collections.abc import Callable, Sequence
from typing import final

import numpy as np
import numpy.typing as npt
import torch

from graftwork.compiled import compiled

__all__ = ["AT_ONCE", "RowProducts", "multiply_rows", "owned_rows"]

AT_ONCE = 4
"""The loops take so many numbers of a row at a time; ranks, and outputs, are multiples of it."""

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
        self._inner = torch.zeros(int(rows[:, 0].max()) + 1, down.shape[1])
        """By row of the batch; those that no adapter has stay 0."""
        self._activation = activation
        self._multiply, self._add = (compiled(one, sums_in_any_order=True) for one in (_multiply, _add_outer))

    def add(self, states: torch.Tensor, output: torch.Tensor) -> None:
        """Add what they make of a batch, (rows, inputs), to the outputs of the layers side by side, in place.

        The output is (rows, layers · outputs), contiguous.
        """
        inner = self._inner
        self._multiply(states.numpy(), self._down, self._rows, inner.numpy())
        if self._activation is not None:
            inner = self._activation(inner)
        self._add(inner.numpy(), self._up, self._rows, output.numpy())


def multiply_rows(states: torch.Tensor, weights: torch.Tensor, rows: torch.Tensor) -> torch.Tensor:
    """Products of rows with the weights of each one's adapter, in float32 on a CPU.

    Args:
        states: (rows, inputs).
        weights: (adapters, outputs, inputs).
        rows: what ``owned_rows`` returns; all rows are among them.

    Returns:
        (rows, outputs).
    """
    products = torch.empty(len(states), weights.shape[1])
    multiply = compiled(_multiply, sums_in_any_order=True)
    multiply(*(one.numpy() for one in (states, weights, rows, products)))
    return products


def _multiply(states: _Floats, weights: _Floats, rows: _Integers, products: _Floats) -> None:
    """Write products of rows with the weights of each one's adapter. Plain Python that numba compiles.

    Four rows by two of the weights at a time, so that each number is loaded less often.
    """
    first = 0
    while first < len(rows):
        owner, end = rows[first, 1], first + 1
        while end < len(rows) and end < first + 4 and rows[end, 1] == owner:
            end += 1
        r1, r2 = rows[first, 0], rows[min(first + 1, end - 1), 0]
        r3, r4 = rows[min(first + 2, end - 1), 0], rows[end - 1, 0]
        for at in range(0, weights.shape[1], 2):
            a1 = a2 = b1 = b2 = c1 = c2 = d1 = d2 = np.float32(0.0)
            for place in range(states.shape[1]):
                one, two = weights[owner, at, place], weights[owner, at + 1, place]
                a, b, c, d = states[r1, place], states[r2, place], states[r3, place], states[r4, place]
                a1 += a * one
                a2 += a * two
                b1 += b * one
                b2 += b * two
                c1 += c * one
                c2 += c * two
                d1 += d * one
                d2 += d * two
            products[r1, at], products[r1, at + 1] = a1, a2
            products[r2, at], products[r2, at + 1] = b1, b2
            products[r3, at], products[r3, at + 1] = c1, c2
            products[r4, at], products[r4, at + 1] = d1, d2
        first = end


def _add_outer(inner: _Floats, up: _Floats, rows: _Integers, output: _Floats) -> None:
    """Add products of rows with the second matrices. Plain Python that numba compiles."""
    _, layers, ranks, size = up.shape
    nowhere = np.zeros(output.shape[1], dtype=np.float32)
    first = 0
    while first < len(rows):
        row, owner = rows[first]
        second = first + 1 if first + 1 < len(rows) and rows[first + 1, 1] == owner else first
        beside = rows[second, 0]
        one, other = output[row], (nowhere if second == first else output[beside])
        for layer in range(layers):
            start = layer * size
            for rank in range(0, ranks, 4):
                place = layer * ranks + rank
                a1, a2, a3, a4 = (
                    inner[row, place],
                    inner[row, place + 1],
                    inner[row, place + 2],
                    inner[row, place + 3],
                )
                b1, b2 = inner[beside, place], inner[beside, place + 1]
                b3, b4 = inner[beside, place + 2], inner[beside, place + 3]
                for at in range(size):
                    u1, u2 = up[owner, layer, rank, at], up[owner, layer, rank + 1, at]
                    u3, u4 = up[owner, layer, rank + 2, at], up[owner, layer, rank + 3, at]
                    one[start + at] += a1 * u1 + a2 * u2 + a3 * u3 + a4 * u4
                    other[start + at] += b1 * u1 + b2 * u2 + b3 * u3 + b4 * u4
        first = second + 1
