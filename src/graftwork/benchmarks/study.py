"""A whole study, ``recipes/study.yaml``, against the same cells in the peer's hands.

Each kind of cell is measured on a slice (some steps of a training, some test items), by turns, and each cell is
extrapolated from that by its tokens and items. Ours are run as ``graftwork run`` runs them: as many at once as there
are cores, each on one thread and measured while the others work. The peer's are run one after another on all cores, as
scripts are, and for comparison as many at once as ours. Both sides train on the same examples for as many epochs and
score the same tasks at the same moments. The peer scores them again after every task, since nothing tells it what is
unchanged. What scoring an output takes beside generating it, tests in the sandbox included, is the same for both.
"""

import json
import tempfile
import time
from collections.abc import Iterator, Mapping, Sequence
from contextlib import AbstractContextManager, contextmanager, nullcontext
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any, final

import torch
from transformers.utils import logging

from graftwork.benchmarks.crowd import Crowd
from graftwork.benchmarks.harness import Measurement, Say, Scale, measurement_of, peer_package, prove
from graftwork.benchmarks.study_ours import CHANGED_LATER, OursSide
from graftwork.benchmarks.study_peer import DEFAULT_ROWS, PeerSide
from graftwork.benchmarks.study_slice import Rates, Slice
from graftwork.benchmarks.training import PEERS
from graftwork.continual.runner import num_scored
from graftwork.data.recipe import build_task
from graftwork.evaluation.encode import text_of
from graftwork.evaluation.item_tests import find_item_tests
from graftwork.metrics import score_predictions
from graftwork.models.load import load_base
from graftwork.models.tiny import tiny_base
from graftwork.study.config import ApproachConfig, StudyConfig, read_recipe
from graftwork.study.equal import equal_trainings
from graftwork.study.estimate import evaluations
from graftwork.study.threads import on_threads
from graftwork.study.workforce import cores_at_hand

__all__ = ["measure"]

REACH = 8.0
WAYS = {"best": "best", "default": "default", "best, as many at once as ours": "best"}
"""Ways to run the peer's cells, each by its settings; what is to be reached is against the first."""
AT_ONCE = "best, as many at once as ours"


@final
@dataclass(frozen=True)
class _Size:
    steps: int
    items: int
    """Of each subset of the first task."""


SIZES = {"toy": _Size(1, 2), "quick": _Size(2, 4), "full": _Size(8, 32)}


@final
@dataclass(frozen=True)
class _Sides:
    """The rates of one kind of cell."""

    ours: Rates
    peer: Mapping[str, Rates]
    """By its settings."""


@final
@dataclass(frozen=True)
class _Cell:
    """Seconds of training and of evaluating all cells of one approach, ours and the peer's by its settings."""

    approach: str
    ours: tuple[float, float]
    peer: Mapping[str, tuple[float, float]]


def measure(scale: Scale, say: Say) -> list[Measurement]:
    """Seconds of every approach and of the whole study, ours and the peer's."""
    peer_package("peft")
    with tempfile.TemporaryDirectory() as name:
        scratch = Path(name)
        config = _tiny_study(scratch / "base") if scale == "toy" else read_recipe("study")
        if scale == "quick":
            config = config.model_copy(update={"decoding": config.decoding.model_copy(update={"max_new_tokens": 48})})
        say("study: the data")
        tasks = {task.name: build_task(task).task for task in config.tasks}
        cut = Slice(config, load_base(config.base), tasks, SIZES[scale].items)
        at_once = 1 if scale == "toy" else cores_at_hand()
        with Crowd(at_once - 1) as crowd:
            cells = _Study(config, cut, scratch, scale, crowd, at_once).cells(say)
    shown = {"cells_at_once": at_once, "steps_timed": SIZES[scale].steps, "items_timed": SIZES[scale].items}
    shown |= {"tasks": len(tasks), "seeds": len(config.seeds), "max_new_tokens": config.decoding.max_new_tokens}
    return [*(_of_approach(cell, shown) for cell in cells), *(_whole(cells, way, shown) for way in WAYS)]


