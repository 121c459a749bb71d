"""Whether every number of ``results.json`` follows from what lies under it: texts, item scores, markers of tasks."""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Self, final

from graftwork.files import read_json
from graftwork.results.claims import answer_claims
from graftwork.results.folder import RunFolder
from graftwork.results.names import PINNED, Cell
from graftwork.results.records import Cost, CurvePoint, Isolation, Parameters, Record, Results, Score
from graftwork.results.rescore import RUN, Rescored, rescore, same
from graftwork.results.summarize import compare_approaches, summarize_scores

__all__ = ["Verification", "read_as_it_is", "verify_records"]

_Evaluations = dict[tuple[str, str, int, str | None, str, str], dict[str, Any]]
_Done = dict[str, Any]


@final
@dataclass(frozen=True)
class Verification:
    """What was found: one line a number that does not follow, what was checked, and what cannot be."""

    mismatches: tuple[str, ...]
    checked: tuple[str, ...]
    not_checked: tuple[str, ...]

    def joined(self, other: Self) -> Self:
        """Return both as one."""
        return type(self)(
            (*self.mismatches, *other.mismatches),
            (*self.checked, *other.checked),
            (*self.not_checked, *other.not_checked),
        )


def verify_records(folder: RunFolder) -> Verification:
    """Make every number of a run folder's records again, and hold the records against that.

    Scores are made from the texts in ``predictions/`` and the item losses in ``losses/``; summaries, comparisons and
    claims from these scores, not from those in the records, so that one wrong number is named once; isolation, costs
    and curves are held against the markers of the tasks, shares of parameters against the sizes.

    Raises:
        InputError: there are no records, or a file is damaged.
    """
    results = read_as_it_is(folder)
    mismatches: list[str] = list(_parameters(results))
    checked, lacking = [f"{len(results.parameters)} sizes"], [_MEASURED]
    markers, right = _markers(folder, results), results
    if markers:
        right, wrong = _against_markers(folder, results, markers)
        mismatches += wrong
        checked.append(f"{len(results.isolation)} proofs of isolation, {len(results.costs)} costs")
        checked.append(f"{len(results.curves)} points of curves")
    else:
        lacking.append("isolation, costs and curves: the markers of the tasks (runs/) are not in the folder")
    if not any(folder.predictions.glob("*.parquet")):
        lacking.append("scores, and comparisons and claims made of them: there are no predictions/ in the folder")
        summary = summarize_scores(results.scores, results.study.orders)
        mismatches += _rows("summary", results.summary, summary, ("items_ci_low", "items_ci_high"))
        return Verification(tuple(mismatches), (*checked, f"{len(results.summary)} summaries"), tuple(lacking))
    again = rescore(folder, {row.name: row.language for row in results.tasks})
    scores, wrong = _scores(results, again)
    mismatches += [*again.mismatches, *wrong, *_derived(results, right, scores, again)]
    checked += [f"{len(scores)} scores from {sum(again.counts.values())} items", f"{len(results.summary)} summaries"]
    checked += [f"{len(results.comparisons)} comparisons", f"{len(results.claims)} claims"]
    if any(row.metric in RUN for row in scores):
        lacking.append("pass rates: made of the items' verdicts again, but no program was run")
    if any(row.metric == "loss" and "loss" not in again.corpus.get(_place(row), {}) for row in scores):
        lacking.append("losses: of models, so only their means over items are made again, where losses/ has the items")
    return Verification(tuple(mismatches), tuple(checked), tuple(lacking))


def read_as_it_is(folder: RunFolder) -> Results:
    """Return the records whatever their checksum: a number that somebody changed is to be named, not refused.

    Raises:
        InputError: there are none, or they are no records.
    """
    return Results.read(read_json(folder.results), str(folder.results))


_MEASURED = (
    "what was measured once: seconds, memory, bytes on disk, losses of items, probes, fingerprints, and operations "
    "estimated from them; all but the last are held against the other places where they stand"
)


def _place(row: Score) -> tuple[str, str, str]:
    return row.fingerprint, row.task, row.subset


