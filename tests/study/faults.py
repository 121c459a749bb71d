"""Studies that die: a tiny one in a process of its own, killed at a chosen point or moment, and what it left behind."""

import os
import signal
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import torch

from graftwork import files
from graftwork.results.folder import RunFolder
from graftwork.study.config import StudyConfig
from graftwork.study.run import run_study
from tests.study.support import CODE, Watcher, files_of_adapters, outcome, predictions, study

FINISHED, DIED, RAISED = 0, 77, 78


def tiny_study(material: Path, *approaches: str, steps: int | None = 1, **changes: Any) -> StudyConfig:
    """Two tasks of four steps, with a checkpoint after each of them; nothing generated is executed."""
    generated = {"kind": "generated", "train": 16, "validation": 2, "test": 2}
    tasks = [{"name": language, "language": language, "subsets": [generated]} for language in CODE]
    training = {"epochs": 2, "batch_rows": 8, "learning_rate": 0.01, "checkpoint_steps": steps}
    return study(material, *approaches, tasks=tasks, execute="never", training=training, **changes)


def start(work: Callable[[], None]) -> int:
    """Do something in a process of its own, forked so that nothing is imported again; return its number."""
    child = os.fork()
    if child == 0:
        code = RAISED
        try:
            torch.set_num_threads(1)
            work()
            code = FINISHED
        except BaseException as error:
            print(f"{type(error).__name__}: {error}", flush=True)
        finally:
            os._exit(code)
    return child


def forked(work: Callable[[], None]) -> int:
    """Do something in a process of its own, and wait for it; return how it ended."""
    _, status = os.waitpid(start(work), 0)
    return os.waitstatus_to_exitcode(status)


def ended(child: int, limit: float | None) -> int | None:
    """Wait for a process, and kill it after a time; return how it ended, None where it was killed."""
    started = time.perf_counter()
    while limit is None or time.perf_counter() - started < limit:
        done, status = os.waitpid(child, os.WNOHANG)
        if done:
            return os.waitstatus_to_exitcode(status)
        time.sleep(0.005)
    os.kill(child, signal.SIGKILL)
    os.waitpid(child, 0)
    return None


def killed_again_and_again(config: StudyConfig, run: Path, limits: Iterator[float], most: int = 6) -> tuple[int, int]:
    """Start a study, kill it after a time and start it again, at most so often; return kills and how it ended."""
    kills = 0
    while True:
        code = ended(start(lambda: run_study(config, run, Watcher()) and None), next(limits) if kills < most else None)
        if code is not None:
            return kills, code
        kills += 1


def count_points(config: StudyConfig, run: Path) -> list[str]:
    """Run a study to its end, here; return every point at which something on disk changed."""
    points: list[str] = []
    files.DISK.before = lambda operation, path: points.append(f"{operation} {path.relative_to(run)}")
    try:
        run_study(config, run)
    finally:
        files.DISK.before = lambda operation, path: None
    return points


def die_at(number: int) -> None:
    """Let this process die right before the point of that number (from 0)."""
    reached = -1

    def before(operation: files.Operation, path: Path) -> None:
        nonlocal reached
        reached += 1
        if reached == number:
            os.kill(os.getpid(), signal.SIGKILL)

    files.DISK.before = before


def killed_at(config: StudyConfig, run: Path, number: int) -> int:
    """Run a study that is killed at a point; return how its process ended."""

    def work() -> None:
        die_at(number)
        run_study(config, run)

    return forked(work)


def gone_on(config: StudyConfig, run: Path) -> int:
    """Run it again in another process; return how that ended."""
    return forked(lambda: run_study(config, run, Watcher()) and None)


def end_state(run: Path, *approaches: str) -> dict[str, Any]:
    """All that must be the same however often a study was killed: records, weights, generated texts, and no litter."""
    litter = [
        str(path.relative_to(run)) for path in run.rglob("*") if ".part" in path.name or path.name == "checkpoints"
    ]
    return {
        "records": outcome(RunFolder(run).read_results(), *approaches),
        "adapters": files_of_adapters(run, *approaches),
        "predictions": predictions(run, *approaches),
        "files": sorted(str(path.relative_to(run)) for path in run.rglob("*") if path.is_file()),
        "litter": litter,
    }
