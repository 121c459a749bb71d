"""Making executables of a program and of its tests: compilers run in the sandbox too, each one process.

A compiler reads what the program's language reads and writes one folder, which is new for each program; the folder of
the tests is another, so nothing of them can be found from the program's side. The tests' executable is made once and
kept for all programs that they judge.
"""

import shutil
import tempfile
import time
import weakref
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import replace
from functools import lru_cache
from pathlib import Path
from typing import final

from graftwork.sandbox.checks import CodeTest, ValueTest
from graftwork.sandbox.compiled import Compiler, SourceError
from graftwork.sandbox.compiled.compiler import Sources
from graftwork.sandbox.limits import Limits
from graftwork.sandbox.process import Process, Stopped, start, watch
from graftwork.sandbox.runtime import Role, Runtime
from graftwork.sandbox.tier import Tier

__all__ = ["BuildError", "build"]

SECONDS = 60
"""Of processor time and, as compilers may wait for a core, twice that on the clock, for one compiler."""
MEMORY_BYTES = 1 << 30
KEPT_JUDGES = 256
LONGEST_REASON = 500


@final
class BuildError(Exception):
    """What was to be built is not right, or the compiler was stopped.

    Attributes:
        stopped: what stopped the compiler, so that it may be tried again; None if it came to its end.
    """

    def __init__(self, reason: str, stopped: Stopped | None = None) -> None:
        super().__init__(reason)
        self.stopped = stopped


@contextmanager
def build(
    program: str, test: CodeTest | ValueTest, runtime: Runtime, tier: Tier, limits: Limits
) -> Iterator[Mapping[Role, Runtime]]:
    """What runs each role: the language's own runtime, or executables made for this program and these tests.

    Raises:
        BuildError: the program or its tests cannot be compiled.
    """
    compiler = runtime.compiler
    if compiler is None:
        yield {"solver": runtime, "judge": runtime}
        return
    with tempfile.TemporaryDirectory(prefix="program-") as folder:
        try:
            solver = _built(Path(folder), compiler.solver(program, test), runtime, compiler, tier)
            judge = _judge(test, runtime, tier) if isinstance(test, CodeTest) else None  # kept until the end
        except SourceError as error:
            raise BuildError(str(error)) from None
        yield {"solver": solver, "judge": solver if judge is None else judge.runtime}


@final
class _Judge:
    """The tests' executable, in a folder that goes with it."""

    def __init__(self, test: CodeTest, runtime: Runtime, compiler: Compiler, tier: Tier) -> None:
        folder = tempfile.mkdtemp(prefix="tests-")
        weakref.finalize(self, shutil.rmtree, folder, ignore_errors=True)
        try:
            self.runtime = _built(Path(folder), compiler.judge(test), runtime, compiler, tier)
        except BuildError as error:
            raise BuildError(f"the tests do not compile: {error}", error.stopped) from None


@lru_cache(KEPT_JUDGES)
def _judge(test: CodeTest, runtime: Runtime, tier: Tier) -> _Judge:
    assert runtime.compiler is not None
    return _Judge(test, runtime, runtime.compiler, tier)


def _built(folder: Path, sources: Sources, runtime: Runtime, compiler: Compiler, tier: Tier) -> Runtime:
    """Build in a folder, which must be empty; afterwards nobody but us may write there."""
    common = (compiler.common(),) if compiler.common else ()
    runtime = replace(runtime, readable=(*runtime.readable, *common))
    for name, text in sources.items():
        (folder / name).parent.mkdir(exist_ok=True, mode=0o755)
        (folder / name).write_text(text, encoding="utf-8", errors="replace")
    folder.chmod(0o777)
    for step in compiler.steps(folder):
        _run(step, folder, runtime, compiler, tier)
    folder.chmod(0o755)
    for name in sources:
        (folder / name).unlink()
    if (folder / "program").exists():
        (folder / "program").chmod(0o755)

    def command(role: Role, limits: Limits) -> list[str]:
        return compiler.command(folder, limits)

    return replace(runtime, readable=(*runtime.readable, folder), command=command)


def _run(step: list[str], folder: Path, runtime: Runtime, compiler: Compiler, tier: Tier) -> None:
    """Run one compiler to its end."""
    limits = Limits(cpu_seconds=SECONDS, wall_seconds=2 * SECONDS, memory_bytes=MEMORY_BYTES)
    compiling = replace(runtime, command=lambda role, limits: step, readable=(*runtime.readable, *compiler.readable))
    process = start(tier, compiling, "solver", {}, limits, folder=folder)
    try:
        ended = watch([process], time.monotonic() + limits.wall_seconds)
        stopped = "timeout" if ended == "time" else process.stopped
        if stopped == "timeout":
            raise BuildError(f"took more than {SECONDS} s to compile", stopped)
        if stopped == "killed":
            raise BuildError("the compiler was killed from outside", stopped)
        if ended != "silent" or process.popen.wait() != 0:
            raise BuildError(f"does not compile: {_said(process)}")
    finally:
        process.kill()


def _said(process: Process) -> str:
    """The first line about an error, else the last line."""
    lines = process.tail.decode("utf-8", "replace").splitlines()
    return str(next((line for line in lines if "error" in line), process.last_words))[:LONGEST_REASON]
