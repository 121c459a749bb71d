"""Planning a study: what it trains, takes and leaves behind, before anything is trained."""

import tempfile
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import final

from transformers import PretrainedConfig

from graftwork.components.sizes import Gauge
from graftwork.data.recipe import BuiltTask, MinedSubset, SubsetConfig, build_task
from graftwork.data.sources.hub import HubSource
from graftwork.data.sources.npm import NpmSource
from graftwork.data.sources.open import source_name
from graftwork.data.sources.pypi import PypiSource
from graftwork.data.task import Task
from graftwork.models.load import DEFAULT, load_base, load_config
from graftwork.results.names import Cell, order_name, order_tasks
from graftwork.results.records import Parameters, Record
from graftwork.study.budget import matched
from graftwork.study.config import ApproachConfig, StudyConfig
from graftwork.study.equal import equal_trainings
from graftwork.study.estimate import Amount, Work, disk_bytes, evaluations, memory_bytes, sizes_by_kind, work_of
from graftwork.study.estimate_probe import Probe, Rates
from graftwork.study.observer import Silent
from graftwork.study.progress import Progress
from graftwork.study.records import parameter_rows
from graftwork.study.threads import on_threads
from graftwork.study.workforce import workforce

__all__ = ["ApproachPlan", "BasePlan", "DataPlan", "StudyPlan", "Total", "plan_study"]


@final
class BasePlan(Record):
    """The base, from its configuration."""

    name: str
    """As the recipe has it."""
    family: str
    """Transformers' name of the family."""
    parameters: int
    """Number of parameters, shared ones counted once."""


@final
class DataPlan(Record):
    """The examples of one subset of one task; null where only reading the source can tell."""

    task: str
    """Name of the task."""
    subset: str
    """Name of the subset."""
    train: int | None
    """Examples to train on."""
    validation: int | None
    """Examples to measure the loss on."""
    test: int | None
    """Examples to generate for."""


@final
class ApproachPlan(Record):
    """What one approach comes to, in all its task orders and seeds together."""

    approach: str
    """Name of the approach."""
    cells: int
    """Task orders times seeds."""
    steps: int | None
    """Optimizer steps; null where the number of examples is not known."""
    tokens: int | None
    """Real tokens trained on, source and target; at most so many where the data was not read."""
    flops: float | None
    """Floating-point operations of training, counted as in results.json; at most so many likewise."""
    disk_bytes: int | None
    """What it leaves in the run folder."""
    peak_memory_bytes: int
    """Peak memory: measured by the probe, else estimated from shapes for batches as long as the recipe allows."""
    train_seconds: float | None
    """Training, validation losses on the way included; null without a probe."""
    evaluate_seconds: float | None
    """Scoring the tasks after each task; null without a probe."""
    execute_seconds: float | None
    """Running the tests of what is generated, if each output is another program than those before; right answers
    repeat themselves, so it is less. 0 where none are run; null without a probe."""


@final
class Total(Record):
    """The whole study."""

    cells: int
    """Approaches times task orders times seeds."""
    steps: int | None
    """Optimizer steps."""
    tokens: int | None
    """Real tokens trained on."""
    flops: float | None
    """Floating-point operations of training."""
    disk_bytes: int | None
    """Size of the run folder; at most so much where activations are stored, which is counted as all they may take."""
    peak_memory_bytes: int
    """Peak memory of the process: that of the hungriest approach."""
    execute_seconds: float | None
    """Of the wall time, running tests: that of all approaches, and of the base once; null without a probe."""
    repeat_seconds: float | None
    """Of the wall time, evaluating one trained model again in other batches and on one thread, for how far scores move
    for no reason; null without a probe."""
    processes: int | None
    """How many processes would run the cells at once (``graftwork run --workers auto``), each with the peak memory
    above; null without a probe."""
    seconds: float | None
    """Wall time, with the data prepared, the base loaded and scored, and the losses before each task; null likewise.
    Cells run at once are reckoned not to slow each other."""


@final
class StudyPlan(Record):
    """What ``graftwork plan --json`` prints."""

    study: str
    """Name of the study."""
    question: str
    """The question it answers."""
    base: BasePlan
    """The model under every approach."""
    orders: tuple[str, ...]
    """Task orders."""
    seeds: tuple[int, ...]
    """Seeds."""
    choices: tuple[str, ...]
    """What a budget (``match_parameters``, ``stored_bytes``) made of each approach, in one line each."""
    parameters: tuple[Parameters, ...]
    """Exact sizes by approach and component, as in results.json."""
    data: tuple[DataPlan, ...]
    """One row a task and subset."""
    counted: bool
    """Whether the data was read; else numbers of examples are those of the recipe, and tokens the most it allows."""
    probed: bool
    """Whether time and memory are those of a probe on this machine."""
    remark: str
    """Why there was no probe; empty if there was one."""
    not_run: tuple[str, ...]
    """In a line each, tests of generated items that the recipe has run where possible, and this machine cannot run."""
    approaches: tuple[ApproachPlan, ...]
    """One row an approach."""
    total: Total
    """All of them."""


