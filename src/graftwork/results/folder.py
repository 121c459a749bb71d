"""The run folder: where everything of a study stands, and what being done means.

::

    DIR/ recipe.yaml environment.json base.json checksums.json log.txt
         runs/<approach>/<order>/<seed>/tasks/00-<task>/{adapter/, method/, steps.jsonl, checksums.json, done}
         predictions/<approach>__<order>__<seed>__<0-base | 1-task>__<task>.parquet
         losses/ (named likewise)
         activations/ (where asked for)
         results.json  report.html  report.md

An order is its tasks joined by ``+`` (``python+javascript``). Files appear whole; ``done`` is written last, so its
existence means that everything beside it is complete. Until then a task may have ``checkpoints/``.

What a task wrote is in the list ``checksums.json`` beside its ``done``, its predictions and losses included; everything
else is in that of the run folder, but for what nothing reads again: the log, and the report, which is made anew from
the records at any time.
"""

import hashlib
from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Self, final

from graftwork.errors import InputError
from graftwork.files import (
    append_json_line,
    cut_file,
    file_sha256,
    json_text,
    read_json,
    read_json_lines,
    remove_file,
    remove_folder,
    sweep_parts,
    write_whole,
)
from graftwork.results.checksums import (
    CHECKSUMS,
    Fault,
    check_file,
    check_files,
    fault_in,
    list_files,
    listed,
    text_sha256,
    write_checksums,
    write_listed,
)
from graftwork.results.lock import hold_lock
from graftwork.results.losses import ItemLoss, write_loss_file
from graftwork.results.names import PINNED, Cell, check_approach, check_name, order_name
from graftwork.results.predictions import Prediction, read_prediction_file, write_prediction_file
from graftwork.results.records import SCHEMA_VERSION, Environment, Results

__all__ = ["RunFolder", "TaskFolder"]

BEFORE_THE_RECIPE = {".lock", "environment.json", CHECKSUMS}
"""What a run folder may hold when its making was cut short."""


@final
@dataclass(frozen=True)
class TaskFolder:
    """What one cell keeps of one task."""

    path: Path

    @property
    def adapter(self) -> Path:
        """Folder of the adapter as it was when the task had been trained."""
        return self.path / "adapter"

    @property
    def method(self) -> Path:
        """Folder of what the method keeps from this task for later ones; not there where it keeps nothing."""
        return self.path / "method"

    @property
    def steps(self) -> Path:
        """JSON lines, one a training step."""
        return self.path / "steps.jsonl"

    @property
    def checkpoints(self) -> Path:
        """Folder of the checkpoints of a training that is not finished."""
        return self.path / "checkpoints"

    @property
    def done(self) -> Path:
        """The marker."""
        return self.path / "done"

    def is_done(self) -> bool:
        """Whether the task is complete."""
        return self.done.is_file()

    def clear(self) -> bool:
        """Remove what an interrupted attempt left, but for its checkpoints and their steps; make the folder.

        Returns:
            Whether there was an attempt of which nothing is left.
        """
        begun, kept = self.path.exists(), self.checkpoints.is_dir()
        remove_file(self.done)
        for folder in (self.adapter, self.method) if kept else (self.path,):
            remove_folder(folder)
        self.path.mkdir(parents=True, exist_ok=True)
        sweep_parts(self.path)
        return begun and not kept

    def finish(self, data: dict[str, Any], beside: Iterable[Path] = ()) -> None:
        """Write the checksums and then the marker, with what a rerun needs to know of the task; call it last.

        Args:
            data: what ``done_data`` returns.
            beside: the files outside the folder that the task wrote.
        """
        text = json_text(data)
        own = [self.steps, *self.adapter.glob("*"), *self.method.glob("*")]
        files = list_files(self.path, [path for path in (*own, *beside) if path.is_file()])
        write_checksums(self.path, {**files, self.done.name: (text_sha256(text),)})
        write_whole(self.done, text)
        remove_folder(self.checkpoints)

    def check(self) -> None:
        """See that everything the task wrote is as it was written, as far as checksums are there.

        Raises:
            InputError: a file is missing or damaged.
        """
        for fault in check_files(self.path):
            raise fault.error(f"restore it, or remove {self.path} to train again from there")

    def done_data(self) -> dict[str, Any]:
        """Return what ``finish`` was given.

        Raises:
            InputError: the task is not done, or the marker is damaged.
        """
        data = read_json(self.done)
        if not isinstance(data, dict):
            raise InputError("is damaged", str(self.done), "remove its folder to train the task again")
        return data

    def append_steps(self, steps: Iterable[dict[str, Any]]) -> None:
        """Add training steps (plain data) and fsync once."""
        append_json_line(self.steps, steps)

    def steps_written(self) -> dict[str, Any]:
        """Size and SHA-256 of the steps so far, for ``rewind_steps``."""
        there = self.steps.is_file()
        return {"size": self.steps.stat().st_size, "sha256": file_sha256(self.steps)} if there else {"size": 0}

    def rewind_steps(self, written: dict[str, Any]) -> None:
        """Remove the steps that came after ``steps_written`` said this.

        Raises:
            InputError: what came before is not what it was; nothing is changed.
        """
        size = written["size"]
        content = self.steps.read_bytes()[:size] if self.steps.is_file() else b""
        if size and hashlib.sha256(content).hexdigest() != written["sha256"]:
            raise InputError("is damaged: it does not begin with the steps that were written", str(self.steps))
        if self.steps.is_file():
            cut_file(self.steps, size)

    def read_steps(self) -> list[dict[str, Any]]:
        """Return the training steps so far; none where training did not start."""
        return read_json_lines(self.steps) if self.steps.is_file() else []


