"""Examples to look at: for each item the description, the reference, and what each approach wrote, early and late.
And, over all items, which of them each approach gets right.

Nothing is picked by quality: items come in the order of their ids, which are digests of their content, and as many are
shown of each task and subset as the page has room for.
"""

import json
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from itertools import zip_longest
from typing import Any, final

from graftwork.report.duel import leading_pair
from graftwork.report.view import View, arrow
from graftwork.report.visible import cut, visible
from graftwork.results.folder import RunFolder
from graftwork.results.names import Cell, order_tasks
from graftwork.results.predictions import Prediction

__all__ = ["Examples", "PlainExample", "collect_examples"]

_ROOM_BYTES = 1_200_000
_MOST_PER_SUBSET = 400
_WITHOUT_SCRIPT = 2
_LONGEST_TEXT = 4_000

_Place = tuple[str, str, str]
_Function = tuple[str, str, str]
_Outputs = dict[tuple[str, str | None], Prediction]


@final
@dataclass(frozen=True)
class Examples:
    """The browser's data: ``data`` is plain JSON, ``shown`` and ``available`` count items, ``origin`` names the run.

    ``plain`` are a few of them as text, for readers without JavaScript.
    """

    data: dict[str, Any]
    plain: "tuple[PlainExample, ...]"
    shown: int
    available: int
    origin: str


@final
@dataclass(frozen=True)
class PlainExample:
    """One item as text; ``outputs`` are who wrote it, when, and the text."""

    heading: str
    prompt: str
    reference: str
    outputs: tuple[tuple[str, str], ...]


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
    pages = _Pages(view.approaches, order_tasks(order))
    for place in _in_turn(items):
        pages.add(place, items[place])
        if pages.size > _ROOM_BYTES:
            break
    pages.items.sort(key=lambda entry: _rank(view, order, (entry["task"], entry["subset"], entry["id"])))
    data = {
        "approaches": list(view.approaches),
        "start": leading_pair(view),
        "moments": list(pages.moments),
        "solved": _solved(view, order, items),
        "items": pages.items,
        "texts": list(pages.texts),
    }
    plain = tuple(_plain(place, items[place]) for place in _in_turn(items, _WITHOUT_SCRIPT))
    return Examples(data, plain, len(pages.items), len(items), f"seed {seed}, order {arrow(order)}")


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


def _in_turn(items: Iterable[_Place], most: int = _MOST_PER_SUBSET) -> list[_Place]:
    """Items by id, one of each task and subset in turn, so that all have their share of the room."""
    groups: dict[tuple[str, str], list[_Place]] = {}
    for place in sorted(items):
        groups.setdefault(place[:2], []).append(place)
    turns = zip_longest(*(group[:most] for group in groups.values()))
    return [place for turn in turns for place in turn if place is not None]


def _rank(view: View, order: str, place: _Place) -> tuple[int, int, str]:
    """Where an item stands in the browser: tasks as they were trained, subsets as in the answer."""
    task, subset, identity = place
    return order_tasks(order).index(task), view.subsets.index(subset), identity


@final
class _Pages:
    """Items as plain data, small: texts are numbers into the list of distinct texts, outputs are lists.

    An output is approach, moment, text, right, exact, parses and similarity, of which the page knows the order.
    """

    def __init__(self, approaches: Sequence[str], moments: Sequence[str]) -> None:
        self.approaches = {name: number for number, name in enumerate(approaches)}
        self.moments = {name: number for number, name in enumerate(moments)}
        self.items: list[dict[str, Any]] = []
        self.texts: dict[str, int] = {}
        self.size = 0
        """Bytes that all of it takes on the page, near enough."""

    def add(self, place: _Place, outputs: _Outputs) -> None:
        task, subset, identity = place
        first = next(iter(outputs.values()))
        base = next((row for (_, after), row in outputs.items() if after is None), None)
        entry = {
            "id": identity,
            "task": task,
            "subset": subset,
            "prompt": self._number(first.prompt),
            "reference": self._number(first.reference),
            "base": None if base is None else self._output("", None, base),
            "outputs": [self._output(*moment, row) for moment, row in outputs.items() if moment[1] is not None],
        }
        self.items.append(entry)
        self.size += len(json.dumps(entry, separators=(",", ":")))

    def _number(self, text: str) -> int:
        shown = cut(visible(text), _LONGEST_TEXT)
        if shown not in self.texts:
            self.texts[shown] = len(self.texts)
            self.size += len(shown.encode()) + 4
        return self.texts[shown]

    def _output(self, approach: str, after: str | None, row: Prediction) -> list[Any]:
        similarity = row.metrics.get("edit_similarity")
        return [
            self.approaches.get(approach),
            None if after is None else self.moments[after],
            self._number(row.prediction),
            _flag(_right(row)),
            _flag(row.metrics.get("exact_match")),
            _flag(row.metrics.get("parses")),
            None if similarity is None else round(similarity, 2),
        ]


def _flag(value: float | None) -> int | None:
    return None if value is None else int(value == 1)


def _right(row: Prediction) -> float | None:
    """Whether an output is right: it passes the item's tests where they were executed, else it is the reference."""
    passed = row.metrics.get("passed")
    return row.metrics.get("exact_match") if passed is None else passed


def _solved(view: View, order: str, items: Mapping[_Place, _Outputs]) -> list[dict[str, Any]]:
    """For each task and subset, in each approach: a character an item, 1 right at the end, 0 wrong, - not known."""
    groups: dict[tuple[str, str], list[_Outputs]] = {}
    for place in sorted(items, key=lambda place: _rank(view, order, place)):
        groups.setdefault(place[:2], []).append(items[place])
    last = order_tasks(order)[-1]
    found = []
    for (task, subset), group in groups.items():
        lines = ["".join(_mark(outputs.get((approach, last))) for outputs in group) for approach in view.approaches]
        tested = any(row.metrics.get("passed") is not None for outputs in group for row in outputs.values())
        right = "passes its tests" if tested else "is the reference, line by line"
        found.append({"task": task, "subset": subset, "right": right, "marks": lines})
    return found


def _mark(row: Prediction | None) -> str:
    flag = None if row is None else _flag(_right(row))
    return "-" if flag is None else str(flag)


def _plain(place: _Place, outputs: _Outputs) -> PlainExample:
    """One item for readers without JavaScript; who wrote the same stands together."""
    first = next(iter(outputs.values()))
    writers: dict[str, list[str]] = {}
    for (approach, after), row in outputs.items():
        who = "untouched base" if after is None else f"{approach} after {after}"
        names = writers.setdefault(cut(visible(row.prediction), _LONGEST_TEXT), [])
        if who not in names:
            names.append(who)
    written = tuple((", ".join(names), text) for text, names in writers.items())
    prompt, reference = (cut(visible(text), _LONGEST_TEXT) for text in (first.prompt, first.reference))
    return PlainExample(", ".join(place[:2]), prompt, reference, written)
