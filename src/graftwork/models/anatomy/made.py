"""Tensors made of others while tokens are decoded, kept as long as they are asked for."""

from collections.abc import Callable, Hashable
from typing import final

import torch

__all__ = ["Made", "Tensors"]

Tensors = tuple[torch.Tensor, ...]


@final
class Made:
    """Tensors that are made of others and may be used again; those not asked for twice in succession go."""

    def __init__(self) -> None:
        self._before: dict[Hashable, tuple[Tensors, object]] = {}
        self._now: dict[Hashable, tuple[Tensors, object]] = {}

    def begin(self) -> None:
        """From now on, what was not asked for since the last time is forgotten."""
        self._before, self._now = self._now, {}

    def get(self, key: Hashable, alive: object, make: Callable[[], Tensors]) -> Tensors:
        """What a key stands for, made if need be.

        Args:
            key: whatever tells it from others; identities of objects among it.
            alive: these objects: as long as they live, their identities are nobody else's.
            make: makes it.
        """
        if key not in self._now:
            self._now[key] = self._before.get(key) or (make(), alive)
        return self._now[key][0]
