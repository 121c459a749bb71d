"""Which branches act on which modules and rows: what switching adapters exchanges."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import final

from torch import nn

from graftwork.components.by_row import joined
from graftwork.components.component import Branch, Component
from graftwork.components.rows import Rows

__all__ = ["Adapter", "Plan", "Rows", "plan_of_adapter", "plan_of_rows"]


Plan = dict[nn.Module, tuple[tuple[Branch, Rows | None], ...]]
"""The branches that act on each module, in order, each with its rows (None: all)."""


@final
@dataclass(frozen=True, eq=False)
class Adapter:
    """A named set of components that is switched as one."""

    name: str
    components: Mapping[str, Component]
    """By name, in the order they act: shared ones by their shared names, then the adapter's own as given."""
    shared: Mapping[str, str]
    """The shared name of each component that is shared."""
    plan: Plan


def plan_of_adapter(components: Mapping[str, Component]) -> Plan:
    """The plan in which the components act on all rows."""
    steps: dict[nn.Module, list[tuple[Branch, Rows | None]]] = {}
    for component in components.values():
        for site, branch in component.grafts():
            steps.setdefault(site.module, []).append((branch, None))
    return {module: tuple(branches) for module, branches in steps.items()}


def plan_of_rows(adapters: Sequence[Adapter | None]) -> Plan:
    """The plan in which each row of a batch has its own adapter, or none.

    A component that several adapters share acts once, on the rows of all of them.
    """
    all_rows = list(range(len(adapters)))
    rows_of = _rows_of_components(adapters)
    steps: dict[nn.Module, list[tuple[Branch, Rows | None]]] = {}
    for component, rows in rows_of.items():
        places: dict[Component | None, Rows | None] = {}  # the same for all sites that see the same rows
        for site, branch in component.grafts():
            if site.within not in places:
                # A module inside another component sees that component's rows only.
                seen = all_rows if site.within is None else rows_of[site.within]
                same = len(rows) == len(seen)
                places[site.within] = None if same else Rows([seen.index(row) for row in rows], len(seen))
            steps.setdefault(site.module, []).append((branch, places[site.within]))
    return {module: joined(branches) for module, branches in steps.items()}


def _rows_of_components(adapters: Sequence[Adapter | None]) -> dict[Component, list[int]]:
    """Each component's rows; shared components first, by name, which is the order they have in every adapter."""
    rows_of: dict[Component, list[int]] = {}
    shared_names: dict[Component, str] = {}
    for row, adapter in enumerate(adapters):
        for name, component in adapter.components.items() if adapter is not None else ():
            rows_of.setdefault(component, []).append(row)
            if name in adapter.shared:  # type: ignore[union-attr]  # components come from an adapter
                shared_names[component] = adapter.shared[name]  # type: ignore[union-attr]
    order = sorted(rows_of, key=lambda component: (component not in shared_names, shared_names.get(component, "")))
    return {component: rows_of[component] for component in order}
