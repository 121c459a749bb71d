"""The run folder: where everything of a study stands, and what being done means.

::

    DIR/ recipe.yaml environment.json log.txt
         runs/<approach>/<order>/<seed>/tasks/00-<task>/{adapter/, method/, steps.jsonl, done}
         predictions/<approach>__<order>__<seed>__<0-base | 1-task>__<task>.parquet
         results.json  report.html  report.md

An order is its tasks joined by ``+`` (``python+javascript``). Files appear whole; ``done`` is written last, so its
existence means that everything beside it is complete.
"""

import shutil
from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Self, final

from graftwork.errors import InputError
from graftwork.files import append_json_line, read_json, read_json_lines, write_json, write_whole
from graftwork.results.lock import hold_lock
from graftwork.results.losses import ItemLoss, write_loss_file
from graftwork.results.names import Cell, check_approach, check_name, order_name
from graftwork.results.predictions import Prediction, read_prediction_file, write_prediction_file
from graftwork.results.records import SCHEMA_VERSION, Environment, Results

__all__ = ["RunFolder", "TaskFolder"]


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
    def done(self) -> Path:
        """The marker."""
        return self.path / "done"

    def is_done(self) -> bool:
        """Whether the task is complete."""
        return self.done.is_file()

    def clear(self) -> None:
        """Remove what an interrupted attempt left, and make the empty folder."""
        if self.path.exists():
            shutil.rmtree(self.path)
        self.path.mkdir(parents=True)

    def finish(self, data: dict[str, Any]) -> None:
        """Write the marker, with what a rerun needs to know of the task; call it last."""
        write_json(self.done, data)

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
        if path.exists() and (not path.is_dir() or any(entry.name != ".lock" for entry in path.iterdir())):
            raise InputError("is not empty and is no run folder", str(path), "give a new folder with --out")
        write_json(folder.environment, environment.model_dump(mode="json"))
        write_whole(folder.recipe, recipe)
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

    @contextmanager
    def lock(self) -> Iterator[None]:
        """Hold the folder for this process.

        Raises:
            InputError: another process works on it.
        """
        with hold_lock(self.path / ".lock"):
            yield

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
            InputError: a file is damaged.
        """
        start = "" if cell is None else f"{cell.approach}__{cell.order}__{cell.seed}__"
        files = sorted(path for path in self.predictions.glob("*.parquet") if path.name.startswith(start))
        return [row for path in files for row in read_prediction_file(path)]

    def write_results(self, results: Results) -> None:
        """Write all records, whole."""
        write_json(self.results, results.model_dump(mode="json"))

    def read_results(self) -> Results:
        """Return all records.

        Raises:
            InputError: there are none yet, they are damaged, or another version of the package wrote them.
        """
        if not self.results.is_file():
            right = "graftwork run writes it when the first task is done"
            raise InputError("has no results.json yet", str(self.path), right)
        data = read_json(self.results)
        version = data.get("schema_version") if isinstance(data, dict) else None
        if version != SCHEMA_VERSION:
            right = f"this version of graftwork reads version {SCHEMA_VERSION}"
            raise InputError(f"its schema_version is {version!r}", str(self.results), right)
        return Results.read(data, str(self.results))
