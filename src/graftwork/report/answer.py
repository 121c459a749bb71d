"""The answer in sentences: what learned most, what forgot, what it cost. Every number is one of the records."""

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from typing import NamedTuple, final

from graftwork.report import numbers
from graftwork.report.costs import ApproachCost, approach_cost
from graftwork.report.isolation import IsolationProof, isolation_proofs
from graftwork.report.measures import Measure
from graftwork.report.tables import About, Column, Table
from graftwork.report.view import Estimate, Headline, View, is_pinned
from graftwork.results.names import order_tasks
from graftwork.results.records import Comparison

__all__ = ["Card", "Point", "cards", "glance_table", "join", "some"]


@final
@dataclass(frozen=True)
class Point:
    """One statement in a few words, and the sentence behind it."""

    short: str
    sentence: str


@final
@dataclass(frozen=True)
class Card:
    """One part of the answer: a question and the points that answer it."""

    title: str
    points: tuple[Point, ...]


class _Drop(NamedTuple):
    loss: float
    task: str
    trained: float
    end: float


def cards(view: View) -> tuple[Card, ...]:
    """Return the three parts of the answer; a part that has no records says so."""
    parts = (
        ("What learned most", [_learned(view, headline) for headline in view.headlines]),
        ("What forgot", [*_kept(isolation_proofs(view)), *(_forgot(view, headline) for headline in view.headlines)]),
        ("What it cost", _cost(view)),
    )
    lacking = (Point("Not known yet", "No run has finished the whole sequence."),)
    return tuple(Card(title, tuple(point for point in points if point) or lacking) for title, points in parts)


def _learned(view: View, headline: Headline) -> Point | None:
    measure = headline.measure
    ends = {a: found for a in view.approaches if (found := view.summary(a, headline, "average")) is not None}
    if not ends or not measure.direction:
        return None
    best = max(measure.direction * found.mean for found in ends.values())
    leaders = [approach for approach, found in ends.items() if measure.direction * found.mean == best]
    top = ends[leaders[0]]
    short = f"{headline.subset}: {some(leaders)}, {measure.interval(top.mean, top.half)}"
    base = view.base_average(headline)
    start = f"; the untouched base has {measure.value(base.mean)}" if base else ""
    word = "Highest" if measure.direction > 0 else "Lowest"
    text = f"{word} {measure.heading} at the end, averaged over tasks{start}."
    rest = sorted((a for a in ends if a not in leaders), key=lambda a: -measure.direction * ends[a].mean)
    return Point(short, f"{text} {_next(view, headline, leaders[0], rest[0], ends)}" if rest else text)


def _next(view: View, headline: Headline, leader: str, second: str, ends: dict[str, Estimate]) -> str:
    """The runner-up, and what the records say of the difference between the two."""
    measure = headline.measure
    score, best = (measure.value(ends[approach].mean) for approach in (second, leader))
    text = f"Next{', equal when rounded,' if score == best else ''} is {second} with {score}"
    place = (headline.subset, measure.name, "average")
    for row in view.results.comparisons:
        if (row.subset, row.metric, row.statistic) != place or {row.a, row.b} != {leader, second}:
            continue
        if row.ci_low is None or row.ci_high is None:
            return f"{text} ({_said(row)})."
        low, high = (row.ci_low, row.ci_high) if row.a == leader else (-row.ci_high, -row.ci_low)
        interval = f"{measure.difference(low)} to {measure.difference(high)} {measure.points}"
        return f"{text}; the difference, with 95\u00a0% confidence, is {interval} ({_said(row)})."
    pinned = next(filter(is_pinned, (leader, second)), None)
    return f"{text} (not tested: {pinned} is another look at a training that is tested)." if pinned else f"{text}."


def _said(row: Comparison) -> str:
    """The verdict of the records, with the p-value where one approach is better."""
    if row.better is None or row.p_adjusted is None:
        return row.verdict
    return f"{row.verdict}, p = {row.p_adjusted:.2g} by Holm's correction for {row.family} comparisons"


def _kept(proofs: Sequence[IsolationProof]) -> list[Point]:
    points = []
    broken = [proof.approach for proof in proofs if proof.isolated and not proof.kept]
    kept = [proof for proof in proofs if proof.isolated and proof.kept]
    if broken:
        points.append(Point(f"{join(broken)}: isolation broken", "An adapter that nothing may change did change."))
    if kept:
        probes = min(proof.probes for proof in kept)
        names = [proof.approach for proof in kept]
        who = join(names) if len(names) <= _FEW else f"{len(names)} approaches"
        sentence = (
            "Each earlier task has the same fingerprint at the end as when it was trained, and bit for bit the same "
            f"output on {probes} probe inputs."
        )
        named = "" if len(names) <= _FEW else f" They are {join(names)}."
        points.append(Point(f"{who}: exactly nothing", f"{sentence}{named}"))
    return points


