"""Running cells in several processes at once: the side of the study that starts them, hands out cells and listens."""

import signal
import subprocess
import sys
from collections import deque
from collections.abc import Callable, Mapping, Sequence
from contextlib import suppress
from multiprocessing import Pipe
from multiprocessing.connection import Connection, wait
from types import TracebackType
from typing import Protocol, Self, final

from graftwork.continual.runner import TaskRecord
from graftwork.errors import StudyError
from graftwork.results.names import Cell
from graftwork.study.messages import (
    Advanced,
    Broke,
    Ended,
    FromWorker,
    Here,
    Interrupted,
    Job,
    Ready,
    Said,
    Started,
    TaskDone,
    Turn,
)
from graftwork.study.observer import Observer
from graftwork.training.interrupt import NOTED, first_interrupt_waits

__all__ = ["Crew", "Study"]

MODULE = "graftwork.study.worker_process"
GRACE_SECONDS = 10.0
"""How long a worker that has said its last may take to end."""
LOOK_SECONDS = 0.2
"""How often it is looked whether Ctrl-C was pressed."""


class Study(Protocol):
    """What the workers' cells belong to."""

    def turn(self, cell: Cell, known: int) -> tuple[Turn, int]:
        """What a worker needs for a cell, if it knows so many measurements; and how many it knows then."""

    def alike(self, cell: Cell, other: Cell) -> bool:
        """Whether the next trainings of two cells may be equal, so that one is taken over from the other."""

    def task_done(self, cell: Cell, task: str, record: TaskRecord) -> None:
        """A task has its marker on disk."""

    def spent(self, phase: str, seconds: float) -> None:
        """So many seconds went into a phase."""

    def failed(self, cell: Cell, reason: str) -> None:
        """A cell failed; the others go on."""


