"""Running one cell of a study, in whichever process: its learner, its method, and the proof that the base is whole."""

from collections.abc import Callable, Mapping, Sequence
from typing import final

from graftwork.continual.runner import TaskRecord, run_cell
from graftwork.data.recipe import BuiltTask
from graftwork.errors import IsolationError, StudyError
from graftwork.models.fingerprint import model_fingerprint
from graftwork.models.load import Base
from graftwork.results.folder import RunFolder
from graftwork.results.names import Cell
from graftwork.study.config import StudyConfig
from graftwork.study.inputs import of_tasks
from graftwork.study.learners import learner_of
from graftwork.study.worker import ModelWorker

__all__ = ["CellRunner"]


@final
class CellRunner:
    """Runs cells of one study on one base, one after another."""

    def __init__(
        self,
        config: StudyConfig,
        base: Base,
        built: Mapping[str, BuiltTask],
        folder: RunFolder,
        worker: ModelWorker,
        say: Callable[[str], None],
    ) -> None:
        """Get ready.

        Args:
            config: the recipe.
            base: its base.
            built: its data.
            folder: the run folder.
            worker: trains and measures.
            say: told in a line of a task that begins again.
        """
        self._config, self._base, self._built = config, base, built
        self._folder, self._worker, self._say = folder, worker, say

    def run(self, cell: Cell, done: Sequence[TaskRecord], on_task: Callable[[str, TaskRecord], None]) -> str | None:
        """Run what is not done yet of a cell.

        Args:
            cell: the cell.
            done: the records of its tasks that are done.
            on_task: told of each task when it is done.

        Returns:
            Why the cell failed; None if it did not.

        Raises:
            IsolationError: the base is not what it was.
            InputError: what was saved of the tasks done is damaged, or the disk is full.
        """
        approach = self._config.approach_of(cell)
        learner, method = learner_of(approach, self._base), approach.method.build()
        failure = None
        try:
            inputs = of_tasks(self._config, approach, cell.seed, self._base, self._built)
            ahead = self._config.evaluate_ahead
            run_cell(cell, done, learner, method, self._folder, self._worker, inputs, on_task, self._say, ahead)
        except StudyError as error:
            failure = str(error)
        finally:
            learner.close()
        if model_fingerprint(self._base.model) != self._base.fingerprint:
            raise IsolationError(f"{cell}: the base is not what it was before; nothing further is run")
        return failure
