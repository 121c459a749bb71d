"""Overlap of updates: LoRA's subspaces by layer, other components' update vectors, between tasks and between seeds.

It can tell whether two tasks (or two seeds of one) changed the same directions of the output of a layer. It cannot tell
whether they interfere there: what matters besides is which inputs meet these directions, and with which sign.
"""

from collections.abc import Iterator, Mapping, Sequence
from itertools import combinations
from typing import Literal, NamedTuple

import torch

from graftwork.analysis.updates import Change, change_of
from graftwork.analysis.versions import Version
from graftwork.models.load import Base
from graftwork.results.analysis import Overlap

__all__ = ["left_directions", "overlaps", "subspace_similarity"]

DOWN, UP = ".lora_A.weight", ".lora_B.weight"


def left_directions(down: torch.Tensor, up: torch.Tensor) -> torch.Tensor:
    """The left singular vectors of B A, strongest first: an orthonormal basis of what it can add to a layer's output.

    Args:
        down: A, (rank, inputs).
        up: B, (outputs, rank).

    Returns:
        (outputs, n) in float64, with n the rank that B A has, which is less than LoRA's where directions vanish.
    """
    q_up, r_up = torch.linalg.qr(up.double())
    r_down = torch.linalg.qr(down.double().T)[1]
    left, strengths, _ = torch.linalg.svd(r_up @ r_down.T)
    smallest = strengths.max() * torch.finfo(torch.float32).eps * max(up.shape[0], down.shape[1])
    basis: torch.Tensor = (q_up @ left)[:, strengths > smallest]
    return basis


def subspace_similarity(a: torch.Tensor, b: torch.Tensor) -> float:
    """φ = ‖Aᵀ B‖² / min(i, j), 0 (orthogonal) to 1 (the smaller is in the other): (n, i) and (n, j), orthonormal.

    It is the mean squared cosine of the principal angles (Hu et al. 2021, "LoRA: Low-Rank Adaptation of Large Language
    Models", https://arxiv.org/abs/2106.09685, section 7.2).

    Raises:
        ValueError: one has no direction.
    """
    if not a.shape[1] or not b.shape[1]:
        raise ValueError("a space without a direction overlaps with nothing")
    return min(1.0, float((a.T @ b).square().sum()) / min(a.shape[1], b.shape[1]))


class _Update(NamedTuple):
    label: str
    task: str
    seed: int
    change: Change


def overlaps(base: Base, cells: Sequence[Sequence[Version]]) -> list[Overlap]:
    """Every two updates of one approach and order that differ in the task alone or in the seed alone.

    Args:
        base: the study's base.
        cells: what the cells of the approach and order have saved, seed by seed.
    """
    updates = [
        _Update(f"{version.task}, {version.cell.seed}", version.task, version.cell.seed, change_of(version, base))
        for versions in cells
        for version in versions
    ]
    rows: list[Overlap] = []
    for a, b in combinations(updates, 2):
        if (a.task == b.task) != (a.seed == b.seed):
            between: Literal["tasks", "seeds"] = "tasks" if a.seed == b.seed else "seeds"
            rows += _of_pair(cells[0][0], a, b, between)
    return rows


def _of_pair(version: Version, a: _Update, b: _Update, between: Literal["tasks", "seeds"]) -> Iterator[Overlap]:
    cell = version.cell
    for component, place, kind, value, first, chance in _values(a.change, b.change):
        yield Overlap(
            approach=cell.approach,
            order=cell.order,
            between=between,
            a=a.label,
            b=b.label,
            component=component,
            place=place,
            kind=kind,
            value=value,
            first=first,
            chance=chance,
        )


_Value = tuple[str, str | None, Literal["subspace", "cosine"], float, float | None, float]


def _values(a: Change, b: Change) -> Iterator[_Value]:
    """Component, place, kind, value, that of the first directions, and what chance gives."""
    names: dict[str, list[str]] = {}
    for name, place in a.places.items():
        names.setdefault(place.component, []).append(name)
    for component, own in names.items():
        layers = [name.removesuffix(DOWN) for name in own if name.endswith(DOWN)]
        if layers:
            yield from _low_rank(component, layers, a.trained, b.trained)
        elif set(own) <= b.places.keys() and (cosine := _cosine(own, a, b)) is not None:
            yield component, None, "cosine", cosine, None, 0.0


def _low_rank(
    component: str, layers: Sequence[str], a: Mapping[str, torch.Tensor], b: Mapping[str, torch.Tensor]
) -> Iterator[_Value]:
    for layer in layers:
        if f"{layer}{UP}" not in b:
            continue
        one, other = (left_directions(weights[f"{layer}{DOWN}"], weights[f"{layer}{UP}"]) for weights in (a, b))
        if one.shape[1] and other.shape[1]:
            value, first = subspace_similarity(one, other), subspace_similarity(one[:, :1], other[:, :1])
            chance = max(one.shape[1], other.shape[1]) / one.shape[0]
            yield component, layer.partition(".")[2], "subspace", value, first, chance


def _cosine(names: Sequence[str], a: Change, b: Change) -> float | None:
    """The cosine of two update vectors; None where one did not move."""
    product = own = other = 0.0
    for name in names:
        one, two = ((change.trained[name] - change.start[name]).double().flatten() for change in (a, b))
        product += float(one @ two)
        own += float(one @ one)
        other += float(two @ two)
    return product / (own * other) ** 0.5 if own and other else None