def _forgot(view: View, headline: Headline) -> Point | None:
    measure = headline.measure
    drops = {a: drop for a in view.approaches if (drop := _worst_drop(view, headline, a)) is not None}
    if not drops or not measure.direction:
        return None
    worst = max(drops, key=lambda approach: drops[approach].loss)
    drop = drops[worst]
    if drop.loss <= 0:
        return Point(
            f"{headline.subset}: nothing lost", f"No approach got worse in {measure.label} on an earlier task."
        )
    verb = "fell" if measure.direction > 0 else "rose"
    return Point(
        f"{headline.subset}: {worst} forgot most",
        f"On {drop.task}, its {measure.label} {verb} from {measure.value(drop.trained)} when trained to "
        f"{measure.value(drop.end)}{_spoken(measure)} at the end.",
    )


def _worst_drop(view: View, headline: Headline, approach: str) -> _Drop | None:
    """The earlier task that lost most between its own training and the end, mean over seeds."""
    drops = []
    for order in view.orders:
        matrix = view.mean_matrix(approach, order, headline.subset, headline.measure.name)
        for column, task in enumerate(order_tasks(order)[:-1]):
            trained, end = (matrix[column + 1][column], matrix[-1][column]) if matrix else (None, None)
            if trained and end:
                lost = headline.measure.direction * (trained.mean - end.mean)
                drops.append(_Drop(lost, task, trained.mean, end.mean))
    return max(drops, default=None)


def _cost(view: View) -> list[Point | None]:
    costs = [approach_cost(view, approach) for approach in view.approaches]
    return [
        _range(costs, lambda cost: cost.trainable, numbers.short_count, "parameters trained for a task"),
        _range(costs, lambda cost: cost.train_seconds, numbers.duration, "of training for the whole sequence"),
        _range(costs, lambda cost: cost.stored_bytes, numbers.bytes_text, "kept on disk for the whole sequence"),
    ]


def _range(
    costs: Iterable[ApproachCost],
    value: Callable[[ApproachCost], float | None],
    write: Callable[[float], str],
    what: str,
) -> Point | None:
    known = [(amount, cost.approach) for cost in costs if (amount := value(cost)) is not None]
    if not known:
        return None
    least, most = min(known)[0], max(known)[0]
    if least == most:
        return Point(write(least), f"{what}, with every approach.")
    cheap, dear = (some([approach for amount, approach in known if amount == end]) for end in (least, most))
    return Point(f"{write(least)} to {write(most)}", f"{what}: least with {cheap}, most with {dear}.")


def glance_table(view: View) -> Table:
    """One row an approach: the end of the sequence, what was forgotten, what it cost, whether it is isolated."""
    scores = [
        Column(
            f"{headline.subset}: {label}", "number", about=About(subset=headline.subset, metric=headline.measure.label)
        )
        for headline in view.headlines
        for label in (headline.measure.heading, f"forgetting ({headline.measure.points.removeprefix('percentage ')})")
    ]
    proofs = {proof.approach: proof.words for proof in isolation_proofs(view)}
    base: list[str] = ["untouched base"]
    for headline in view.headlines:
        start = view.base_average(headline)
        base += [headline.measure.interval(start.mean, start.half) if start else "–", "–"]
    rows = [(*base, "–", "–", "–")]
    for approach in view.approaches:
        cost = approach_cost(view, approach)
        cells = [text for headline in view.headlines for text in _end_and_loss(view, headline, approach)]
        trainable = "–" if cost.trainable is None else numbers.short_count(cost.trainable)
        seconds = "–" if cost.train_seconds is None else numbers.duration(cost.train_seconds)
        rows.append((approach, *cells, trainable, seconds, proofs.get(approach, "–")))
    costs = (Column("Trained parameters", "number"), Column("Training", "number"))
    heads = (Column("Approach", facet="approach"), *scores, *costs, Column("Isolated"))
    return Table("At a glance", heads, tuple(rows), _glance_note(view))


def _end_and_loss(view: View, headline: Headline, approach: str) -> tuple[str, str]:
    measure = headline.measure
    end, lost = (view.summary(approach, headline, statistic) for statistic in ("average", "forgetting"))
    end_text = "–" if end is None else measure.interval(end.mean, end.half)
    if lost is None:
        return end_text, "–"
    return end_text, measure.change(lost.mean, lost.half)


def _glance_note(view: View) -> str:
    points = list(dict.fromkeys(headline.measure.points for headline in view.headlines))
    if not points:
        return ""
    note = (
        "Scores are at the end of the sequence, averaged over tasks. Forgetting is what earlier tasks lost, in "
        f"{join(points)}: positive is lost, negative is gained, and 0 without a decimal point is exactly nothing."
    )
    if not any(row.ci_low is not None for row in view.results.summary):
        return note
    note += " ± is half of the 95\u00a0% Student-t interval over seeds: other trainings, the same test items."
    items = any(row.items_ci_low is not None for row in view.results.summary)
    return f"{note} For other items too, see “How sure” under “Learned and kept”." if items else note


def _spoken(measure: Measure) -> str:
    return f" {measure.unit}" if measure.heading != measure.label else ""


def join(names: Sequence[str]) -> str:
    """``a, b and c``."""
    return names[0] if len(names) == 1 else f"{', '.join(names[:-1])} and {names[-1]}"


def some(names: Sequence[str]) -> str:
    """All names where they are few, else the first and how many others: ``a and 4 others``."""
    return join(names) if len(names) <= _FEW else f"{names[0]} and {len(names) - 1} others"


_FEW = 3
"""More names than these are no longer read in a heading."""
