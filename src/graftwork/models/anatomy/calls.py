"""Calling a new part with what a module of the base was called with: its rows of the batch, and a cache of its own."""

from collections.abc import Callable
from typing import Any

import torch
from torch import nn
from transformers.cache_utils import Cache

from graftwork.models.block_cache import cache_of

__all__ = ["call_beside", "input_of", "rows_of", "with_part", "with_states"]


def input_of(arguments: tuple[Any, ...], keywords: dict[str, Any]) -> torch.Tensor:
    """What a module works on: its first argument; some families give every one by keyword."""
    states: torch.Tensor
    if arguments:
        states = arguments[0]
    elif "hidden_states" in keywords:
        states = keywords["hidden_states"]
    else:
        states = next(iter(keywords.values()))
    return states


def call_beside(
    module: Callable[..., Any],
    arguments: tuple[Any, ...],
    keywords: dict[str, Any],
    rows: torch.Tensor | None,
    batch: int,
    num_base_layers: int,
    window: int | None = None,
) -> Any:
    """Call a new part with the arguments of a module of the base.

    Args:
        module: the new part; one that stands for several is no module, and has no cache.
        arguments: positional arguments for the whole batch.
        keywords: keyword arguments for the whole batch.
        rows: the rows of the batch to give it, ascending, shape (rows,); None for all.
        batch: how many rows the batch has.
        num_base_layers: how many layers of the cache belong to the base.
        window: how many tokens back the part attends to at most, None for all.
    """

    def own(value: Any) -> Any:
        if isinstance(value, Cache) and isinstance(module, nn.Module):
            return cache_of(module, value, num_base_layers, rows, window=window)
        return rows_of(value, rows, batch)

    return module(*map(own, arguments), **{name: own(value) for name, value in keywords.items()})


def rows_of(value: Any, rows: torch.Tensor | None, batch: int) -> Any:
    """The rows of a tensor, also of each in a tuple; whatever is the same for every row is given as it is."""
    if rows is None:
        return value
    if isinstance(value, tuple):
        return tuple(rows_of(one, rows, batch) for one in value)
    if isinstance(value, torch.Tensor) and value.dim() > 1 and value.shape[0] == batch:
        return value.index_select(0, rows)
    return value


def with_states(hidden: torch.Tensor, states: torch.Tensor, rows: torch.Tensor | None) -> torch.Tensor:
    """Hidden states with those of some rows (None: all) replaced."""
    return states if rows is None else hidden.index_copy(0, rows, states.to(hidden.dtype))


def with_part(output: tuple[Any, ...], part: torch.Tensor, rows: torch.Tensor | None) -> tuple[Any, ...]:
    """A module's output with a part for some rows (None: all) added to its first tensor."""
    first: torch.Tensor = output[0]
    summed = first + part if rows is None else first.index_add(0, rows, part.to(first.dtype))
    return summed, *output[1:]
