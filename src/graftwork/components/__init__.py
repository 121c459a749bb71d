"""Components: trainable parts hung on a frozen base, and the adapters made of them."""

from graftwork.components.attach import Grafts, Selection
from graftwork.components.component import AdditiveBranch, Branch, Component, Site
from graftwork.components.extra_layer import ExtraLayerConfig
from graftwork.components.kinds import ComponentConfig
from graftwork.components.lora import LoRAConfig
from graftwork.components.sizes import Sizes, sizes_of

__all__ = [
    "AdditiveBranch",
    "Branch",
    "Component",
    "ComponentConfig",
    "ExtraLayerConfig",
    "Grafts",
    "LoRAConfig",
    "Selection",
    "Site",
    "Sizes",
    "sizes_of",
]
