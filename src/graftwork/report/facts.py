"""Tables of what the study was made of: approaches, data, sizes, environment, time, definitions."""

from collections import Counter

from graftwork.report import numbers
from graftwork.report.measures import MARGIN, STATISTICS, measure
from graftwork.report.tables import About, Column, Table, by_approach, columns
from graftwork.report.view import Estimate, Headline, View, is_pinned

__all__ = [
    "approach_table",
    "data_table",
    "definition_table",
    "dropped_table",
    "environment_table",
    "parameter_table",
    "repeat_table",
    "statistic_definitions",
    "statistics_tables",
    "timing_table",
]


def approach_table(view: View) -> Table:
    """What is compared."""
    rows = tuple(
        (approach.name, "; ".join(approach.components) or "–", approach.method, approach.description)
        for approach in view.results.study.approaches
    )
    heads = (Column("Approach", facet="approach"), Column("Components"), Column("Method"), Column("In words"))
    return Table("What is compared", heads, rows)


def data_table(view: View) -> Table:
    """What the models were trained and tested on."""
    rows = tuple(
        (
            row.name,
            row.subset,
            row.language,
            numbers.count(row.train),
            numbers.count(row.validation),
            numbers.count(row.test),
            row.source or "–",
            row.digest[:12],
        )
        for row in view.results.tasks
    )
    heads = (
        *_TASK_AND_SUBSET,
        Column("Language"),
        Column("Train", "number"),
        Column("Validation", "number"),
        Column("Test", "number"),
        Column("Source"),
        Column("Digest", "code"),
    )
    return Table("Examples by task and subset", heads, rows, "The digest covers every example of the task, in order.")


def dropped_table(view: View) -> Table | None:
    """What was left out of the data, and why; None where nothing was recorded."""
    rows = tuple(
        (row.name, row.subset, reason, numbers.count(number))
        for row in view.results.tasks
        for reason, number in row.dropped.items()
    )
    heads = (*_TASK_AND_SUBSET, Column("Reason"), Column("Left out", "number"))
    return Table("Candidates left out", heads, rows) if rows else None


def parameter_table(view: View) -> Table:
    """Exact sizes by component, with a sum where an approach has several; pinned versions add none."""
    sizes = [row for row in view.results.parameters if not is_pinned(row.approach)]
    parts = Counter(row.approach for row in sizes if row.component != "all")
    rows = tuple(
        (
            row.approach,
            row.component,
            numbers.count(row.trainable),
            numbers.count(row.total),
            numbers.share(row.percent / 100),
        )
        for row in sizes
        if row.component != "all" or parts[row.approach] != 1
    )
    heads = (
        Column("Approach", facet="approach"),
        Column("Component"),
        Column("Trainable", "number"),
        Column("Of all", "number"),
        Column("Share", "number"),
    )
    note = "Trainable: for one task. Of all: the base with the component in place."
    return Table("Parameters", heads, rows, note)


def environment_table(view: View) -> Table:
    """Where the study ran."""
    environment, base = view.results.environment, view.results.base
    seen = "" if base.tokens_seen is None else f", pretrained on {numbers.short_count(base.tokens_seen)} tokens"
    threads = "" if environment.num_threads is None else f", operations on {environment.num_threads} threads"
    workers = f" in each of {environment.num_workers} processes" if (environment.num_workers or 1) > 1 else ""
    rows = (
        ("base", f"{base.name}: {numbers.count(base.parameters)} parameters{seen}"),
        ("base fingerprint", base.fingerprint),
        ("graftwork", environment.graftwork),
        ("git commit", environment.git_commit or "installed package"),
        ("device", environment.device),
        ("processor", f"{environment.processor}, {environment.num_cores} cores{threads}{workers}"),
        ("memory", numbers.bytes_text(environment.memory_bytes)),
        ("system", environment.platform),
        ("Python", environment.python),
        ("packages", ", ".join(f"{name} {version}" for name, version in environment.packages.items())),
        ("generated code", _kept_in_by(view.results.signatures.get("pass_rate", ""))),
    )
    return Table("Environment", (Column("What"), Column("Value")), rows)


def _kept_in_by(signature: str) -> str:
    """The tier of the sandbox, of which the signature of pass rates tells."""
    tier = next((part.partition(":")[2] for part in signature.split("|") if part.startswith("sandbox:")), "")
    return f"run in the sandbox, kept in by {tier}" if tier else "not run"


