"""A program and its tests: two processes, of which only the tests' one knows what is right, and a verdict outside both.

With tests that are code (``assert f(1) == 2``), the tests run in a process of their own, which calls the program's
functions over a channel and gets plain values back. With tests that are inputs and expected outputs, the program's
process is given the inputs alone and the comparison is made here. Either way there is nothing to forge a pass with.
"""

import json
import os
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Literal, final

from graftwork.sandbox.build import BuildError, build
from graftwork.sandbox.checks import CodeTest, ValueTest
from graftwork.sandbox.limits import Limits
from graftwork.sandbox.process import Process, Stopped, start, watch
from graftwork.sandbox.runtime import Role, Runtime
from graftwork.sandbox.tier import Tier

__all__ = ["CodeTest", "Trial", "ValueTest", "Verdict", "run_trial", "same_value"]

Outcome = Literal["passed", "failed"] | Stopped
LONGEST_REASON = 500


@final
@dataclass(frozen=True)
class Trial:
    """A program with its tests."""

    language: str
    program: str
    test: CodeTest | ValueTest


@final
@dataclass(frozen=True)
class Verdict:
    """How a trial ended.

    Attributes:
        outcome: ``passed`` only if all tests ran to their end and held; ``timeout`` if processor time or the clock ran
            out, ``killed`` if somebody outside ended it, such as a kernel short of memory; so that it may be tried
            again.
        reason: why it did not pass, in one line.
        seconds: on the clock.
        retried: whether this is the outcome of a second try, alone.
    """

    outcome: Outcome
    reason: str = ""
    seconds: float = 0.0
    retried: bool = field(default=False, compare=False)


def run_trial(trial: Trial, runtime: Runtime, tier: Tier, limits: Limits) -> Verdict:
    """Run a program with its tests."""
    started = time.monotonic()
    try:
        with build(trial.program, trial.test, runtime, tier, limits) as runtimes:
            outcome, reason = _run(trial, _Run(runtimes, tier, limits, time.monotonic() + limits.wall_seconds, []))
    except BuildError as error:
        outcome, reason = error.stopped or "failed", str(error)
    return Verdict(outcome, " ".join(reason.split()), time.monotonic() - started)


def _run(trial: Trial, run: "_Run") -> tuple[Outcome, str]:
    try:
        if isinstance(trial.test, CodeTest):
            return _judge(trial.program, trial.test, run)
        return _compare(trial.program, trial.test, run)
    finally:
        for process in run.processes:
            process.kill()


@final
@dataclass(frozen=True)
class _Run:
    """What tests of both kinds are run with; the program's process is the first."""

    runtimes: Mapping[Role, Runtime]
    tier: Tier
    limits: Limits
    deadline: float
    processes: list[Process]

    def start(self, role: Role, job: dict[str, Any], channel: Sequence[int] = ()) -> None:
        self.processes.append(start(self.tier, self.runtimes[role], role, job, self.limits, channel))

    def result(self) -> tuple[Any, Outcome, str]:
        """What the last process said (None if nothing), and the verdict if it does not say that all is well."""
        ended = watch(self.processes, self.deadline)
        if ended == "time":
            return None, "timeout", f"ran for more than {self.limits.wall_seconds:g} s"
        if ended == "output":
            return None, "failed", "printed more than it may"
        said = _json(bytes(self.processes[-1].result)) if ended == "result" else None
        return said, "failed", f"ended without a result: {self.processes[-1].last_words}"[:LONGEST_REASON].rstrip(": ")

    def stopped(self) -> tuple[Outcome, str] | None:
        """The verdict where a process was stopped; of one that has said its result, it is no longer asked."""
        silent = [process for process in self.processes if not process.result]
        for stopped in (process.stopped for process in silent):
            if stopped == "timeout":
                return stopped, f"used {self.limits.cpu_seconds} s of processor time"
            if stopped == "killed":
                return stopped, "was killed from outside, as happens where memory is short"
        return None


def _judge(program: str, test: CodeTest, run: _Run) -> tuple[Outcome, str]:
    """Tests that are code: what the process that runs them says, after they have run to their end."""
    asked, ask = os.pipe()
    told, tell = os.pipe()
    try:
        run.start("solver", {"program": program}, (asked, tell))
        job = {"setup": test.setup, "test": test.code, "names": test.names, "objects": test.objects}
        run.start("judge", job, (told, ask))
    finally:
        for end in (asked, ask, told, tell):
            os.close(end)
    said, outcome, reason = run.result()
    if isinstance(said, dict) and said.get("passed") is True:
        return "passed", ""
    if outcome == "failed" and (stopped := run.stopped()):
        return stopped
    return outcome, str(said["reason"]) if isinstance(said, dict) else reason


def _compare(program: str, test: ValueTest, run: _Run) -> tuple[Outcome, str]:
    """Tests that are values: what the program gives back for the inputs, compared here."""
    cases = [json.loads(arguments) for arguments, _ in test.cases]
    run.start("solver", {"program": program, "function": test.function, "cases": cases})
    said, outcome, reason = run.result()
    if said is None:
        return (run.stopped() if outcome == "failed" else None) or (outcome, reason)
    try:
        return _compared(said, test, run.runtimes["solver"].one_empty)
    except (TypeError, KeyError, AttributeError, IndexError, RecursionError):
        return "failed", "its results cannot be read"  # written by the program itself, in our place


def _compared(said: Any, test: ValueTest, one_empty: bool) -> tuple[Outcome, str]:
    alike = _with_one_empty if one_empty else lambda value: value
    for number, (result, (arguments, expected)) in enumerate(zip(said, test.cases, strict=False), 1):
        if "raised" in result:
            return "failed", f"case {number}: {': '.join(map(str, result['raised']))}"[:LONGEST_REASON]
        if not same_value(alike(result["value"]), alike(json.loads(expected))):
            got = json.dumps(result["value"])
            return "failed", f"case {number}: {arguments} gave {got}, not {expected}"[:LONGEST_REASON]
    if len(said) < len(test.cases):
        return "failed", "ended before its last case"
    return "passed", ""


def _with_one_empty(value: Any) -> Any:
    """A value in which empty mappings have become empty lists."""
    if isinstance(value, dict):
        return {key: _with_one_empty(item) for key, item in value.items()} or []
    return [_with_one_empty(item) for item in value] if isinstance(value, list) else value


def same_value(left: Any, right: Any) -> bool:
    """Whether two values from JSON are equal: numbers by value (1 is 1.0, but not true), mappings in any order."""
    if isinstance(left, bool) or isinstance(right, bool) or left is None or right is None:
        return left is right
    if isinstance(left, list) and isinstance(right, list):
        return len(left) == len(right) and all(map(same_value, left, right))
    if isinstance(left, dict) and isinstance(right, dict):
        return left.keys() == right.keys() and all(same_value(left[key], right[key]) for key in left)
    return isinstance(left, str) == isinstance(right, str) and bool(left == right)


def _json(data: bytes) -> Any:
    """JSON from inside, None if it is none."""
    try:
        return json.loads(data)
    except (ValueError, RecursionError):
        return None
