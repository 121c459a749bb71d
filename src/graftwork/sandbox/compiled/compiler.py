"""What a compiled language brings: its sources for both sides, the commands that build them, the command that runs."""

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Literal, final

from graftwork.sandbox.checks import CodeTest, ValueTest
from graftwork.sandbox.limits import Limits

__all__ = ["Compiler", "SourceError", "Sources"]

Sources = dict[str, str]
"""File name -> text."""


class SourceError(Exception):
    """The tests cannot be put into the shape that the two sides need; the text says why."""


@final
@dataclass(frozen=True)
class Compiler:
    """How programs of one compiled language are built and run.

    The solver's executable holds the program and answers calls with plain values; the judge's holds the tests, and in
    the place of the function under test a call to the solver. Nothing of the tests is in the solver's files.

    Attributes:
        version: of what compiles, for signatures.
        readable: what compiling reads beside the system's libraries.
        running: what running reads beside them.
        solver: a program and its tests -> the solver's sources; of the tests it uses the declaration and the inputs.
        judge: tests -> the judge's sources.
        steps: a folder that holds the sources -> commands to run in it, each one process.
        command: a folder that holds what was built, and limits -> the command that runs it.
        memory: which limit of the kernel holds the memory of what was built, and how many bytes of it.
        environment: variables for compiling and running, beside those of every process.
        common: a folder with what all programs share, which compiling and running read; None if nothing is shared.
    """

    version: str
    readable: tuple[Path, ...]
    running: tuple[Path, ...]
    solver: Callable[[str, CodeTest | ValueTest], Sources]
    judge: Callable[[CodeTest], Sources]
    steps: Callable[[Path], list[list[str]]]
    command: Callable[[Path, Limits], list[str]]
    memory: Callable[[Limits], tuple[Literal["space", "data"], int]]
    environment: tuple[tuple[str, str], ...] = ()
    common: Callable[[], Path] | None = None
