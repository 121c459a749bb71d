"""How many worker processes run the cells of a study, and on how many threads each computes.

Small models gain next to nothing from a second thread, so two processes of one thread do almost twice the work of one
process of two. But threads decide the last bits of what comes out, so a folder goes on with those it was begun with.
"""

import os
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Literal, final

import psutil
import torch

from graftwork.components.sizes import Gauge
from graftwork.data.recipe import BuiltTask
from graftwork.data.task import Task
from graftwork.errors import InputError
from graftwork.models.load import Base
from graftwork.results.names import order_tasks
from graftwork.results.records import Environment
from graftwork.study.config import StudyConfig
from graftwork.study.estimate import Amount, memory_bytes, work_of

__all__ = ["WORTH_FLOPS", "WantedWorkers", "Workforce", "cores_at_hand", "memory_at_hand", "workforce"]

WantedWorkers = int | Literal["auto"]

WORTH_FLOPS = 5e12
"""Operations of training from which on worker processes are worth starting: about a minute of work for one core.

Starting one takes about five seconds of a core. The smoke recipe has 1.6e12 operations, the default study 1.3e14.
"""
CHARACTERS_A_TOKEN = 3
"""About so many characters of code and English are one token."""


@final
@dataclass(frozen=True)
class Workforce:
    """So many worker processes of so many threads; one is no other process than the study's own."""

    number: int
    threads: int


def workforce(
    wanted: WantedWorkers,
    config: StudyConfig,
    base: Base,
    built: Mapping[str, BuiltTask],
    sizes: Mapping[str, Mapping[str, int]],
    begun: Environment | None,
) -> Workforce:
    """Decide how many processes run the cells, and on how many threads each.

    A number is taken as it is; the cores are shared out, unless ``OMP_NUM_THREADS`` says how many threads each has.
    ``auto`` is 1 on a GPU, for one cell, and where the work is smaller than what starting processes costs; else as many
    as there are cores, cells, and room in memory. A folder that was begun goes on with the threads it was begun with.

    Args:
        wanted: a number, or ``auto``.
        config: the recipe.
        base: its base.
        built: its data.
        sizes: approach -> kind of part -> parameters trained for one task.
        begun: where the folder was begun; None where it is new.

    Raises:
        InputError: the number is less than 1.
    """
    if wanted != "auto" and wanted < 1:
        raise InputError(f"cannot use {wanted}", "--workers", "give a number of processes from 1 on, or auto")
    given, cores = torch.get_num_threads(), cores_at_hand()
    chosen = _chosen_threads()
    if wanted == 1 or (wanted == "auto" and base.model.device.type != "cpu"):
        return Workforce(1, given)
    if wanted != "auto":
        return Workforce(wanted, chosen or max(1, cores // wanted))
    threads = None if begun is None else begun.num_threads
    kept = None if threads is None else min(threads, max(cores, given))
    if _flops(config, base, built, sizes) < WORTH_FLOPS:
        return Workforce(1, kept or given)
    most = cores // (kept or chosen or 1)
    number = max(1, min(most, len(config.cells()), memory_at_hand() // _memory(config, base)))
    alone = given if number == 1 else cores // number
    return Workforce(number, kept or chosen or alone)


def cores_at_hand() -> int:
    """Cores that this process may use: those it is bound to, and no more than a container's share of time."""
    cores = len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1
    quota, _, period = _control_group("cpu.max").partition(" ")
    return max(1, min(cores, int(quota) // int(period))) if quota.isdecimal() else cores


def memory_at_hand() -> int:
    """Bytes of memory that are free, and no more than a container has left."""
    free = int(psutil.virtual_memory().available)
    most, held = _control_group("memory.max"), _control_group("memory.current")
    return max(0, min(free, int(most) - int(held))) if most.isdecimal() and held.isdecimal() else free


def _control_group(name: str) -> str:
    """What Linux says of the container this runs in; nothing where it says nothing."""
    try:
        return Path("/sys/fs/cgroup", name).read_text(encoding="ascii").strip()
    except OSError:
        return ""


def _chosen_threads() -> int | None:
    """The threads of one process, where the user has said how many."""
    said = os.environ.get("OMP_NUM_THREADS", "")
    return int(said) if said.isdecimal() and int(said) else None


def _memory(config: StudyConfig, base: Base) -> int:
    """Bytes that one process takes at most, as ``graftwork plan`` estimates it."""
    gauge = Gauge(base.model.config)
    return max(memory_bytes(config, approach, base.model.config, gauge) for approach in config.approaches)


def _flops(
    config: StudyConfig, base: Base, built: Mapping[str, BuiltTask], sizes: Mapping[str, Mapping[str, int]]
) -> float:
    """Operations of all training of the study; from its data alone, so every run of it decides alike."""
    parameters = sum(parameter.numel() for parameter in base.model.parameters())
    longest = config.max_source_tokens + config.decoding.max_new_tokens
    amounts = {name: _amount(one.task, longest) for name, one in built.items()}
    return len(config.seeds) * sum(
        work.flops(parameters, sizes[approach.name])
        for approach in config.approaches
        for order in config.order_names()
        for work in work_of(
            approach.method, config.training_of(approach), [amounts[task] for task in order_tasks(order)]
        )
    )


def _amount(task: Task, longest: int) -> Amount:
    lengths = [
        min(longest, (len(one.description) + len(one.target)) / CHARACTERS_A_TOKEN) for one in task.examples("train")
    ]
    return Amount(len(lengths), sum(lengths) / len(lengths))