def timing_table(view: View) -> Table | None:
    """Where the time went; None where nothing was recorded."""
    timings = view.results.timings
    whole = sum(timing.seconds for timing in timings)
    if not whole:
        return None
    rows = [(t.phase, numbers.duration(t.seconds), numbers.share(t.seconds / whole)) for t in timings]
    rows.append(("all", numbers.duration(whole), numbers.share(1.0)))
    return Table("Where the time went", columns("Phase", "Time", "Share"), tuple(rows))


def definition_table(view: View) -> Table:
    """What each metric means, with the signature of the variant used."""
    names = dict.fromkeys(metric.name for subset in view.subsets for metric in view.metrics(subset))
    better = {1: "higher", -1: "lower", 0: "neither"}
    rows = tuple(
        (known.label, known.meaning, better[known.direction], view.results.signatures.get(name, "–"))
        for name, known in ((name, measure(name)) for name in names)
    )
    heads = (Column("Metric", facet="metric"), Column("What it is"), Column("Better"), Column("Signature", "code"))
    return Table("Metrics", heads, rows)


def repeat_table(view: View) -> Table | None:
    """How far the scores of one model move when it is evaluated again; None where that was not tried."""
    repeats = view.results.repeats
    if not repeats:
        return None
    rows = tuple(
        (
            one.subset,
            measure(one.metric).label,
            measure(one.metric).value(one.values[0]),
            measure(one.metric).difference(max(one.values) - min(one.values)).lstrip("+"),
            ", ".join(map(str, one.changed_texts)) or "not counted",
        )
        for one in repeats
    )
    first = repeats[0]
    _, *others = first.conditions
    note = (
        f"{first.approach} on {first.task}, seed {first.seed}, evaluated under conditions that should change nothing: "
        f"{', '.join(others)}. Noise floors include what moved."
    )
    heads = (
        Column("Subset", facet="subset"),
        Column("Metric", facet="metric"),
        Column("Recorded", "number"),
        Column("Moved by at most", "number"),
        Column("Texts changed", "number"),
    )
    return Table("One model, evaluated again", heads, rows, note)


def statistic_definitions(view: View) -> Table:
    """What each statistic of a score matrix means."""
    rows = tuple(STATISTICS.get(name, (name, "–")) for name in view.statistics())
    note = "For a metric where lower is better, signs are turned so that positive forgetting is a loss there too."
    return Table("Statistics of a score matrix", (Column("Statistic"), Column("What it is")), rows, note)


def statistics_tables(view: View) -> tuple[Table, ...]:
    """All statistics of the headline metrics, one table a subset."""
    tables = []
    for headline in view.headlines:
        names = [name for name in view.statistics() if any(view.summary(a, headline, name) for a in view.approaches)]
        if names:
            heads = by_approach(*(STATISTICS.get(name, (name, ""))[0] for name in names))
            rows = tuple(
                (approach, *(_statistic(headline, name, view.summary(approach, headline, name)) for name in names))
                for approach in view.approaches
            )
            note = f"Forgetting and transfer are in {headline.measure.points}; the formulas stand under “Measures”."
            if len(names) < len(view.statistics()):
                note += " Undefined statistics, such as a ratio to a base that scores 0, are left out."
            caption = f"Statistics, {headline.subset}: {headline.measure.heading}"
            about = About(subset=headline.subset, metric=headline.measure.label)
            tables.append(Table(caption, heads, rows, note, about))
    return tuple(tables)


_TASK_AND_SUBSET = (Column("Task", facet="task"), Column("Subset", facet="subset"))


def _statistic(headline: Headline, name: str, found: Estimate | None) -> str:
    """Write a statistic: a level, a share, a ratio, or else a change in the metric's points."""
    if found is None:
        return "–"
    if name == "average":
        return headline.measure.interval(found.mean, found.half)
    if name == "forgetting_rate":
        margin = "" if found.half is None else f"{MARGIN}{100 * found.half:.1f}"
        return f"{100 * found.mean:.1f}{margin}\u00a0%".replace("-", "−") if found.mean or margin else "0"
    if name == "retention":
        return f"{found.mean:.2f}" + ("" if found.half is None else f"{MARGIN}{found.half:.2f}")
    return headline.measure.change(found.mean, found.half)