def plan_study(config: StudyConfig, *, probe: bool = True, progress: Progress | None = None) -> StudyPlan:
    """Plan a study; nothing of it is trained, and nothing is downloaded but a configuration that is not at hand.

    Args:
        config: the recipe.
        probe: read the data and time a few steps of each approach, where base and data are on this machine.
        progress: told how far the probe is.

    Raises:
        InputError: the base, a component or the data cannot be used.
        StudyError: the loss of an approach is no finite number within the probe.
    """
    choices: list[str] = []
    base = load_config(config.base)
    config = matched(config, base, choices.append)
    gauge = Gauge(base)
    remark = _not_at_hand(config) if probe else "no probe was asked for"
    measured = None if remark else _measure(config, gauge, progress or Silent())
    data = _counted(measured.tasks) if measured else _written(config)
    amounts = measured.amounts if measured else _amounts(config, data)
    equal = equal_trainings(config)
    approaches = tuple(
        _plan(approach, config, base, gauge, amounts, data, equal, measured) for approach in config.approaches
    )
    return StudyPlan(
        study=config.name,
        question=config.question,
        base=BasePlan(name=config.base, family=base.model_type, parameters=gauge.base),
        orders=config.order_names(),
        seeds=config.seeds,
        choices=tuple(choices),
        parameters=tuple(
            row for one in config.approaches for row in parameter_rows(one, sizes_by_kind(one, gauge), gauge.base)
        ),
        data=data,
        counted=measured is not None,
        probed=measured is not None,
        remark=remark,
        not_run=measured.probe.not_run if measured else (),
        approaches=approaches,
        total=_total(config, approaches, measured),
    )


def _not_at_hand(config: StudyConfig) -> str:
    """Why the study cannot be probed here; empty if it can."""
    if config.base != DEFAULT and not Path(config.base).expanduser().is_dir():
        return f"no probe: the base {config.base} is not a folder on this machine"
    for task in config.tasks:
        for subset in task.subsets:
            for source in subset.sources if isinstance(subset, MinedSubset) else ():
                if isinstance(source, PypiSource | NpmSource) or (
                    isinstance(source, HubSource) and not Path(source.name).is_dir()
                ):
                    return f"no probe: the data of {source_name(source)} is not on this machine"
    return ""


# Data


def _written(config: StudyConfig) -> tuple[DataPlan, ...]:
    """The numbers of examples that the recipe asks for."""
    return tuple(_as_written(task.name, subset) for task in config.tasks for subset in task.subsets)


def _as_written(task: str, subset: SubsetConfig) -> DataPlan:
    return DataPlan(task=task, subset=subset.name, train=subset.train, validation=subset.validation, test=subset.test)


def _counted(tasks: Mapping[str, Task]) -> tuple[DataPlan, ...]:
    return tuple(
        DataPlan(
            task=task.name,
            subset=subset.name,
            train=len(subset.train),
            validation=len(subset.validation),
            test=len(subset.test),
        )
        for task in tasks.values()
        for subset in task.subsets
    )


def _amounts(config: StudyConfig, data: tuple[DataPlan, ...]) -> dict[str, Amount] | None:
    """Each task's training data as the recipe has it, every example as long as it may be; None if it does not say."""
    length = config.max_source_tokens + config.decoding.max_new_tokens
    amounts: dict[str, Amount] = {}
    for task in config.tasks:
        counts = [row.train for row in data if row.task == task.name]
        known = [count for count in counts if count is not None]
        if len(known) < len(counts):
            return None
        amounts[task.name] = Amount(sum(known), float(length))
    return amounts


# Measured


@final
@dataclass(frozen=True)
class _Measured:
    """What reading the data and probing gave."""

    tasks: Mapping[str, Task]
    processes: int
    amounts: dict[str, Amount]
    probe: Probe
    rates: Mapping[str, Rates]
    """By approach."""
    preparing: float
    """Seconds for data and base."""


def _measure(config: StudyConfig, gauge: Gauge, progress: Progress) -> _Measured:
    started = time.perf_counter()
    progress.start("read the data", len(config.tasks))
    built: dict[str, BuiltTask] = {}
    for number, task in enumerate(config.tasks, start=1):
        built[task.name] = build_task(task)
        progress.advance(number)
    tasks = {name: one.task for name, one in built.items()}
    base = load_base(config.base)
    preparing = time.perf_counter() - started
    sizes = {one.name: sizes_by_kind(one, gauge) for one in config.approaches}
    force = workforce("auto", config, base, built, sizes, None)
    scratch_folder = tempfile.TemporaryDirectory(prefix="graftwork-plan-")
    with scratch_folder as scratch, on_threads(force.threads):  # as the cells of a run are computed
        probe = Probe(config, base, tasks, Path(scratch))
        progress.start("probe the approaches", len(config.approaches))
        rates: dict[str, Rates] = {}
        for approach in config.approaches:
            rates[approach.name] = probe.rates(approach)
            progress.advance(len(rates))
    examples = {name: sum(1 for _ in task.examples("train")) for name, task in tasks.items()}
    amounts = {name: Amount(examples[name], probe.tokens(name)) for name in tasks}
    return _Measured(tasks, force.number, amounts, probe, rates, preparing)