@final
class _Study:
    """The kinds of cell of a study, each measured once."""

    def __init__(
        self, config: StudyConfig, cut: Slice, scratch: Path, scale: Scale, crowd: Crowd, at_once: int
    ) -> None:
        self._config, self._slice, self._size = config, cut, SIZES[scale]
        self._crowd, self._at_once = crowd, at_once
        self._equal = equal_trainings(config)
        self._ours = OursSide(cut, load_base(config.base), scratch, self._size.steps)
        self._generated: dict[str, _Sides] = {}
        self._trained: dict[str, Rates] = {}
        self._scoring: dict[int, dict[str, float]] = {}
        """Seconds an output by subset, by how many processes work."""

    def cells(self, say: Say) -> list[_Cell]:
        """Every approach, with all its cells together."""
        found = []
        for number, approach in enumerate(self._config.approaches, start=1):
            say(f"study: {approach.name} ({number} of {len(self._config.approaches)})")
            sides = self._sides(approach)
            found.append(self._cell(approach, sides))
        return found

    def _sides(self, approach: ApproachConfig) -> _Sides:
        kind = json.dumps({name: one.model_dump(mode="json") for name, one in approach.components.items()})
        if kind not in self._generated:
            self._generated[kind] = self._measured(approach)
        sides = self._generated[kind]
        steps = kind + (approach.method.kind if approach.method.kind in CHANGED_LATER else "")
        if steps not in self._trained:
            with self._one_of_many():
                self._trained[steps] = self._ours.trained(approach, sides.ours)
        return replace(sides, ours=self._trained[steps])

    def _measured(self, approach: ApproachConfig) -> _Sides:
        """What a kind of component takes: generation and losses on both sides, and the peer's training."""
        with self._one_of_many():
            ours, outputs = self._ours.generated(approach)
            self._measure_scoring(self._at_once, outputs)
        self._measure_scoring(1, outputs)
        peer = PeerSide(self._slice, lambda: load_base(self._config.base), approach, self._size.steps)
        rates = {}
        for way, settings in WAYS.items():
            with self._in_the_way(way):
                few = settings == "default" and self._size.items > DEFAULT_ROWS
                rates[way], theirs = peer.generated(DEFAULT_ROWS if few else self._config.decoding.batch_rows)
            prove(outputs == theirs, f"with {approach.name}, the tokens are not those of Transformers' generate")
        for way, settings in WAYS.items():  # from here on the peer's model is another
            with self._in_the_way(way):
                token = peer.seconds_a_token(PEERS[settings][0])
            rates[way] = replace(rates[way], token=(token, token))
        return _Sides(ours, rates)

    def _in_the_way(self, way: str) -> AbstractContextManager[None]:
        return self._one_of_many() if way == AT_ONCE else nullcontext()

    @contextmanager
    def _one_of_many(self) -> Iterator[None]:
        """In this block, one of as many processes as there are cores works, and the others too."""
        with on_threads(1 if self._at_once > 1 else torch.get_num_threads()), self._crowd.working():
            yield

    def _measure_scoring(self, at_once: int, outputs: Mapping[str, Sequence[Sequence[int]]]) -> None:
        """Seconds an output, beside generating it: text, metrics, and its tests where they can be run; once."""
        if at_once in self._scoring:
            return
        task, seconds = self._slice.cut, self._scoring.setdefault(at_once, {})
        languages = {task.language} if any(one.tests for one in task.examples("test")) else set()
        tests = find_item_tests(languages, self._config.execute) if languages else None
        tokenizer = load_base(self._config.base).tokenizer
        for subset in task.subsets:
            wanted = [example.target for example in subset.test]
            score_predictions(wanted[:1], wanted[:1], task.language)  # what is loaded once is not timed
            started = time.perf_counter()
            texts = [text_of(tokenizer, tokens) for tokens in outputs[subset.name]]
            score_predictions(texts, wanted, task.language, [example.description for example in subset.test])
            if tests is not None and tests.apply(subset.test):
                tests.passed(texts, subset.test)
            seconds[subset.name] = (time.perf_counter() - started) / len(wanted)

    def _cell(self, approach: ApproachConfig, sides: _Sides) -> _Cell:
        """All cells of an approach; of ours, trainings equal to earlier ones are taken over, as in a study."""
        config, count = self._config, len(self._config.tasks)
        ahead = config.evaluate_ahead
        equal = {cell: own for cell, own in self._equal.items() if cell.approach == approach.name}
        again = sum(num_scored(learned, count, ahead) for learned in range(1, count + 1))

        def once(rates: Rates, at_once: int) -> float:
            return self._slice.evaluate_seconds(rates, self._scoring[at_once]) / count

        def theirs(way: str) -> tuple[float, float]:
            rates, at_once = sides.peer[way], self._at_once if way == AT_ONCE else 1
            train, evaluate = self._slice.train_seconds(approach, rates), again * once(rates, at_once)
            return len(equal) * train / at_once, len(equal) * evaluate / at_once

        train = sum(self._slice.train_seconds(approach, sides.ours, own) for own in equal.values())
        scored = sum(evaluations(approach, count, ahead, own, cell.order) for cell, own in equal.items())
        evaluate = scored * once(sides.ours, self._at_once)
        ours = (train / self._at_once, evaluate / self._at_once)
        return _Cell(approach.name, ours, {way: theirs(way) for way in sides.peer})


