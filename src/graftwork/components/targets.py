"""Which linear layers a component goes into, chosen as PEFT does: by the ends of their paths."""

from collections.abc import Mapping, Sequence
from typing import Annotated, Literal

from pydantic import AfterValidator, Field

from graftwork.components.component import Component, Site
from graftwork.errors import InputError, nearest
from graftwork.models.anatomy import Anatomy

__all__ = ["Targets", "choose_targets", "linear_sites"]


def _canonical(targets: tuple[str, ...]) -> tuple[str, ...]:
    """Each target once, in one order, so that equal choices are equal configurations."""
    return tuple(sorted(set(targets)))


Targets = Literal["all-linear"] | Annotated[tuple[str, ...], Field(min_length=1), AfterValidator(_canonical)]
"""Ends of module paths, as in PEFT (``q`` is every module called q), or ``all-linear``: every one in the blocks."""


def linear_sites(anatomy: Anatomy, siblings: Mapping[str, Component] | None = None) -> list[Site]:
    """The linear layers in the base's blocks and, with siblings, those inside the adapter's other components."""
    sites = [Site(path, linear) for path, linear in anatomy.linears().items()]
    for name, sibling in (siblings or {}).items():
        sites += [Site(f"{name}/{path}", linear, sibling) for path, linear in sibling.linears().items()]
    return sites


def choose_targets(sites: Sequence[Site], targets: tuple[str, ...] | str, where: str) -> list[Site]:
    """The sites that the targets name, in the order of the sites.

    Args:
        sites: the linear layers to choose from.
        targets: ends of paths, or ``all-linear``.
        where: the setting the targets stand in, for messages.

    Raises:
        InputError: a target is the end of no site's path.
    """
    if isinstance(targets, str):
        return list(sites)
    for target in targets:
        if not any(_matches(site.path, target) for site in sites):
            known = {site.path.rpartition(".")[2] for site in sites}
            raise InputError(f"no linear layer is called {target!r}", where, nearest(target, known))
    return [site for site in sites if any(_matches(site.path, target) for target in targets)]


def _matches(path: str, target: str) -> bool:
    return path == target or path.endswith(f".{target}")
