"""Ctrl-C while a task is trained: once is to save and stop, twice is to stop now."""

import signal
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from types import FrameType

__all__ = ["NOTED", "first_interrupt_waits"]

NOTED = "saving and stopping; Ctrl-C once more stops without saving"
"""What is said at the first Ctrl-C."""


@contextmanager
def first_interrupt_waits(say: Callable[[str], None]) -> Iterator[Callable[[], bool]]:
    """In this block the first Ctrl-C is only noted, and a second one interrupts as ever.

    Gives whether one was noted. Whoever asks is to stop then; if nobody did, the end of the block interrupts. Outside
    of the main thread, and where Ctrl-C is handled by somebody else or ignored, nothing is changed.

    Args:
        say: told of the first one, in a line for people.

    Raises:
        KeyboardInterrupt: at the second one, and at the end of the block after a first.
    """
    main = threading.current_thread() is threading.main_thread()
    if not main or signal.getsignal(signal.SIGINT) is not signal.default_int_handler:
        yield lambda: False
        return
    noted = False

    def note(number: int, frame: FrameType | None) -> None:
        nonlocal noted
        if noted:
            raise KeyboardInterrupt
        noted = True
        say(NOTED)

    signal.signal(signal.SIGINT, note)
    try:
        yield lambda: noted
    finally:
        signal.signal(signal.SIGINT, signal.default_int_handler)
    if noted:
        raise KeyboardInterrupt