@final
class Crew:
    """Worker processes; as a context manager, which ends them, whatever happens.

    They are fresh interpreters, for a process whose libraries have threads cannot be forked safely, in a group of their
    own: Ctrl-C in a terminal reaches the study alone, which passes it on.
    """

    def __init__(self, number: int, job: Callable[[], Job], lock: int, observer: Observer) -> None:
        """Start the processes; they are handed nothing before ``run``.

        Args:
            number: how many.
            job: what each is to know.
            lock: the open lock file of the run folder, which they hold as long as they live.
            observer: sees what each is doing.
        """
        self._job, self._lock, self._observer = job, lock, observer
        self._cells: deque[Cell] = deque()
        self._stopping = self._interrupted = False
        self._error: Exception | None = None
        self._workers: list[_Worker] = []
        for place in range(1, number + 1):
            self._workers.append(_Worker(place, lock))

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        for worker in self._workers:
            worker.kill()

    def run(self, cells: Sequence[Cell], study: Study) -> None:
        """Run cells, each in the process that is free first.

        Raises:
            KeyboardInterrupt: after Ctrl-C, once the processes have saved and ended; after a second one at once.
            StudyError: no process could be started.
            Exception: what ended a worker and would have ended a study in one process.
        """
        self._cells.extend(cells)
        with first_interrupt_waits(self._observer.say) as noted:
            while self._workers:
                if noted() and not self._stopping:
                    self._stop()
                ready = wait([worker.connection for worker in self._workers], LOOK_SECONDS)
                for worker in [one for one in self._workers if one.connection in ready]:
                    self._hear(worker, study)
        if self._error is not None:
            raise self._error
        if self._interrupted:
            raise KeyboardInterrupt

    def _hear(self, worker: "_Worker", study: Study) -> None:
        try:
            message: FromWorker = worker.connection.recv()
        except (EOFError, OSError):
            self._lose(worker, study)
            return
        match message:
            case Here():
                worker.send(self._job())
            case Ready():
                worker.ready = True
                self._hand_out(worker, study)
            case Started(what, total):
                self._observer.beside(worker.number).start(what, total)
            case Advanced(done):
                self._observer.beside(worker.number).advance(done)
            case Said(text):
                if text != NOTED:  # that was said here
                    self._observer.say(text)
            case TaskDone(task, record, seconds):
                _spend(study, seconds)
                study.task_done(worker.at_hand, task, record)
            case Ended(failure, seconds):
                _spend(study, seconds)
                cell, worker.cell = worker.at_hand, None
                if failure is not None:
                    study.failed(cell, failure)
                self._hand_out(worker, study)
            case Interrupted(seconds):
                _spend(study, seconds)
                worker.cell, self._interrupted = None, True
                self._stop()
            case Broke(error):
                worker.cell, self._error = None, self._error or error
                self._stop()

    def _hand_out(self, worker: "_Worker", study: Study) -> None:
        if self._cells and not self._stopping:
            worker.cell = self._next(study)
            self._cells.remove(worker.cell)
            turn, worker.known = study.turn(worker.cell, worker.known)
            worker.send(turn)
        else:
            worker.send(None)
            self._observer.beside(worker.number).start(f"worker {worker.number} has no cell left", 1)

    def _next(self, study: Study) -> Cell:
        """The first cell that does not begin as one at hand does, whose training it could not yet take over."""
        busy = [worker.cell for worker in self._workers if worker.cell is not None]
        apart = (cell for cell in self._cells if not any(study.alike(cell, other) for other in busy))
        return next(apart, self._cells[0])

    def _lose(self, worker: "_Worker", study: Study) -> None:
        """A worker is gone: because there is no more for it to do, or because something ended it."""
        code = worker.ended()
        self._workers.remove(worker)
        how = f"was killed by signal {-code}" if code < 0 else f"ended with exit code {code}"
        if worker.cell is not None:
            study.failed(worker.cell, f"its worker process {how}; the same command goes on from there")
            if self._cells and not self._stopping:
                self._workers.append(_Worker(worker.number, self._lock))
        elif not worker.ready and not self._stopping:
            self._observer.say(f"worker {worker.number} {how} before it had a cell")
            if not self._workers and self._cells:
                self._error = StudyError(f"no worker process could be started: the last one {how}")

    def _stop(self) -> None:
        """Let every worker save and end, as at Ctrl-C; those that have not begun just end."""
        if not self._stopping:
            self._stopping = True
            for worker in self._workers:
                worker.interrupt()


@final
class _Worker:
    """One process, and what is known of it."""

    def __init__(self, number: int, lock: int) -> None:
        self.number, self.ready, self.known = number, False, 0
        self.cell: Cell | None = None
        self.connection: Connection
        self.connection, theirs = Pipe()
        handed = (theirs.fileno(), lock)
        self._process = subprocess.Popen(
            [sys.executable, "-P", "-m", MODULE, *map(str, handed)],
            stdin=subprocess.DEVNULL,
            pass_fds=handed,
            process_group=0,
        )
        theirs.close()

    @property
    def at_hand(self) -> Cell:
        """The cell it works on."""
        assert self.cell is not None
        return self.cell

    def send(self, message: Job | Turn | None) -> None:
        """Send a message; that the worker is gone is noticed when it is listened to."""
        with suppress(OSError):
            self.connection.send(message)

    def interrupt(self) -> None:
        """Interrupt it; one that has not begun is ended."""
        self._process.send_signal(signal.SIGINT if self.ready else signal.SIGKILL)

    def ended(self) -> int:
        """Wait until it has ended, but not for ever; return how it did."""
        self.connection.close()
        try:
            return self._process.wait(GRACE_SECONDS)
        except subprocess.TimeoutExpired:
            self._process.kill()
            return self._process.wait()

    def kill(self) -> None:
        """End it at once."""
        self.connection.close()
        self._process.kill()
        self._process.wait()


def _spend(study: Study, seconds: Mapping[str, float]) -> None:
    for phase, number in seconds.items():
        study.spent(phase, number)