def _of_approach(cell: _Cell, shown: Mapping[str, Any]) -> Measurement:
    """One approach against the peer's best; its seconds by the other settings are among the conditions."""
    split = {"ours_train_and_evaluate": cell.ours, "peer_train_and_evaluate": cell.peer["best"]}
    conditions = {"peer": "Seq2SeqTrainer and PEFT, best", **split, "peer_default": sum(cell.peer["default"]), **shown}
    return measurement_of(
        f"study/{cell.approach}", sum(cell.ours), sum(cell.peer["best"]), unit="seconds", conditions=conditions
    )


def _whole(cells: Sequence[_Cell], way: str, shown: Mapping[str, Any]) -> Measurement:
    """All cells of the study, extrapolated."""
    parts = [[sum(one[part] for one in side) for part in (0, 1)] for side in _columns(cells, way)]
    conditions = {
        "peer": f"Seq2SeqTrainer and PEFT, {way}: {PEERS[WAYS[way]][0] or 'as they come'}",
        "cells": len(cells),
        "ours_train_and_evaluate": parts[0],
        "peer_train_and_evaluate": parts[1],
        **shown,
    }
    return measurement_of(
        f"study/whole, the peer's {way}",
        sum(parts[0]),
        sum(parts[1]),
        unit="seconds",
        reach=REACH if way == "best" else None,
        conditions=conditions,
    )


def _columns(cells: Sequence[_Cell], way: str) -> tuple[list[tuple[float, float]], list[tuple[float, float]]]:
    return [cell.ours for cell in cells], [cell.peer[way] for cell in cells]


def _tiny_study(folder: Path) -> StudyConfig:
    """A study of seconds on a tiny base: a LoRA, a kind that PEFT lacks, and the whole base."""
    base = tiny_base()
    logging.disable_progress_bar()
    base.model.save_pretrained(folder)
    base.tokenizer.save_pretrained(folder)
    subset = {"kind": "generated", "train": 16, "validation": 2, "test": 2}
    return StudyConfig.read(
        {
            "name": "tiny",
            "base": str(folder),
            "tasks": [{"name": name, "language": name, "subsets": [subset]} for name in ("python", "javascript")],
            "approaches": [
                {"name": "lora", "components": {"lora": {"kind": "lora", "rank": 2}}},
                {"name": "layer", "components": {"layer": {"kind": "extra-layer"}}},
                {"name": "ewc", "method": {"kind": "ewc", "examples": 4}},
            ],
            "training": {"epochs": 1, "batch_rows": 4},
            "decoding": {"max_new_tokens": 4},
            "execute": "never",
            "probes": 1,
        },
        "benchmark",
    )
