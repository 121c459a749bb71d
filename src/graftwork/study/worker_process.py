"""A worker process: runs cells of a study that another process hands it, until that says so or is gone.

Started as ``python -m graftwork.study.worker_process PIPE LOCK``, two open descriptors. It holds the lock of the run
folder as long as it lives, so nobody else begins on the folder while it may still write, and ends at once when the
other end of the pipe is closed, as by a kill.
"""

import os
import signal
import sys
import threading
import traceback
from multiprocessing.connection import Connection
from pathlib import Path
from queue import SimpleQueue
from typing import Any, final

import torch

from graftwork.continual.runner import TaskRecord
from graftwork.errors import GraftworkError, StudyError
from graftwork.evaluation.item_tests import find_item_tests
from graftwork.models.load import load_base
from graftwork.results.folder import RunFolder
from graftwork.study.cell import CellRunner
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
from graftwork.study.worker import ModelWorker

__all__ = ["main"]

ALONE = 1
"""Exit code of a worker whose study is gone."""


def main() -> None:
    """Work for the process that started this one."""
    descriptors = [int(argument) for argument in sys.argv[1:]]
    for descriptor in descriptors:
        os.set_inheritable(descriptor, False)  # programs that this process starts do not hold the lock
    signal.signal(signal.SIGINT, signal.default_int_handler)  # where the shell lets Ctrl-C be ignored, it is not sent
    post = _Post(Connection(descriptors[0]))
    seconds: dict[str, float] = {}
    last: FromWorker | None = None
    try:
        _work(post, seconds)
    except KeyboardInterrupt:
        last = Interrupted(_taken(seconds))
    except Exception as error:
        if not isinstance(error, GraftworkError):
            error.add_note(f"in a worker process:\n{traceback.format_exc()}")
        last = Broke(error)
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    post.close(last)


def _work(post: "_Post", seconds: dict[str, float]) -> None:
    post.put(Here())
    job = post.get()
    if not isinstance(job, Job):
        return
    torch.set_num_threads(job.threads)
    base = load_base(job.config.base)
    if base.fingerprint != job.base:
        raise StudyError(f"base {job.config.base}: it was changed since the study began; nothing further is run")
    tasks = {name: one.task for name, one in job.built.items()}
    tested = {one.language for task in tasks.values() for one in task.examples("test") if one.tests}
    lines = _Lines(post)
    tests = find_item_tests(tested, job.config.execute, lines.say, at_once=job.threads)
    lines.wanted = True  # what cannot be tested was said by the study itself
    folder = RunFolder(Path(job.folder))
    worker = ModelWorker(job.config, base, tasks, folder, lines, seconds, tests, lines.say)
    runner = CellRunner(job.config, base, job.built, folder, worker, lines.say)

    def on_task(task: str, record: TaskRecord) -> None:
        for measured in record.measured:
            worker.remember(measured)
        post.put(TaskDone(task, record, _taken(seconds)))

    post.put(Ready())
    while isinstance(turn := post.get(), Turn):
        for known in turn.known:
            worker.remember(known)
        failure = runner.run(turn.cell, turn.done, on_task)
        post.put(Ended(failure, _taken(seconds)))


def _taken(seconds: dict[str, float]) -> dict[str, float]:
    """What was spent; from now on it is counted anew."""
    taken = dict(seconds)
    seconds.clear()
    return taken


@final
class _Lines:
    """Tells the study how far the work is, and lines for people."""

    def __init__(self, post: "_Post") -> None:
        self._post = post
        self.wanted = False

    def start(self, what: str, total: int) -> None:
        """See ``Progress.start``."""
        self._post.put(Started(what, total))

    def advance(self, done: int) -> None:
        """See ``Progress.advance``."""
        self._post.put(Advanced(done))

    def say(self, text: str) -> None:
        """Say a line, if lines are wanted."""
        if self.wanted:
            self._post.put(Said(text))


@final
class _Post:
    """The pipe to the study, read and written by threads of its own.

    So an interruption of the work tears no message, and the end of the study is noticed whatever the work is.
    """

    def __init__(self, connection: Connection) -> None:
        self._connection = connection
        self._came: SimpleQueue[Any] = SimpleQueue()
        self._leaving: SimpleQueue[FromWorker | None] = SimpleQueue()
        self._sender = threading.Thread(target=self._send, daemon=True)
        self._sender.start()
        threading.Thread(target=self._receive, daemon=True).start()

    def put(self, message: FromWorker) -> None:
        """Send a message; does not wait for it to be read."""
        self._leaving.put(message)

    def get(self) -> Any:
        """Wait for the next message; None says that there is no more work."""
        return self._came.get()

    def close(self, last: FromWorker | None) -> None:
        """Send what was put, and a last message if there is one."""
        if last is not None:
            self.put(last)
        self._leaving.put(None)
        self._sender.join()

    def _receive(self) -> None:
        while True:
            try:
                message = self._connection.recv()
            except (EOFError, OSError):
                os._exit(ALONE)
            self._came.put(message)
            if message is None:
                return

    def _send(self) -> None:
        while (message := self._leaving.get()) is not None:
            try:
                self._connection.send(message)
            except OSError:
                os._exit(ALONE)
            except Exception as error:  # an error that cannot be sent is told in words
                self._connection.send(Broke(StudyError(f"{message!r} cannot be told: {error}")))


if __name__ == "__main__":
    main()
