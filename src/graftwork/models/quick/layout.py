"""Which places of a padded batch are computed: the real ones and a little padding, one after the other as rows.

Only attention needs rows of equal length. Everything else works on each place alone, so padding is left out of it.
"""

from functools import cached_property
from typing import Self, final

import torch

__all__ = ["ROW_STEP", "Layout"]

ROW_STEP = 64
"""Rows are filled up with padding to a multiple of this: matrix kernels are prepared for every shape they meet."""


@final
class Layout:
    """The places of a batch that are kept, in their order."""

    def __init__(self, batch: int, length: int, kept: torch.Tensor | None = None) -> None:
        """Name them.

        Args:
            batch: sequences.
            length: places of each, padding included.
            kept: the numbers of the kept places in batch · length, ascending; None for all. If any is left out, one of
                them has to be padding: it stands for those, as nothing that is trained hangs on what it returns, so
                its gradient is zero as theirs are.
        """
        self.batch, self.length, self.kept = batch, length, kept
        self._padding = 0  # the row of a place of padding
        self._indices: dict[tuple[str, int, int], torch.Tensor] = {}

    @classmethod
    def of(cls, real: torch.Tensor) -> Self:
        """The layout that keeps the real places of a batch, and some more.

        Args:
            real: (batch, length), True at the real places.
        """
        flat = real.flatten().clone()
        padding = (~flat).nonzero().squeeze(1)
        num_real = flat.numel() - len(padding)
        num_rows = -(-(num_real + 1) // ROW_STEP) * ROW_STEP
        if num_rows >= flat.numel():
            return cls(len(real), real.shape[1])
        flat[padding[: num_rows - num_real]] = True
        layout = cls(len(real), real.shape[1], flat.nonzero().squeeze(1))
        layout._padding = int(flat[: padding[0]].sum())
        return layout

    @property
    def rows(self) -> int:
        """How many places are kept."""
        return self.batch * self.length if self.kept is None else len(self.kept)

    @cached_property
    def row_of_place(self) -> torch.Tensor:
        """For each place of the batch its row, (batch, length); for one left out, that of the padding."""
        if self.kept is None:
            return torch.arange(self.batch * self.length).view(self.batch, self.length)
        rows = torch.full((self.batch * self.length,), self._padding)
        rows[self.kept] = torch.arange(len(self.kept))
        return rows.view(self.batch, self.length)

    def packed(self, padded: torch.Tensor) -> torch.Tensor:
        """Of (batch, length, ...) the kept places, (rows, ...)."""
        flat = padded.flatten(0, 1)
        return flat if self.kept is None else flat.index_select(0, self.kept)

    def padded(self, packed: torch.Tensor) -> torch.Tensor:
        """The reverse for (rows, width), with whatever at the places left out: (batch, length, width)."""
        return packed.index_select(0, self.row_of_place.flatten()).view(self.batch, self.length, -1)

    def to_heads(self, packed: torch.Tensor, parts: int, heads: int) -> torch.Tensor:
        """(rows, parts · heads · size) to (parts, batch · heads, length, size)."""
        key = "to", parts, heads
        if key not in self._indices:
            numbers = (torch.arange(parts).view(-1, 1, 1, 1) * heads) + torch.arange(heads).view(1, 1, -1, 1)
            index = self.row_of_place.view(1, self.batch, 1, self.length) * (parts * heads) + numbers
            self._indices[key] = index.flatten()
        size = packed.shape[1] // (parts * heads)
        taken = packed.view(-1, size).index_select(0, self._indices[key])
        return taken.view(parts, self.batch * heads, self.length, size)

    def from_heads(self, split: torch.Tensor) -> torch.Tensor:
        """The reverse of ``to_heads``."""
        parts, heads = split.shape[0], split.shape[1] // self.batch
        key = "from", parts, heads
        if key not in self._indices:
            kept = torch.arange(self.batch * self.length) if self.kept is None else self.kept
            sequence, place = (kept // self.length).view(-1, 1, 1), (kept % self.length).view(-1, 1, 1)
            numbers = torch.arange(parts).view(1, -1, 1) * self.batch + sequence
            self._indices[key] = ((numbers * heads + torch.arange(heads)) * self.length + place).flatten()
        return split.view(-1, split.shape[-1]).index_select(0, self._indices[key]).view(self.rows, -1)
