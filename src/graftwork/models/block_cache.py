"""The key-value cache of blocks that the base does not know of, kept inside the base's own cache.

A new block must find its keys and values again at the next step, and they must follow the base's when beams are
reordered. So its cache travels as one more layer at the end of the base's list of cache layers, where everything that
generation does to the cache reaches it, and where no layer of the base changes its number.
"""

from typing import Any, final

import torch
from torch import nn
from transformers.cache_utils import (
    Cache,
    CacheLayerMixin,
    DynamicCache,
    DynamicSlidingWindowLayer,
    EncoderDecoderCache,
    StaticLayer,
)

from graftwork.errors import InputError

__all__ = ["cache_of"]


def cache_of(
    block: nn.Module, cache: Cache, num_base_layers: int, rows: torch.Tensor | None, *, window: int | None = None
) -> Cache:
    """Return the block's own cache (it is layer 0 there), made at its first step, that travels in the base's cache.

    Args:
        block: a block that is not the base's.
        cache: the base's cache in this forward pass.
        num_base_layers: how many layers of the cache belong to the base.
        rows: the rows of the batch that the block sees, ascending, shape (rows,); None for all.
        window: how many tokens back the block attends to at most, None for all.

    Raises:
        InputError: the base's cache is of a fixed length.
    """
    paired = isinstance(cache, EncoderDecoderCache)
    base_cache = cache.self_attention_cache if paired else cache
    carrier = _carrier(base_cache, num_base_layers)
    if block not in carrier.caches:
        own = EncoderDecoderCache(DynamicCache(), DynamicCache()) if paired else _like(base_cache, window)
        carrier.caches[block] = (own, rows)
    return carrier.caches[block][0]


def _like(cache: Cache, window: int | None) -> DynamicCache:
    """An empty cache for one layer that forgets what the base's forgets, so that the base's masks fit it."""
    own = DynamicCache()
    if window is not None and any(isinstance(layer, DynamicSlidingWindowLayer) for layer in cache.layers):
        own.layers.append(DynamicSlidingWindowLayer(window))
    return own


def _carrier(cache: Cache, num_base_layers: int) -> "_CarrierLayer":
    if any(isinstance(layer, StaticLayer) for layer in cache.layers):
        what = "new blocks and heads cannot use a cache of a fixed length"
        raise InputError(what, "cache_implementation", "leave it out, or give dynamic")
    while len(cache.layers) < num_base_layers:  # a cache that grows as layers ask for room: the base's come first
        cache.layers.append(cache.layer_class_to_replicate())
    if not isinstance(cache.layers[-1], _CarrierLayer):
        cache.layers.append(_CarrierLayer())
    carrier: _CarrierLayer = cache.layers[-1]
    return carrier


@final
class _CarrierLayer(CacheLayerMixin):  # type: ignore[misc]  # Transformers is not typed
    """A cache layer that holds other caches and hands on to them what is done to the whole cache."""

    is_croppable = True
    is_sliding = False
    supports_early_init = False

    def __init__(self) -> None:
        super().__init__()
        self.caches: dict[nn.Module, tuple[Cache, torch.Tensor | None]] = {}

    def lazy_initialization(self, key_states: torch.Tensor, value_states: torch.Tensor) -> None:
        raise AssertionError("no block writes to the carrier itself")

    def update(self, key_states: torch.Tensor, value_states: torch.Tensor, *args: Any, **kwargs: Any) -> Any:
        raise AssertionError("no block writes to the carrier itself")

    def get_seq_length(self) -> int:
        return max((cache.get_seq_length() for cache, _ in self.caches.values()), default=0)

    def get_mask_sizes(self, query_length: int) -> tuple[int, int]:
        return self.get_seq_length() + query_length, 0

    def get_max_length(self) -> int:
        return -1

    def reset(self) -> None:
        self.caches.clear()

    def reorder_cache(self, beam_idx: torch.Tensor) -> None:
        for cache, rows in self.caches.values():
            cache.reorder_cache(beam_idx if rows is None else _within(rows, beam_idx[rows]))

    def batch_select_indices(self, indices: torch.Tensor) -> None:
        for block, (cache, rows) in list(self.caches.items()):
            if rows is None:
                cache.batch_select_indices(indices)
                continue
            left = torch.isin(indices, rows)
            if left.any():
                cache.batch_select_indices(_within(rows, indices[left]))
                self.caches[block] = (cache, left.nonzero()[:, 0])
            else:
                del self.caches[block]

    def crop(self, tokens_to_remove: int) -> None:
        for cache, _ in self.caches.values():
            cache.crop(tokens_to_remove)


def _within(rows: torch.Tensor, wanted: torch.Tensor) -> torch.Tensor:
    """Where the wanted rows of the batch stand among the rows that a block sees."""
    places = torch.searchsorted(rows, wanted).clamp(max=len(rows) - 1)
    if not torch.equal(rows[places], wanted):
        raise ValueError("a row of the batch cannot take over the past of a row with another adapter")
    return places