@final
class RunFolder:
    """The folder of one study."""

    def __init__(self, path: Path) -> None:
        self.path = path

    @classmethod
    def open(cls, path: Path) -> Self:
        """Return an existing run folder.

        Raises:
            InputError: there is none at that path.
        """
        folder = cls(path)
        if not folder.recipe.is_file():
            what = "no such folder" if not path.exists() else "is no run folder (it has no recipe.yaml)"
            raise InputError(what, str(path), "give the folder that graftwork run wrote")
        return folder

    @classmethod
    def create(cls, path: Path, recipe: str, environment: Environment) -> Self:
        """Return the run folder at a path; a new one where the path is empty or missing, else the one there.

        Raises:
            InputError: the path holds something else.
        """
        folder = cls(path)
        if folder.recipe.is_file():
            return folder
        if path.exists() and (not path.is_dir() or any(map(_foreign, path.iterdir()))):
            raise InputError("is not empty and is no run folder", str(path), "give a new folder with --out")
        folder.write_environment(environment)
        folder.write_recipe(recipe)
        return folder

    @property
    def recipe(self) -> Path:
        """The study's recipe; a folder that holds one is a run folder."""
        return self.path / "recipe.yaml"

    @property
    def environment(self) -> Path:
        """Where the study ran first."""
        return self.path / "environment.json"

    @property
    def base(self) -> Path:
        """What the untouched base scored."""
        return self.path / "base.json"

    @property
    def log(self) -> Path:
        """The log."""
        return self.path / "log.txt"

    @property
    def results(self) -> Path:
        """All records."""
        return self.path / "results.json"

    @property
    def report_html(self) -> Path:
        """The report, one self-contained page."""
        return self.path / "report.html"

    @property
    def report_markdown(self) -> Path:
        """The report's tables as Markdown."""
        return self.path / "report.md"

    @property
    def predictions(self) -> Path:
        """Folder of the generated items."""
        return self.path / "predictions"

    @property
    def activations(self) -> Path:
        """Folder of what frozen blocks return for training examples; it may be removed at any time."""
        return self.path / "activations"

    @contextmanager
    def lock(self) -> Iterator[int]:
        """Hold the folder for this process, and for those that inherit the open file that this gives.

        Raises:
            InputError: another process works on it.
        """
        with hold_lock(self.path / ".lock") as descriptor:
            yield descriptor

    # Checksums

    def sweep(self) -> None:
        """Remove what killed processes left; only who holds the lock may."""
        for folder in (self.path, self.predictions, self.losses):
            sweep_parts(folder)
        for done in self.path.glob("runs/*/*/*/tasks/*/done"):
            remove_folder(TaskFolder(done.parent).checkpoints)

    def faults(self) -> list[Fault]:
        """What is missing or damaged of the files that are no task's, as far as checksums are there.

        Raises:
            InputError: the list itself is damaged.
        """
        return check_files(self.path)

    def unchecked(self) -> list[str]:
        """In a line each, what could not be checked for damage, because its checksums are missing."""
        folders = [self.path, *sorted(done.parent for done in self.path.glob("runs/*/*/*/tasks/*/done"))]
        without = [folder for folder in folders if not (folder / CHECKSUMS).is_file()]
        more = f" (and {len(without) - 1} more)" if len(without) > 1 else ""
        why = f"has no {CHECKSUMS}, so its files cannot be checked for damage"
        return [f"{without[0]}{more}: {why}"] if without else []

    def write_environment(self, environment: Environment) -> None:
        """Write where the study runs, whole."""
        write_listed(self.environment, json_text(environment.model_dump(mode="json")))

    def write_recipe(self, recipe: str) -> None:
        """Write the recipe, whole."""
        write_listed(self.recipe, recipe)

    def write_base(self, data: dict[str, Any]) -> None:
        """Write what the untouched base scored, whole, after its predictions and losses."""
        evaluations = [*self.predictions.glob("*__0-base__*.parquet"), *self.losses.glob("*__0-base__*.parquet")]
        write_listed(self.base, json_text(data), evaluations)

    def evaluations(self, cell: Cell, after: str) -> list[Path]:
        """The files of what a cell generated, and of its losses, after training a task; pinned versions included."""
        names = [self.prediction_file(one, after, task).name for one in (cell, cell.pinned) for task in cell.tasks]
        paths = [folder / name for folder in (self.predictions, self.losses) for name in names]
        return [path for path in paths if path.is_file()]

    # What is in it

    def task(self, cell: Cell, index: int) -> TaskFolder:
        """Return where a cell keeps its ``index``-th task (0-based)."""
        return TaskFolder(self._cell_path(cell) / "tasks" / f"{index:02d}-{cell.tasks[index]}")

    def _cell_path(self, cell: Cell) -> Path:
        approach = check_name(cell.approach, "approach")
        return self.path / "runs" / approach / order_name(cell.tasks) / str(cell.seed)

    def prediction_file(self, cell: Cell, after: str | None, task: str) -> Path:
        """Return the file of the items that a cell generates for a task after training another (None: the base)."""
        moment = "0-base" if after is None else f"{cell.tasks.index(after) + 1}-{after}"
        parts = (check_approach(cell.approach), order_name(cell.tasks), str(cell.seed), moment)
        name = "__".join((*parts, check_name(task, "task")))
        return self.predictions / f"{name}.parquet"

    @property
    def losses(self) -> Path:
        """Folder of the losses of single validation items, in files named as those of the predictions."""
        return self.path / "losses"

    def write_losses(self, cell: Cell, after: str | None, task: str, rows: Sequence[ItemLoss]) -> None:
        """Write the item losses of one evaluation, whole."""
        write_loss_file(self.losses / self.prediction_file(cell, after, task).name, rows)

    def write_predictions(self, cell: Cell, after: str | None, task: str, rows: Sequence[Prediction]) -> None:
        """Write the items of one evaluation, whole."""
        write_prediction_file(self.prediction_file(cell, after, task), rows)

    def read_predictions(self, cell: Cell | None = None) -> list[Prediction]:
        """Return the generated items of a cell, or of all cells, file by file in the order of their names.

        Raises:
            InputError: a file is damaged, or is missing although it was written.
        """
        start = "" if cell is None else f"{cell.approach}__{cell.order}__{cell.seed}__"
        self._check_predictions(cell, start)
        files = sorted(path for path in self.predictions.glob("*.parquet") if path.name.startswith(start))
        return [row for path in files for row in read_prediction_file(path)]

    def _check_predictions(self, cell: Cell | None, start: str) -> None:
        pattern = "*/*/*" if cell is None else f"{cell.approach.removesuffix(PINNED)}/{cell.order}/{cell.seed}"
        for folder in (self.path, *sorted(done.parent for done in self.path.glob(f"runs/{pattern}/tasks/*/done"))):
            for name, digests in (listed(folder) or {}).items():
                path = folder / name
                wanted = path.parent.name == self.predictions.name and path.name.startswith(start)
                fault = fault_in(path, digests) if wanted else None
                if fault is not None:
                    raise fault.error("restore it from a copy")

    def write_results(self, results: Results) -> None:
        """Write all records, whole."""
        write_listed(self.results, json_text(results.model_dump(mode="json")))

    def read_results(self) -> Results:
        """Return all records.

        Raises:
            InputError: there are none yet, they are damaged, or another version of the package wrote them.
        """
        if not self.results.is_file():
            right = "graftwork run writes it when the first task is done"
            raise InputError("has no results.json yet", str(self.path), right)
        check_file(self.path, self.results)
        data = read_json(self.results)
        version = data.get("schema_version") if isinstance(data, dict) else None
        if version != SCHEMA_VERSION:
            right = f"this version of graftwork reads version {SCHEMA_VERSION}"
            raise InputError(f"its schema_version is {version!r}", str(self.results), right)
        return Results.read(data, str(self.results))


def _foreign(path: Path) -> bool:
    """Whether something in a folder shows that it was not made for a run."""
    return path.name not in BEFORE_THE_RECIPE and not (path.name.startswith(".") and path.name.endswith(".part"))