def _scores(results: Results, again: Rescored) -> tuple[tuple[Score, ...], list[str]]:
    """The scores as they follow from the items, and where the records have others."""
    rows, wrong = [], []
    for index, row in enumerate(results.scores):
        where, place = f"results.json#/scores/{index}", _place(row)
        if place not in again.corpus:
            wrong.append(f"{where}: no items of {row.task}, {row.subset} by {row.fingerprint[:12]} in predictions/")
            rows.append(row)
            continue
        if row.n != again.counts[place]:
            wrong.append(f"{where}/n is {row.n}, and {again.files[place]} has {again.counts[place]} items")
        value = again.corpus[place].get(row.metric, row.value)
        if not same(row.value, value):
            named = f"{row.approach}, seed {row.seed}, {row.task}, {row.subset}, {row.metric}"
            wrong.append(f"{where}/value ({named}) is {row.value}, and {again.files[place]} gives {value}")
        # What is the same is taken as it stands: the statistics were made of it to the last digit.
        rows.append(row if same(row.value, value) else row.model_copy(update={"value": value}))
    return tuple(rows), wrong


def _derived(results: Results, right: Results, scores: tuple[Score, ...], again: Rescored) -> Iterator[str]:
    """Summaries, comparisons and claims, made again from scores and from what else is ``right``."""
    study = results.study
    summary = summarize_scores(scores, study.orders, study.headline, again)
    comparisons = compare_approaches(scores, study.orders, study.headline, again, results.repeats)
    yield from _rows("summary", results.summary, summary)
    yield from _rows("comparisons", results.comparisons, comparisons)
    right = right.model_copy(update={"scores": scores, "summary": summary, "comparisons": comparisons})
    yield from _rows("claims", results.claims, answer_claims(right, again))


def _rows(table: str, have: Sequence[Record], want: Sequence[Record], leave: Iterable[str] = ()) -> Iterator[str]:
    """Where a table of the records is not as it should be, field by field."""
    if len(have) != len(want):
        yield f"results.json#/{table} has {len(have)} rows, and there should be {len(want)}"
        return
    for index, (one, other) in enumerate(zip(have, want, strict=True)):
        for name in type(one).model_fields:
            mine, right = getattr(one, name), getattr(other, name)
            if name not in leave and not same(mine, right):
                yield f"results.json#/{table}/{index}/{name} is {mine}, and should be {right}"


def _parameters(results: Results) -> Iterator[str]:
    """Sizes: components add up to the whole, and shares are of base and component together."""
    base = results.base.parameters
    parts: dict[str, int] = {}
    for row in results.parameters:
        if row.component != "all":
            parts[row.approach] = parts.get(row.approach, 0) + row.trainable
    for index, row in enumerate(results.parameters):
        size = parts.get(row.approach, row.trainable) if row.component == "all" else row.trainable
        total = base if row.total == base else base + size
        right = Parameters(
            approach=row.approach, component=row.component, trainable=size, total=total, percent=100 * size / total
        )
        for name in ("trainable", "total", "percent"):
            if not same(getattr(row, name), getattr(right, name)):
                have, want = getattr(row, name), getattr(right, name)
                yield f"results.json#/parameters/{index}/{name} is {have}, and should be {want}"


def _markers(folder: RunFolder, results: Results) -> dict[Cell, list[_Done]]:
    """What the markers say of every trained cell of the records, task by task; nothing where there are none."""
    found: dict[Cell, list[_Done]] = {}
    for row in results.cells:
        cell = Cell(row.approach, row.order, row.seed)
        if cell.approach.endswith(PINNED):
            continue
        tasks = [folder.task(cell, index) for index in range(len(cell.tasks))]
        done = [task.done_data() for task in tasks if task.is_done()]
        if done:
            found[cell] = done
    return found


