"""Components: trainable parts hung on a frozen base, and the adapters made of them."""

from graftwork.components.attach import Grafts, Selection
from graftwork.components.component import AdditiveBranch, Branch, Component, Site
from graftwork.components.embedding_expansion import EmbeddingExpansionConfig
from graftwork.components.extra_layer import ExtraLayerConfig
from graftwork.components.ffn_expansion import FFNExpansionConfig
from graftwork.components.head_expansion import HeadExpansionConfig
from graftwork.components.kinds import ComponentConfig
from graftwork.components.linear_expansion import LinearExpansionConfig
from graftwork.components.lora import LoRAConfig
from graftwork.components.sizes import Sizes, sizes_of

__all__ = [
    "AdditiveBranch",
    "Branch",
    "Component",
    "ComponentConfig",
    "EmbeddingExpansionConfig",
    "ExtraLayerConfig",
    "FFNExpansionConfig",
    "Grafts",
    "HeadExpansionConfig",
    "LinearExpansionConfig",
    "LoRAConfig",
    "Selection",
    "Site",
    "Sizes",
    "sizes_of",
]
