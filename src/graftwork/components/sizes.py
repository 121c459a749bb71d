"""How many parameters components add, from a base's configuration alone: no weights, no memory."""

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from typing import final

import torch
from transformers import PretrainedConfig

from graftwork.components.attach import Grafts
from graftwork.components.component import Component
from graftwork.components.kinds import ComponentConfig
from graftwork.models.load import auto_class_of

__all__ = ["Gauge", "Sizes", "sizes_of"]


@final
@dataclass(frozen=True)
class Sizes:
    """Parameters of a base and of the components of one adapter."""

    base: int
    components: Mapping[str, int]
    """By component, in the order given."""

    @property
    def trainable(self) -> int:
        """Parameters of all components together."""
        return sum(self.components.values())

    @property
    def total(self) -> int:
        """Parameters of base and components."""
        return self.base + self.trainable

    @property
    def percent(self) -> float:
        """Share of the trainable parameters in the total, in percent."""
        return 100 * self.trainable / self.total


@final
class Gauge:
    """Sizes components for one base, as often as asked; it holds the base's shapes and none of its weights."""

    def __init__(self, config: PretrainedConfig) -> None:
        with torch.device("meta"):
            model = auto_class_of(config).from_config(config)
        self._grafts = Grafts(model)
        self.anatomy = self._grafts.anatomy
        self.base: int = sum(parameter.numel() for parameter in model.parameters())
        """Parameters of the base."""

    @contextmanager
    def parts(self, components: Mapping[str, ComponentConfig]) -> Iterator[Mapping[str, Component]]:
        """The components of an adapter, without weights, for the length of a ``with`` block.

        Raises:
            InputError: a component has no place in such a base.
        """
        if not components:
            yield {}
            return
        with torch.device("meta"):
            self._grafts.add("sized", components)
        try:
            yield self._grafts.components_of("sized")
        finally:
            self._grafts.remove("sized")

    def sizes(self, components: Mapping[str, ComponentConfig]) -> Sizes:
        """Count the parameters of the base and of the components of an adapter for it, exactly.

        Raises:
            InputError: a component has no place in such a base.
        """
        with self.parts(components) as parts:
            counts = {name: sum(one.numel() for one in parts[name].parameters()) for name in components}
        return Sizes(base=self.base, components=counts)


def sizes_of(config: PretrainedConfig, components: Mapping[str, ComponentConfig]) -> Sizes:
    """Count the parameters of a base and of the components of an adapter for it, exactly.

    Raises:
        InputError: a component has no place in such a base.
    """
    return Gauge(config).sizes(components)
