"""What runs a language: a command, the folders it reads, and our two programs inside, for the program and its tests."""

import os
import sys
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Literal, final

from graftwork.sandbox.compiled import Compiler
from graftwork.sandbox.limits import Limits

__all__ = ["Role", "Runtime", "interpreter", "system_folders", "text_inside"]

Role = Literal["solver", "judge"]
INSIDE = Path(__file__).parent / "inside"
_LIBRARIES = tuple(Path(path) for path in ("/lib", "/lib64", "/usr/lib", "/usr/lib64", "/usr/share/nodejs"))


@final
@dataclass(frozen=True)
class Runtime:
    """How programs of one language run.

    Attributes:
        language: its name.
        version: of what runs it, for signatures.
        readable: all that a program may read.
        modules: for Python, the texts that make up a role: (name, text), the program last; empty for others.
        command: for others, role and limits -> the command that takes the place of the first interpreter.
        memory: which limit of the kernel holds the memory, and how many bytes of it.
        compiler: for compiled languages, what makes executables, each with a runtime of its own.
        one_empty: whether the language has one value for an empty list and an empty mapping.
    """

    language: str
    version: str
    readable: tuple[Path, ...]
    modules: Callable[[Role], list[tuple[str, str]]]
    command: Callable[[Role, Limits], list[str]]
    memory: Callable[[Limits], tuple[Literal["space", "data"], int]]
    compiler: Compiler | None = None
    one_empty: bool = False

    def prepare(self) -> None:
        """Make what all programs share, so that one that cannot be made is known before any runs.

        Raises:
            InputError: the compiler that is found does not work.
        """
        if self.compiler is not None and self.compiler.common is not None:
            self.compiler.common()


def text_inside(name: str) -> str:
    """The text of one of our files that run inside."""
    return (INSIDE / name).read_text(encoding="utf-8")


def interpreter() -> Path:
    """The interpreter itself, outside any virtual environment."""
    return Path(os.path.realpath(getattr(sys, "_base_executable", sys.executable)))


def system_folders() -> tuple[Path, ...]:
    """What every program may read: the interpreter that all start from, its library, those of the system."""
    return (interpreter(), Path(sys.base_prefix) / "lib", *_LIBRARIES)
