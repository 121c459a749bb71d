"""``analyze``: every analysis of a run folder, piece by piece; an interrupted one goes on where it stopped."""

import json
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Protocol, final

from graftwork.analysis.bench import Bench
from graftwork.analysis.gradients import replay_gradients
from graftwork.analysis.interpolation import interpolate
from graftwork.analysis.knock_out import knock_out
from graftwork.analysis.representations import States, similarities
from graftwork.analysis.subspaces import overlaps
from graftwork.analysis.updates import update_sizes
from graftwork.analysis.versions import Version, versions_of
from graftwork.analysis.zero_shot import base_on_all_tasks, on_all_tasks
from graftwork.data.recipe import build_task
from graftwork.data.task import Task
from graftwork.errors import InputError
from graftwork.files import digest
from graftwork.models.load import Base, load_base
from graftwork.results.analysis import ANALYSIS_VERSION, Analysis, Settings
from graftwork.results.analysis_file import ANALYSIS_FILE, read_analysis, write_analysis
from graftwork.results.folder import RunFolder
from graftwork.results.names import Cell
from graftwork.results.records import Record, Results
from graftwork.results.shares import shares_of
from graftwork.study.config import StudyConfig, read_recipe
from graftwork.study.progress import Progress

__all__ = ["Watcher", "analyze"]

Found = Mapping[str, Sequence[Record]]
"""Records by the field of ``Analysis`` that they go to."""


class Watcher(Progress, Protocol):
    """Who watches an analysis: told of pieces besides the progress of each piece of work."""

    def begin(self, num_pieces: int) -> None:
        """So many pieces are to be done."""

    def piece_done(self, name: str) -> None:
        """A piece is done, now or in an earlier run."""


@final
@dataclass(frozen=True)
class _Piece:
    """A part of the work that is done whole or not at all."""

    name: str
    """``analysis/approach/order/seed``."""
    inputs: str
    """Digest of everything that decides it."""
    work: Callable[[], Found]


def analyze(
    path: Path,
    items: int,
    replay_steps: int | None,
    seeds: Sequence[int] | None,
    watcher: Watcher,
) -> Analysis:
    """Analyse what a run folder has saved, and write ``analysis.json`` into it after every piece.

    Args:
        path: the run folder of a study, finished or not.
        items: at most so many items of a subset are scored.
        replay_steps: so many steps of each training are replayed for its gradients; None for all.
        seeds: the seeds to look at; None for all.
        watcher: who watches.

    Raises:
        InputError: there is no run folder, nothing has been trained, a seed is not the study's, the data or the base
            are not what it was trained with, or what was saved is damaged.
    """
    folder = RunFolder.open(path)
    config, results = read_recipe(str(folder.recipe)), folder.read_results()
    settings = Settings(items=items, replay_steps=replay_steps, seeds=_seeds(config, seeds))
    cells = versions_of(config, folder, settings.seeds)
    if not cells:
        raise InputError("no task of these seeds has been trained", str(path), "let graftwork run train one")
    with folder.lock():
        base, tasks = _material(config, results, watcher)
        bench = Bench(config, base, tasks, items, folder.read_predictions(), watcher)
        pieces = list(_pieces(bench, cells, settings))
        return _do(pieces, settings, folder.path / ANALYSIS_FILE, watcher)


def _seeds(config: StudyConfig, wanted: Sequence[int] | None) -> tuple[int, ...]:
    missing = next((seed for seed in wanted or () if seed not in config.seeds), None)
    if missing is not None:
        right = f"the study's are {', '.join(map(str, config.seeds))}"
        raise InputError(f"the study has no seed {missing}", "--seeds", right)
    return tuple(seed for seed in config.seeds if wanted is None or seed in wanted)


def _material(config: StudyConfig, results: Results, watcher: Watcher) -> tuple[Base, dict[str, Task]]:
    """The study's base and data; what is no longer the same as when it was trained would explain something else."""
    tasks = {}
    for number, task in enumerate(config.tasks):
        watcher.start("prepare the data", len(config.tasks))
        watcher.advance(number)
        tasks[task.name] = build_task(task).task
    for row in results.tasks:
        if row.digest != tasks[row.name].digest:
            right = "analyse it with the version and the sources that it was trained with"
            raise InputError("the data are not those it was trained on", f"task {row.name}", right)
    base = load_base(config.base)
    if base.fingerprint != results.base.fingerprint:
        raise InputError("is not the base it was trained on", f"base {config.base}", "give the base back its weights")
    return base, tasks


