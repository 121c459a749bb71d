"""What hangs on the modules of a base, as far as the quick ways have to know."""

from collections.abc import Iterable, Iterator, Sequence
from typing import Any

from torch import nn

from graftwork.models.anatomy import ActsOnModules, LowRankPart

__all__ = ["low_rank_on", "modules_beside", "only_for_all_rows", "owners_of", "untouched"]


def _owner(hook: Any) -> Any:
    return getattr(hook, "__self__", None)


def _has_others(module: nn.Module) -> bool:
    """Whether a module has hooks other than those behind its forward pass."""
    return bool(module._forward_pre_hooks or module._backward_hooks or module._backward_pre_hooks)


def untouched(modules: Iterable[nn.Module]) -> bool:
    """Whether nothing acts on any of some modules now."""
    return all(
        not _has_others(module)
        and all(
            isinstance(owner, ActsOnModules) and not owner.acts_on(module)
            for owner in map(_owner, module._forward_hooks.values())
        )
        for module in modules
    )


def low_rank_on(module: nn.Module) -> list[LowRankPart] | None:
    """The low-rank parts that act on all rows of a module now; None if something else acts on it too."""
    if _has_others(module):
        return None
    parts: list[LowRankPart] = []
    for owner in map(_owner, module._forward_hooks.values()):
        own = owner.low_rank_on(module) if isinstance(owner, ActsOnModules) else None
        if own is None or any(part.places is not None for part in own):
            return None
        parts += own
    plain = all(part.activation is None or isinstance(part.activation, nn.ReLU) for part in parts)
    return parts if plain and len({part.activation is None for part in parts}) < 2 else None


def owners_of(modules: Iterable[nn.Module]) -> set[Any]:
    """Who hangs on modules; None among them for a hook that is nobody's."""
    return {_owner(hook) for module in modules for hook in module._forward_hooks.values()}


def modules_beside(model: nn.Module) -> Iterator[nn.Module]:
    """The modules of whatever hangs on a model."""
    for owner in owners_of(model.modules()):
        if isinstance(owner, nn.Module):
            yield from owner.modules()


def only_for_all_rows(modules: Sequence[nn.Module]) -> bool:
    """Whether all that hangs on some modules is known not to tell the rows of a batch apart now."""
    return not any(map(_has_others, modules)) and all(
        isinstance(owner, ActsOnModules) and not getattr(owner, "acts_by_row", True) for owner in owners_of(modules)
    )
