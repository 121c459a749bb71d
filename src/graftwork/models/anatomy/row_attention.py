"""Attention of one query a row to as many columns as the row has, and no more.

Rows under way together differ in length: in a batch of real prompts a fourth of the places up to the longest source are
a row's own (measured), and batched products compute all. Here each row's are read, once, where they lie.
"""

from dataclasses import dataclass, replace
from typing import final

import numpy as np
import numpy.typing as npt
import torch

from graftwork.compiled import compiled

__all__ = ["Spans", "attend_own_columns"]

_Floats = npt.NDArray[np.float32]
_Integers = npt.NDArray[np.int64]


@final
@dataclass(frozen=True, eq=False)
class Spans:
    """The columns of each row, for all attentions of a moment."""

    rows: _Integers
    """Slot, first column and column after the last of each row, (rows, 3); no row is without columns."""
    columns: tuple[int, int]
    """The first that any slot has, and the one after the last."""
    bias: _Floats
    """Added to scores, (1 or more heads, columns); the heads take turns at them."""

    @classmethod
    def of(cls, begins: torch.Tensor, ends: torch.Tensor, bias: torch.Tensor | None = None) -> "Spans":
        """All slots, (slots,), from the first column of each to the one after its last; without a bias it is 0."""
        rows = torch.stack([torch.arange(len(begins)), begins, ends], dim=1).numpy()
        first, end = int(begins.min()), int(ends.max())
        return cls(rows, (first, end), (torch.zeros(1, end - first) if bias is None else bias).numpy())

    def only(self, slots: torch.Tensor | None) -> "Spans":
        """Those of some slots, ascending; None for all."""
        return self if slots is None else replace(self, rows=self.rows[slots.numpy()])


def attend_own_columns(queries: torch.Tensor, memory: torch.Tensor, spans: Spans) -> torch.Tensor:
    """softmax(query · keysᵀ + bias) · values over each row's own columns, in float32 on a CPU.

    Args:
        queries: (rows, heads · size).
        memory: keys and values, (2, slots, heads, columns, size), contiguous.
        spans: of the rows.

    Returns:
        (rows, heads · size).
    """
    score, mix = compiled(_score, sums_in_any_order=True), compiled(_mix, sums_in_any_order=True)
    _, _, heads, _, size = memory.shape
    first, end = spans.columns
    weights = torch.empty(len(spans.rows), heads, end - first)
    outputs = torch.empty(len(spans.rows), heads, size)
    keys, values = memory.numpy()
    score(queries.view(-1, heads, size).numpy(), keys, spans.rows, spans.bias, weights.numpy(), first)
    mix(weights.softmax(dim=-1).numpy(), values, spans.rows, outputs.numpy(), first)
    return outputs.flatten(1)


def _score(queries: _Floats, keys: _Floats, spans: _Integers, bias: _Floats, scores: _Floats, first: int) -> None:
    """Write scores; minus infinity where a row has no column. Plain Python that numba compiles.

    ``spans`` has slot, first column and column after the last of each row; the columns count from ``first``.
    """
    rows, heads, size = queries.shape
    for row in range(rows):
        slot, begin, end = spans[row]
        whole = begin + (end - begin) // 4 * 4
        for head in range(heads):
            scores[row, head, : begin - first] = -np.inf
            scores[row, head, end - first :] = -np.inf
            biases = bias[head % bias.shape[0]]
            for column in range(begin, whole, 4):  # four at a time: the query is loaded less often
                one = two = three = four = np.float32(0.0)
                for place in range(size):
                    query = queries[row, head, place]
                    one += query * keys[slot, head, column, place]
                    two += query * keys[slot, head, column + 1, place]
                    three += query * keys[slot, head, column + 2, place]
                    four += query * keys[slot, head, column + 3, place]
                at = column - first
                scores[row, head, at] = one + biases[at]
                scores[row, head, at + 1] = two + biases[at + 1]
                scores[row, head, at + 2] = three + biases[at + 2]
                scores[row, head, at + 3] = four + biases[at + 3]
            for column in range(whole, end):
                product = np.float32(0.0)
                for place in range(size):
                    product += queries[row, head, place] * keys[slot, head, column, place]
                scores[row, head, column - first] = product + biases[column - first]


def _mix(weights: _Floats, values: _Floats, spans: _Integers, outputs: _Floats, first: int) -> None:
    """Write sums of values, weighted. Plain Python that numba compiles; see ``_score``."""
    rows, heads, size = outputs.shape
    for row in range(rows):
        slot, begin, end = spans[row]
        whole = begin + (end - begin) // 4 * 4
        for head in range(heads):
            outputs[row, head, :] = 0.0
            for column in range(begin, whole, 4):  # four at a time: the sums are loaded and stored less often
                one, two = weights[row, head, column - first], weights[row, head, column + 1 - first]
                three, four = weights[row, head, column + 2 - first], weights[row, head, column + 3 - first]
                for place in range(size):
                    outputs[row, head, place] += (
                        one * values[slot, head, column, place]
                        + two * values[slot, head, column + 1, place]
                        + three * values[slot, head, column + 2, place]
                        + four * values[slot, head, column + 3, place]
                    )
            for column in range(whole, end):
                weight = weights[row, head, column - first]
                for place in range(size):
                    outputs[row, head, place] += weight * values[slot, head, column, place]