def _pieces(bench: Bench, cells: Mapping[Cell, tuple[Version, ...]], settings: Settings) -> Iterator[_Piece]:
    """All pieces: analysis by analysis, and in each, cell by cell."""

    def piece(analysis: str, place: Sequence[object], versions: Sequence[Version], work: Callable[[], Found]) -> _Piece:
        # The seeds looked at decide which pieces there are, not what is in one; subspaces have theirs in the versions.
        what = json.dumps([analysis, ANALYSIS_VERSION, settings.items, settings.replay_steps], sort_keys=True)
        known = [text for version in versions for text in (version.inputs, version.fingerprint)]
        return _Piece("/".join([analysis, *map(str, place)]), digest(what, *known), work)

    every = [version for versions in cells.values() for version in versions]
    yield piece("zero-shot", ["base"], every[:1], lambda: {"zero_shots": base_on_all_tasks(bench)})
    for analysis, work in _by_cell(bench, settings).items():
        for cell, versions in cells.items():
            place = (cell.approach, cell.order, cell.seed)
            yield piece(analysis, place, versions, lambda work=work, versions=versions: work(versions))  # type: ignore[misc]
    together: dict[tuple[str, str], list[tuple[Version, ...]]] = {}
    for cell, versions in cells.items():
        together.setdefault((cell.approach, cell.order), []).append(versions)
    for pair, group in together.items():
        versions = tuple(version for one in group for version in one)
        yield piece("overlap", pair, versions, lambda group=group: {"overlaps": overlaps(bench.base, group)})  # type: ignore[misc]


def _by_cell(bench: Bench, settings: Settings) -> dict[str, Callable[[Sequence[Version]], Found]]:
    """The analyses that take one cell at a time, the cheap ones first."""

    def gradients(versions: Sequence[Version]) -> Found:
        found, replays = replay_gradients(bench, versions, settings.replay_steps)
        return {"gradients": found, "replays": replays}

    of_base: dict[str, States] = {}
    return {
        "update": lambda versions: {"updates": update_sizes(bench.base, versions)},
        "similarity": lambda versions: {"similarities": similarities(bench, versions, of_base)},
        "interpolation": lambda versions: {"interpolations": interpolate(bench, versions)},
        "gradient": gradients,
        "zero-shot": lambda versions: {"zero_shots": on_all_tasks(bench, versions)},
        "knock-out": lambda versions: {"knock_outs": knock_out(bench, versions)},
    }


def _do(pieces: Sequence[_Piece], settings: Settings, path: Path, watcher: Watcher) -> Analysis:
    """Do what is not done yet, and write after every piece."""
    watcher.begin(len(pieces))
    wanted = {piece.name: piece.inputs for piece in pieces}
    before = read_analysis(path) if path.is_file() else None
    kept = {name: text for name, text in (before.pieces if before else {}).items() if wanted.get(name) == text}
    analysis = _only(before, kept, settings) if before else Analysis(settings=settings)
    for piece in pieces:
        if piece.name not in kept:
            analysis = _with(analysis, piece, piece.work())
            write_analysis(path, analysis)
        watcher.piece_done(piece.name)
    analysis = analysis.model_copy(update={"shares": shares_of(analysis.knock_outs), "finished": True})
    return write_analysis(path, analysis)


def _with(analysis: Analysis, piece: _Piece, found: Found) -> Analysis:
    changes: dict[str, Any] = {name: (*getattr(analysis, name), *rows) for name, rows in found.items()}
    return analysis.model_copy(update={**changes, "pieces": {**analysis.pieces, piece.name: piece.inputs}})


def _only(analysis: Analysis, kept: Mapping[str, str], settings: Settings) -> Analysis:
    """What an earlier run found in pieces that are still those that are wanted."""
    changes: dict[str, Any] = {"settings": settings, "pieces": dict(kept), "finished": False, "shares": ()}
    for field, name in _PIECES.items():
        changes[field] = tuple(row for row in getattr(analysis, field) if _piece_of(name, row) in kept)
    return analysis.model_copy(update=changes)


_PIECES = {
    "zero_shots": "zero-shot",
    "knock_outs": "knock-out",
    "updates": "update",
    "gradients": "gradient",
    "replays": "gradient",
    "similarities": "similarity",
    "overlaps": "overlap",
    "interpolations": "interpolation",
}
"""The field of ``Analysis`` that records stand in -> the analysis that makes them."""


def _piece_of(analysis: str, row: Any) -> str:
    """The name of the piece that a record came from."""
    parts = [row.approach, row.order, getattr(row, "seed", None)]
    return "/".join([analysis, *(str(part) for part in parts if part is not None)])
