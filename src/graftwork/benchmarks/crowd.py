"""Other processes that train, as those of a study's other cells do while one is measured.

What one of several processes does in an hour hangs on the others: they share memory, its bandwidth and the last cache.
"""

import signal
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from types import TracebackType
from typing import Self, final

import torch

from graftwork.benchmarks.data import fresh_base
from graftwork.benchmarks.trained import train_lora, training_examples
from graftwork.components import Grafts

__all__ = ["Crowd"]

READY = "ready"
EXAMPLES = 480


@final
class Crowd:
    """So many processes that train LoRAs on one thread each, whenever asked; as a context manager, which ends them."""

    def __init__(self, number: int) -> None:
        """Start them; they rest."""
        command = [sys.executable, "-m", __name__]
        pipe = subprocess.PIPE
        self._processes = [subprocess.Popen(command, stdin=pipe, stdout=pipe, text=True) for _ in range(number)]
        for process in self._processes:
            assert process.stdout is not None
            process.stdout.readline()
            process.send_signal(signal.SIGSTOP)

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        for process in self._processes:
            process.kill()
            process.communicate()

    @contextmanager
    def working(self) -> Iterator[None]:
        """In this block they train."""
        self._signal(signal.SIGCONT)
        try:
            yield
        finally:
            self._signal(signal.SIGSTOP)

    def _signal(self, number: int) -> None:
        for process in self._processes:
            process.send_signal(number)


def _train_for_ever() -> None:
    torch.set_num_threads(1)
    examples = training_examples(EXAMPLES, apart_from=0)
    train_lora(Grafts(fresh_base()), "warm", examples[:32], epochs=1)
    print(READY, flush=True)
    while True:
        grafts = Grafts(fresh_base())
        train_lora(grafts, "one", examples, epochs=1)
        grafts.detach()


if __name__ == "__main__":
    _train_for_ever()