# Sums


def _plan(
    approach: ApproachConfig,
    config: StudyConfig,
    base: PretrainedConfig,
    gauge: Gauge,
    amounts: dict[str, Amount] | None,
    data: tuple[DataPlan, ...],
    equal: Mapping[Cell, Sequence[Cell | None]],
    measured: _Measured | None,
) -> ApproachPlan:
    """One approach in all its cells; those of one order differ in their seed alone."""
    seeds, orders = len(config.seeds), [order_tasks(order) for order in config.order_names()]
    training, sizes = config.training_of(approach), sizes_by_kind(approach, gauge)
    memory = measured.rates[approach.name].peak_memory_bytes if measured else None
    steps = tokens = disk = 0
    flops = train = evaluate = execute = 0.0
    for order in orders if amounts else ():
        works = work_of(approach.method, training, [amounts[task] for task in order] if amounts else [])
        steps += sum(work.steps for work in works)
        tokens += sum(work.tokens for work in works)
        flops += sum(work.flops(gauge.base, sizes) for work in works)
        cell = Cell(approach.name, order_name(order), config.seeds[0])
        scored = evaluations(approach, len(order), config.evaluate_ahead, equal[cell], cell.order)
        items = sum(row.test or 0 for row in data) * scored // len(order)
        disk += disk_bytes(approach, gauge, works, items)
        if measured:
            seconds = _seconds(approach, order, works, scored, equal[cell], measured)
            train, evaluate = train + seconds[0], evaluate + seconds[1]
            execute += scored / len(order) * sum(map(measured.probe.execute_seconds, order))
    return ApproachPlan(
        approach=approach.name,
        cells=seeds * len(orders),
        steps=seeds * steps if amounts else None,
        tokens=seeds * tokens if amounts else None,
        flops=seeds * flops if amounts else None,
        disk_bytes=seeds * disk if amounts else None,
        peak_memory_bytes=memory or memory_bytes(config, approach, base, gauge),
        train_seconds=seeds * train if measured else None,
        evaluate_seconds=seeds * evaluate if measured else None,
        execute_seconds=seeds * execute if measured else None,
    )


def _seconds(
    approach: ApproachConfig,
    order: tuple[str, ...],
    works: list[Work],
    scored: int,
    equal: Sequence[Cell | None],
    measured: _Measured,
) -> tuple[float, float]:
    """Seconds of training and of scoring in one cell, in which tasks are scored so many times.

    Some of its trainings are taken over from equal ones of other cells.
    """
    probe, rates = measured.probe, measured.rates[approach.name]
    train = sum(
        probe.train_seconds(rates, work, place, task, equal[place] is not None)
        for place, (task, work) in enumerate(zip(order, works, strict=True))
    )
    share = scored / len(order)
    return train, share * sum(probe.evaluate_seconds(rates, task) for task in order)


def _total(config: StudyConfig, approaches: tuple[ApproachPlan, ...], measured: _Measured | None) -> Total:
    def add(values: list[int | None]) -> int | None:
        known = [value for value in values if value is not None]
        return sum(known) if len(known) == len(values) else None

    flops = [one.flops for one in approaches if one.flops is not None]
    disk = add([one.disk_bytes for one in approaches])
    stored = max(config.training_of(one).stored_activations or 0.0 for one in config.approaches)
    execute, repeat, seconds = _seconds_of_all(config, approaches, measured) if measured else (None, None, None)
    return Total(
        cells=len(config.cells()),
        steps=add([one.steps for one in approaches]),
        tokens=add([one.tokens for one in approaches]),
        flops=sum(flops) if len(flops) == len(approaches) else None,
        disk_bytes=None if disk is None else disk + int(1e9 * stored),
        peak_memory_bytes=max(one.peak_memory_bytes for one in approaches),
        execute_seconds=execute,
        repeat_seconds=repeat,
        processes=measured.processes if measured else None,
        seconds=seconds,
    )


def _seconds_of_all(
    config: StudyConfig, approaches: tuple[ApproachPlan, ...], measured: _Measured
) -> tuple[float, float, float]:
    """Seconds of running tests, of evaluating again, and of the whole study with both."""
    probe, tasks = measured.probe, [task.name for task in config.tasks]
    first, at_once = next(iter(measured.rates.values())), measured.processes
    executed = sum(one.execute_seconds or 0.0 for one in approaches)
    execute = sum(map(probe.execute_seconds, tasks)) + executed
    repeat = probe.repeat_seconds(first, order_tasks(config.order_names()[0])[-1])
    base = sum(probe.evaluate_seconds(first, task) for task in tasks)
    before = sum(
        one.cells * probe.loss_seconds(measured.rates[one.approach], task) for one in approaches for task in tasks
    )
    cells = before + sum((one.train_seconds or 0.0) + (one.evaluate_seconds or 0.0) for one in approaches)
    alone = measured.preparing + base + repeat + (execute - executed)
    return execute, repeat, alone + (cells + executed) / at_once
