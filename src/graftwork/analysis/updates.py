"""Update sizes: how far training a task moved the weights, by component, stack and block.

They can tell where training changed most, and by how much in proportion. They cannot tell where it mattered most: small
changes may decide an output and large ones cancel. LoRA's two factors are no weights of the base; what they add to it
is their product, which is measured besides.
"""

from collections.abc import Mapping, Sequence
from typing import NamedTuple

import torch

from graftwork.analysis.places import Place, stack_of_path
from graftwork.analysis.versions import SAVED, Version, acting, at_start, saved_parameters
from graftwork.components.attach import Grafts
from graftwork.components.component import Component
from graftwork.components.lora import LoRA, LowRankBranch
from graftwork.models.load import Base
from graftwork.results.analysis import UpdateSize

__all__ = ["Change", "change_of", "update_sizes"]


class Change(NamedTuple):
    """What training one task made of its weights, by their names."""

    start: Mapping[str, torch.Tensor]
    trained: Mapping[str, torch.Tensor]
    places: Mapping[str, Place]


def change_of(version: Version, base: Base) -> Change:
    """The weights at the start of a version's task, which the seed decides, and those that were saved."""
    with at_start(version, base) as start:
        before = {name: one.detach().clone() for name, one in start.parameters.items()}
        places = start.places(base)
    with acting(version, base) as grafts:
        saved = saved_parameters(grafts, base)
        return Change(before, {name: saved[name].detach().clone() for name in before}, places)


def update_sizes(base: Base, versions: Sequence[Version]) -> list[UpdateSize]:
    """The update sizes of every task that a cell trained."""
    return [row for version in versions for row in _of_version(base, version)]


def _of_version(base: Base, version: Version) -> list[UpdateSize]:
    change, cell = change_of(version, base), version.cell
    with acting(version, base) as grafts:
        products = {} if grafts is None else _products(grafts)
    names: dict[Place, list[str]] = {}
    for name, place in change.places.items():
        names.setdefault(place, []).append(name)
    rows = []
    for place, there in names.items():
        added, weights = products.get(place, (None, None))
        rows.append(
            UpdateSize(
                approach=cell.approach,
                order=cell.order,
                seed=cell.seed,
                task=version.task,
                component=place.component,
                stack=place.stack,
                block=place.block,
                parameters=sum(change.start[name].numel() for name in there),
                start=_norm([change.start[name] for name in there]),
                update=_norm([change.trained[name] - change.start[name] for name in there]),
                added=added,
                weights=weights,
            )
        )
    return rows


def _products(grafts: Grafts) -> dict[Place, tuple[float, float]]:
    """By place of a LoRA: the norm of what it adds to weights, and of the weights."""
    products: dict[Place, list[torch.Tensor]] = {}
    weights: dict[Place, list[torch.Tensor]] = {}
    for name, component in grafts.components_of(SAVED).items():
        for site_path, branch, weight in _low_rank(component):
            place = Place(name, *stack_of_path(site_path, grafts.anatomy))
            products.setdefault(place, []).append(branch.scale * branch.up.double() @ branch.down.double())
            weights.setdefault(place, []).append(weight)
    return {place: (_norm(products[place]), _norm(weights[place])) for place in products}


def _low_rank(component: Component) -> list[tuple[str, LowRankBranch, torch.Tensor]]:
    if not isinstance(component, LoRA):
        return []
    pairs = [(site, branch) for site, branch in component.grafts() if isinstance(branch, LowRankBranch)]
    return [(site.path, branch, next(site.module.parameters()).detach()) for site, branch in pairs]


def _norm(tensors: Sequence[torch.Tensor]) -> float:
    """The norm of all entries together."""
    return float(torch.stack([one.detach().double().square().sum() for one in tensors]).sum().sqrt())
