"""The kinds of component there are, and how an adapter's components are made from their configurations."""

import re
from collections.abc import Collection, Mapping
from typing import Annotated

from pydantic import Field

from graftwork.components.component import Component
from graftwork.components.embedding_expansion import EmbeddingExpansionConfig, build_embedding_expansion
from graftwork.components.extra_layer import ExtraLayerConfig, build_extra_layer
from graftwork.components.ffn_expansion import FFNExpansionConfig, build_ffn_expansion
from graftwork.components.head_expansion import HeadExpansionConfig, build_head_expansion
from graftwork.components.linear_expansion import LinearExpansionConfig, build_linear_expansion
from graftwork.components.lora import LoRAConfig, build_lora
from graftwork.errors import InputError, nearest
from graftwork.models.anatomy import Anatomy

__all__ = ["ComponentConfig", "build_components", "check_adapter"]

ComponentConfig = Annotated[
    LoRAConfig
    | ExtraLayerConfig
    | FFNExpansionConfig
    | HeadExpansionConfig
    | EmbeddingExpansionConfig
    | LinearExpansionConfig,
    Field(discriminator="kind"),
]
"""The configuration of any component, told apart by its ``kind``."""


_NAME = re.compile(r"\w[\w@+#. -]*")
"""Names of adapters: they may become folders, so they cannot lead out of one."""
_PART = re.compile(r"\w[\w@+#-]*")
"""Names of components, also those they are shared under: they begin the names of tensors, up to a dot."""


def check_adapter(
    name: str, configs: Mapping[str, ComponentConfig], shared: Mapping[str, str], taken: Collection[str]
) -> None:
    """Check the names in an adapter that is to be made.

    Raises:
        InputError: a name is taken, unusable or missing.
    """
    for word, pattern in [(name, _NAME), *((part, _PART) for part in (*configs, *shared.values()))]:
        if not pattern.fullmatch(word):
            raise InputError(f"{word!r} is no name", right="use letters, digits and _ @ + # -")
    if name in taken:
        raise InputError(f"there is an adapter {name!r} already", right="remove it first or choose another name")
    if not configs:
        raise InputError(f"adapter {name!r} has no components", right="give it one at least")
    for part in shared:
        if part not in configs:
            raise InputError(f"no component is called {part!r}", f"adapter {name}", nearest(part, configs))
    if len(set(shared.values())) < len(shared):
        raise InputError("one shared component stands in it twice", f"adapter {name}")


def build_components(
    configs: Mapping[str, ComponentConfig],
    anatomy: Anatomy,
    there: Mapping[str, Component],
    shared: Mapping[str, str],
) -> dict[str, Component]:
    """Make the components of an adapter for a base; those that go into others are made last.

    Args:
        configs: what to make, by the components' names.
        anatomy: the base's anatomy.
        there: components that other adapters have already, to be used as they are.
        shared: the shared names of the components that are (or may come to be) shared.

    Raises:
        InputError: the base has no place for a component, or it cannot be shared like this.
    """
    built: dict[str, Component] = {}
    for name in sorted(configs, key=lambda name: getattr(configs[name], "into_extra_layers", False)):
        built[name] = there[name] if name in there else _build(configs[name], anatomy, built)
        if built[name].config != configs[name]:
            raise InputError(f"{shared[name]!r} is shared with other settings", f"component {name}")
        owners = [site.within for site in built[name].sites if site.within is not None]
        if any(owner not in built.values() for owner in owners):
            raise InputError(f"{shared[name]!r} goes into a layer that is not in this adapter", f"component {name}")
        if name in shared and any(owner is built[other] for owner in owners for other in built if other not in shared):
            raise InputError("a shared component cannot go into a layer that is not shared", f"component {name}")
    return built


def _build(config: ComponentConfig, anatomy: Anatomy, siblings: Mapping[str, Component]) -> Component:
    match config:
        case LoRAConfig():
            return build_lora(config, anatomy, siblings)
        case ExtraLayerConfig():
            return build_extra_layer(config, anatomy)
        case FFNExpansionConfig():
            return build_ffn_expansion(config, anatomy)
        case HeadExpansionConfig():
            return build_head_expansion(config, anatomy)
        case EmbeddingExpansionConfig():
            return build_embedding_expansion(config, anatomy)
        case LinearExpansionConfig():
            return build_linear_expansion(config, anatomy)
