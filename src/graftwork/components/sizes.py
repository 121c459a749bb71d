"""How many parameters components add, from a base's configuration alone: no weights, no memory."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import final

import torch
from transformers import AutoModelForSeq2SeqLM, PretrainedConfig

from graftwork.components.attach import Grafts
from graftwork.components.kinds import ComponentConfig

__all__ = ["Sizes", "sizes_of"]


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


def sizes_of(config: PretrainedConfig, components: Mapping[str, ComponentConfig]) -> Sizes:
    """Count the parameters of a base and of the components of an adapter for it, exactly.

    Raises:
        InputError: a component has no place in such a base.
    """
    with torch.device("meta"):
        model = AutoModelForSeq2SeqLM.from_config(config)
        grafts = Grafts(model)
        if components:
            grafts.add("sized", components)
    parts = grafts.components_of("sized") if components else {}
    return Sizes(
        base=sum(parameter.numel() for parameter in model.parameters()),
        components={name: sum(one.numel() for one in parts[name].parameters()) for name in components},
    )
