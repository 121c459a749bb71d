"""T5's biases of relative positions from one row of distances.

T5's own function finds the bucket of every pair of places, in a dozen passes over a table of 8 bytes a pair, though a
pair's bias is that of its distance. At 2,048 places such a table is 32 MiB, from which size on memory is given back to
the system and taken anew for every one. Here the buckets of all distances are found, and each query's row is cut out.
"""

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any, final

import torch
from torch import nn
from transformers import PreTrainedModel

__all__ = ["QuickPositions", "biases_of_distances"]


def biases_of_distances(attention: Any, queries: int, keys: int, past: int = 0) -> torch.Tensor:
    """What T5's ``compute_bias`` returns, bit for bit.

    Args:
        attention: one with a table of relative positions.
        queries: how many places ask.
        keys: how many are asked.
        past: how many places are before the first that asks.

    Returns:
        (1, heads, queries, keys), contiguous.
    """
    table = attention.relative_attention_bias
    distances = torch.arange(1 - queries - past, keys - past, device=table.weight.device)
    buckets = attention._relative_position_bucket(
        distances,
        bidirectional=not attention.is_decoder,
        num_buckets=attention.relative_attention_num_buckets,
        max_distance=attention.relative_attention_max_distance,
    )
    rows: torch.Tensor = table(buckets).t().contiguous().unfold(1, keys, 1)  # from the last query to the first
    return rows.flip(1).unsqueeze(0)


@final
class QuickPositions:
    """Has a T5's frozen tables of relative positions read this way."""

    def __init__(self, model: PreTrainedModel) -> None:
        self._attentions = [module for module in model.modules() if _is_frozen(module)]

    @contextmanager
    def active(self) -> Iterator[None]:
        """In this block."""
        for module in self._attentions:
            module.__dict__["compute_bias"] = _reader(module)
        try:
            yield
        finally:
            for module in self._attentions:
                module.__dict__.pop("compute_bias", None)


def _is_frozen(module: nn.Module) -> bool:
    table = getattr(module, "relative_attention_bias", None)
    hooked = isinstance(table, nn.Module) and (table._forward_hooks or table._forward_pre_hooks)
    return isinstance(table, nn.Embedding) and not table.weight.requires_grad and not hooked


def _reader(attention: nn.Module) -> Any:
    def compute_bias(
        query_length: int, key_length: int, device: torch.device | None = None, past_seen_tokens: int = 0
    ) -> torch.Tensor:
        return biases_of_distances(attention, query_length, key_length, past_seen_tokens)

    return compute_bias
