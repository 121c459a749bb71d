"""Knock-outs: a combined adapter scored with some of its components taken away.

They can tell what the trained whole rests on. They cannot tell what a component would have learned alone: the parts of
a combined adapter were trained together, each relying on the other, which is what an approach with one component shows.
"""

from collections.abc import Callable, Iterator, Sequence
from typing import Literal

from graftwork.analysis.bench import Bench
from graftwork.analysis.places import stack_of_path
from graftwork.analysis.versions import SAVED, Version, acting
from graftwork.components.attach import Grafts
from graftwork.components.component import Site
from graftwork.components.extra_layer import ExtraLayer
from graftwork.results.analysis import KnockOut

__all__ = ["knock_out"]

Acts = Literal["whole", "none", "alone", "without", "without place"]


def knock_out(bench: Bench, versions: Sequence[Version]) -> list[KnockOut]:
    """Score every combined adapter of a cell on its own task in parts; adapters of one component have none."""
    return [row for version in versions for row in _of_version(bench, version)]


def _of_version(bench: Bench, version: Version) -> Iterator[KnockOut]:
    with acting(version, bench.base) as grafts:
        if grafts is None or len(grafts.components_of(SAVED)) < 2:
            return
        names = tuple(grafts.components_of(SAVED))
        with grafts.using(None):
            yield from _scored(bench, version, "none", "", bench.base.fingerprint)
        yield from _scored(bench, version, "whole", "", version.fingerprint)
        for name in names:
            with grafts.using_part(SAVED, lambda part, site, name=name: part == name):  # type: ignore[misc]
                yield from _scored(bench, version, "alone", name, _function(version, (name,)))
        for name in names:
            others = tuple(other for other in names if other != name)
            with grafts.using_part(SAVED, lambda part, site, name=name: part != name):  # type: ignore[misc]
                yield from _scored(bench, version, "without", name, _function(version, others))
        yield from _places(bench, version, grafts)


def _function(version: Version, acting_parts: Sequence[str]) -> str:
    """What tells a part of an adapter from everything else that is scored."""
    return f"{version.fingerprint} {' + '.join(acting_parts)} alone"


def _scored(bench: Bench, version: Version, acts: Acts, part: str, function: str) -> Iterator[KnockOut]:
    cell, task = version.cell, version.task
    words = f"{acts} {part}".strip()
    what = f"{cell.approach}, seed {cell.seed}: {task}, {words}"
    bench.progress.start(what, sum(1 for _ in bench.few[task].examples("test")))
    for subset, values in bench.scores(task, function).items():
        for metric, value in values.items():
            n = bench.items(task, metric)[subset]
            yield _row(version, acts, part, (subset, metric, value, n))


def _places(bench: Bench, version: Version, grafts: Grafts) -> Iterator[KnockOut]:
    """The loss without the branches of one component in one stack; without a new layer is without its component."""
    counts = bench.loss_items(version.task)
    for component, place in _places_of(grafts):
        with grafts.using_part(SAVED, _all_but(component, place, grafts)):
            for subset, loss in bench.losses(version.task).items():
                part = f"{component} in {place}"
                yield _row(version, "without place", part, (subset, "loss", loss, counts[subset]))


def _places_of(grafts: Grafts) -> list[tuple[str, str]]:
    found: dict[tuple[str, str], None] = {}
    for name, component in grafts.components_of(SAVED).items():
        if not isinstance(component, ExtraLayer):
            for site in component.sites:
                found[name, _stack(site, grafts)] = None
    return list(found)


def _all_but(component: str, place: str, grafts: Grafts) -> Callable[[str, Site], bool]:
    return lambda part, site: part != component or _stack(site, grafts) != place


def _stack(site: Site, grafts: Grafts) -> str:
    return stack_of_path(site.path, grafts.anatomy)[0] or "embeddings"


def _row(version: Version, acts: Acts, part: str, found: tuple[str, str, float, int]) -> KnockOut:
    subset, metric, value, n = found
    cell = version.cell
    return KnockOut(
        approach=cell.approach,
        order=cell.order,
        seed=cell.seed,
        task=version.task,
        subset=subset,
        metric=metric,
        acts=acts,
        part=part,
        value=value,
        n=n,
    )
