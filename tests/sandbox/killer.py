"""What the kernel does where memory is short: it ends the process that holds most, without asking anybody."""

import threading
from collections.abc import Iterator
from contextlib import contextmanager

import psutil

HELD = 150 << 20
SLEEPER = f"import time\nheld = b'x' * {HELD}\ntime.sleep(60)\n"
"""A Python program that holds much, and would not end by itself."""


@contextmanager
def killer(times: int = 1) -> Iterator[list[int]]:
    """Kill so many of the processes to come below this one that hold as much as ``SLEEPER``; gives those killed."""
    over, killed = threading.Event(), list[int]()
    others = {child.pid for child in psutil.Process().children(recursive=True)}  # such as another test's browser

    def look() -> None:
        while len(killed) < times and not over.wait(0.02):
            for child in psutil.Process().children(recursive=True):
                try:
                    if child.pid not in others.union(killed) and child.memory_info().rss > HELD:
                        killed.append(child.pid)
                        child.kill()
                        break
                except psutil.NoSuchProcess:
                    continue

    thread = threading.Thread(target=look)
    thread.start()
    try:
        yield killed
    finally:
        over.set()
        thread.join()
