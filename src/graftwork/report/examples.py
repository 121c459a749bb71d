"""Examples to look at: for each item the description, the reference, and what each approach wrote, early and late.

Nothing is picked by quality: items come in the order of their ids, which are digests of their content, and as many are
shown of each task and subset as the page has room for.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from itertools import zip_longest
from typing import Any, final

from graftwork.report.view import View, arrow
from graftwork.report.visible import cut, visible
from graftwork.results.folder import RunFolder
from graftwork.results.names import Cell, order_tasks
from graftwork.results.predictions import Prediction

__all__ = ["Examples", "collect_examples"]

_ROOM_BYTES = 1_200_000
_MOST_PER_SUBSET = 60
_LONGEST_TEXT = 4_000

_Place = tuple[str, str, str]
_Function = tuple[str, str, str]
_Outputs = dict[tuple[str, str | None], Prediction]


@final
@dataclass(frozen=True)
class Examples:
    """The browser's data: ``data`` is plain JSON, ``shown`` and ``available`` count items, ``origin`` names the run."""

    data: dict[str, Any]
    shown: int
    available: int
    origin: str


def collect_examples(view: View, folder: RunFolder) -> Examples | None:
    """Take the examples of the first seed and order; None where there are no predictions.

    Raises:
        InputError: a file of predictions is damaged.
    """
    if not view.seeds:
        return None
    order, seed = view.orders[0], view.seeds[0]
    cells = [Cell(approach, order, seed) for approach in view.approaches]
    items = _items(view, cells, _by_function(row for cell in cells for row in folder.read_predictions(cell)))
    if not items:
        return None
    texts: dict[str, int] = {}
    entries = []
    for place in _in_turn(items):
        entries.append(_entry(place, items[place], texts))
        if sum(len(text.encode()) for text in texts) > _ROOM_BYTES:
            break
    entries.sort(key=lambda entry: _rank(view, order, (entry["task"], entry["subset"], entry["id"])))
    data = {"approaches": list(view.approaches), "items": entries, "texts": list(texts)}
    return Examples(data, len(entries), len(items), f"seed {seed}, order {arrow(order)}")


def _by_function(rows: Iterable[Prediction]) -> dict[_Function, list[Prediction]]:
    """Items by what made them: those of an unchanged function stand once in the records, whoever asked for them."""
    found: dict[_Function, list[Prediction]] = {}
    for row in rows:
        found.setdefault((row.fingerprint, row.task, row.subset), []).append(row)
    return found


def _items(
    view: View, cells: Sequence[Cell], by_function: Mapping[_Function, Sequence[Prediction]]
) -> dict[_Place, _Outputs]:
    """What each approach wrote for each item: the base, the approach when the task was trained, and at the end."""
    found: dict[_Place, _Outputs] = {}
    seen = set()
    for score in view.results.scores:
        cell = Cell(score.approach, score.order, score.seed)
        moment = (cell, score.after, score.task, score.subset)
        if cell not in cells or moment in seen or score.after not in (None, score.task, cell.tasks[-1]):
            continue
        seen.add(moment)
        for row in by_function.get((score.fingerprint, score.task, score.subset), ()):
            found.setdefault((score.task, score.subset, row.id), {})[score.approach, score.after] = row
    return found


def _in_turn(items: Iterable[_Place]) -> list[_Place]:
    """Items by id, one of each task and subset in turn, so that all have their share of the room."""
    groups: dict[tuple[str, str], list[_Place]] = {}
    for place in sorted(items):
        groups.setdefault(place[:2], []).append(place)
    turns = zip_longest(*(group[:_MOST_PER_SUBSET] for group in groups.values()))
    return [place for turn in turns for place in turn if place is not None]


def _rank(view: View, order: str, place: _Place) -> tuple[int, int, str]:
    """Where an item stands in the browser: tasks as they were trained, subsets as in the answer."""
    task, subset, identity = place
    return order_tasks(order).index(task), view.subsets.index(subset), identity


def _entry(place: _Place, outputs: _Outputs, texts: dict[str, int]) -> dict[str, Any]:
    """One item as plain data; texts are numbers into the list of distinct texts."""

    def number(text: str) -> int:
        return texts.setdefault(cut(visible(text), _LONGEST_TEXT), len(texts))

    task, subset, identity = place
    first = next(iter(outputs.values()))
    base = next((row for (_, after), row in outputs.items() if after is None), None)
    written = [
        {"approach": approach, "after": after, **_output(row, number(row.prediction))}
        for (approach, after), row in outputs.items()
        if after is not None
    ]
    return {
        "id": identity,
        "task": task,
        "subset": subset,
        "prompt": number(first.prompt),
        "reference": number(first.reference),
        "base": None if base is None else _output(base, number(base.prediction)),
        "outputs": written,
    }


def _output(row: Prediction, text: int) -> dict[str, Any]:
    exact, parses = row.metrics.get("exact_match"), row.metrics.get("parses")
    return {
        "text": text,
        "exact": None if exact is None else exact == 1,
        "parses": None if parses is None else parses == 1,
        "similarity": row.metrics.get("edit_similarity"),
    }
