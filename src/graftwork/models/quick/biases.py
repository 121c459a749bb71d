"""Where a T5's attention looks: layouts of the batch, and biases of positions with the mask in them."""

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any, final

import torch

from graftwork.models.quick.layout import Layout

__all__ = ["Looks"]


@final
class Looks:
    """Layouts and biases of the batches that pass through a model, each made once for all its blocks."""

    def __init__(self) -> None:
        self._packed: tuple[Layout, Layout] | None = None
        self._source_mask: torch.Tensor | None = None
        self._whole: dict[tuple[int, int], Layout] = {}
        self._biases: dict[tuple[Any, ...], tuple[Any, ...]] = {}

    @property
    def packed(self) -> bool:
        """Whether the batch is one long row of the places of two layouts."""
        return self._packed is not None

    @contextmanager
    def packing(self, source: Layout, target: Layout, real: torch.Tensor) -> Iterator[None]:
        """In this block the batch is packed.

        Args:
            source: layout of what the encoder reads.
            target: layout of what the decoder reads.
            real: (batch, source length), True at the real places.
        """
        self._packed = source, target
        lowest = torch.finfo(torch.float32).min
        self._source_mask = torch.zeros(real.shape).masked_fill_(~real, lowest)[:, None, None]
        try:
            yield
        finally:
            self._packed = self._source_mask = None
            self.forget()

    def forget(self) -> None:
        """Let go of all that was made."""
        self._biases.clear()
        self._whole.clear()

    def layouts(self, attention: Any, states: torch.Tensor, others: torch.Tensor) -> tuple[Layout, Layout]:
        """Of the queries and of the keys of an attention, from what these are made of."""
        if self._packed is not None:
            queries = self._packed[1] if attention.is_decoder else self._packed[0]
            return queries, queries if others is states else self._packed[0]
        queries, keys = (self._of_all(*one.shape[:2]) for one in (states, others))
        return queries, keys

    def _of_all(self, batch: int, length: int) -> Layout:
        if (batch, length) not in self._whole:
            self._whole[batch, length] = Layout(batch, length)
        return self._whole[batch, length]

    def positions(self, attention: Any, states: torch.Tensor, layouts: tuple[Layout, Layout]) -> torch.Tensor:
        """The biases of positions of an attention that was given none, as T5 makes them."""
        lengths = [layout.length for layout in layouts]
        if attention.has_relative_attention_bias:
            made: torch.Tensor = attention.compute_bias(*lengths, device=states.device)
            return made
        return states.new_zeros(1, attention.n_heads, *lengths)

    def bias(
        self,
        attention: Any,
        positions: torch.Tensor,
        mask: torch.Tensor | None,
        layouts: tuple[Layout, Layout],
        cross: bool,
        dtype: torch.dtype,
    ) -> torch.Tensor:
        """Positions and mask in one, (batch · heads, places, others)."""
        if self._packed is not None:
            mask = None if attention.is_decoder and not cross else self._source_mask
        causal = self._packed is not None and attention.is_decoder and not cross
        key = id(positions), id(mask), dtype, attention.n_heads
        if key not in self._biases:
            bias = positions.detach() if mask is None else positions.detach() + mask
            if causal:
                later = torch.ones(bias.shape[-2:], dtype=torch.bool).triu_(1)
                bias = bias.masked_fill(later, torch.finfo(bias.dtype).min)
            bias = bias.clamp(min=torch.finfo(dtype).min).to(dtype)
            sizes = [layout.length for layout in layouts]
            bias = bias.expand(layouts[0].batch, attention.n_heads, *sizes).reshape(-1, *sizes)
            self._biases[key] = bias, positions, mask  # held, so that their ids stay theirs
        made: torch.Tensor = self._biases[key][0]
        return made
