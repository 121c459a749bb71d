"""What is fuzzed, and what must hold for every case: a value or a refusal in one line, soon, and no write elsewhere."""

import os
import signal
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from types import FrameType
from typing import Any, final

from hypothesis.strategies import SearchStrategy

from graftwork.errors import InputError

CPU_SECONDS = 5.0
LONGEST_LINE = 4_000


@final
@dataclass(frozen=True)
class Target:
    """Something that reads what others wrote.

    Attributes:
        name: its name on the command line.
        cases: makes the cases.
        run: is given a case and a folder to write in; raises ``AssertionError`` where a value is wrong.
        share: cases of it for one of the cheapest target, since some take longer.
        prepare: run once before the first case, unwatched.
    """

    name: str
    cases: SearchStrategy[Any]
    run: Callable[[Any, Path], object]
    share: float = 1.0
    prepare: Callable[[], object] = lambda: None


@final
class Hang(BaseException):
    """A case took too long; no ``except Exception`` may swallow it."""


def attempt(target: Target, case: object, folder: Path) -> None:
    """Run a case; whatever it raises but for a refusal in one line is a failure."""
    with _soon(), _writes_only(folder):
        try:
            target.run(case, folder)
        except InputError as error:
            text = str(error)
            assert text.isprintable(), f"not one line of printable text: {text!r}"
            assert len(text) <= LONGEST_LINE, f"a message of {len(text)} characters"


@contextmanager
def _soon() -> Iterator[None]:
    """Raise ``Hang`` after some seconds of processor time: what others do on the machine does not count."""

    def late(number: int, frame: FrameType | None) -> None:
        raise Hang

    before = signal.signal(signal.SIGVTALRM, late)
    signal.setitimer(signal.ITIMER_VIRTUAL, CPU_SECONDS)
    try:
        yield
    finally:
        signal.setitimer(signal.ITIMER_VIRTUAL, 0)
        signal.signal(signal.SIGVTALRM, before)


_allowed: list[str] = []
_WRITING = os.O_WRONLY | os.O_RDWR | os.O_CREAT | os.O_TRUNC | os.O_APPEND
_CHANGING = {"os.mkdir", "os.remove", "os.rename", "os.rmdir", "os.link", "os.symlink", "os.chmod", "os.truncate"}
_hooked = False


def _audit(event: str, arguments: tuple[Any, ...]) -> None:
    if not _allowed:
        return
    paths: tuple[Any, ...] = ()
    if event == "open" and isinstance(arguments[2], int) and arguments[2] & _WRITING:
        paths = arguments[:1]
    elif event in _CHANGING:
        paths = arguments[: 2 if event in ("os.rename", "os.link") else 1]
    elif event in ("os.system", "subprocess.Popen", "os.exec", "os.posix_spawn", "socket.connect"):
        raise AssertionError(f"{event} {arguments[:2]!r}")
    for path in paths:
        if isinstance(path, str | bytes | os.PathLike):
            place = os.path.abspath(os.fsdecode(path))  # noqa: PTH100  # links are not followed
            if not f"{place}{os.sep}".startswith(_allowed[-1]) and place != os.devnull:
                raise AssertionError(f"{event} outside its folder: {place!r}")


@contextmanager
def _writes_only(folder: Path) -> Iterator[None]:
    """Let nothing be written, removed, started or connected to but files in a folder."""
    global _hooked  # noqa: PLW0603  # an audit hook stays for the life of the process
    if not _hooked:
        sys.addaudithook(_audit)
        _hooked = True
    _allowed.append(f"{folder.absolute()}{os.sep}")
    try:
        yield
    finally:
        _allowed.pop()