def _against_markers(
    folder: RunFolder, results: Results, markers: Mapping[Cell, list[_Done]]
) -> tuple[Results, list[str]]:
    """The records with curves, costs and isolation as the markers have them, and where they have others."""
    served = [pair for cell, done in markers.items() for pair in _served(cell, done)]
    marked: dict[str, tuple[list[Record], tuple[str, ...]]] = {
        "curves": (
            [CurvePoint.model_validate(point) for cell in markers.values() for one in cell for point in one["curve"]],
            (),
        ),
        "costs": ([row for cell, records in served for row in _costs(cell, records)], ("flops",)),
        "isolation": (
            [row for cell, records in served for row in _isolation(cell, markers, records)],
            ("isolated", "probes"),
        ),
    }
    wrong = list(_measured(results, _evaluations(folder, served)))
    right = {}
    for table, (want, leave) in marked.items():
        have = getattr(results, table)
        wrong += _rows(table, have, want, leave)
        # What no marker tells is taken as it stands.
        pairs = zip(want, have, strict=False)
        right[table] = tuple(one.model_copy(update={name: getattr(old, name) for name in leave}) for one, old in pairs)
    return results.model_copy(update=right), wrong


def _served(cell: Cell, done: list[_Done]) -> Iterator[tuple[Cell, list[_Done]]]:
    """A cell, and after it, where components are shared, its pinned versions."""
    yield cell, done
    if all(one.get("pinned") for one in done):
        yield cell.pinned, [{**one, **one["pinned"]} for one in done]


def _costs(cell: Cell, records: Sequence[_Done]) -> Iterator[Cost]:
    for task, one in zip(cell.tasks, records, strict=False):
        named: dict[str, Any] = {"approach": cell.approach, "order": cell.order, "seed": cell.seed, "task": task}
        train = {name: one[name] for name in ("peak_memory_bytes", "stored_bytes")}
        speed = one["tokens"] / one["train_seconds"]
        equal = one.get("equal_to")  # folders of before it was told have none
        yield Cost(
            **named, phase="train", seconds=one["train_seconds"], tokens_per_second=speed, equal_to=equal, **train
        )
        yield Cost(**named, phase="evaluate", seconds=one["evaluate_seconds"])


def _isolation(cell: Cell, markers: Mapping[Cell, list[_Done]], records: Sequence[_Done]) -> Iterator[Isolation]:
    trained = markers[Cell(cell.approach.removesuffix(PINNED), cell.order, cell.seed)]
    if len(records) < len(cell.tasks):
        return
    for task, one in zip(cell.tasks, trained, strict=True):
        start, end = one["probed"][task], records[-1]["probed"][task]
        yield Isolation(
            approach=cell.approach,
            order=cell.order,
            seed=cell.seed,
            task=task,
            isolated=False,
            fingerprint_after_training=start["fingerprint"],
            fingerprint_at_end=end["fingerprint"],
            outputs_identical=start["outputs"] == end["outputs"],
            probes=0,
        )


def _evaluations(folder: RunFolder, served: Sequence[tuple[Cell, list[_Done]]]) -> _Evaluations:
    """Every evaluation that a marker tells of, the base's own included."""
    base = folder.path / "base.json"
    untouched = read_json(base)["measured"] if base.is_file() else []
    found: _Evaluations = {}
    for cell, records in served:
        moments = [(None, untouched), *zip(cell.tasks, (one["measured"] for one in records), strict=False)]
        for after, measured in moments:
            for one in measured:
                for subset, values in one["scores"].items():
                    key = (cell.approach, cell.order, cell.seed, after, one["task"], subset)
                    found[key] = {**values, "fingerprint": one["fingerprint"], "n": one["counts"][subset]}
    return found


def _measured(results: Results, evaluations: _Evaluations) -> Iterator[str]:
    """Where a score of the records is another one than its marker's."""
    for index, row in enumerate(results.scores):
        known = evaluations.get((row.approach, row.order, row.seed, row.after, row.task, row.subset), {})
        where = f"results.json#/scores/{index}"
        if not known:
            yield f"{where}: no marker of {row.approach}, seed {row.seed} tells of it"
            continue
        for name, have in (("value", row.value), ("n", row.n), ("fingerprint", row.fingerprint)):
            right = known.get(row.metric if name == "value" else name)
            if not same(have, right):
                named = f"{row.approach}, seed {row.seed}, {row.metric}"
                yield f"{where}/{name} ({named}) is {have}, and its marker has {right}"
