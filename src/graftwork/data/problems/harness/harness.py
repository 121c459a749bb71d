"""Many programs of one language in one process, and which of them did not give what they must.

A program that does not compile, or that ends the process, would take the others with it: then the batch is run again in
halves, down to the program that fails.
"""

import json
import subprocess
import tempfile
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, final

from graftwork.data.problems.harness.case import Case

__all__ = ["Failure", "Harness", "Toolchain", "run_cases"]

TIMEOUT_SECONDS = 300
LONGEST_REASON = 1000
MOST_ALONE = 5


@final
@dataclass(frozen=True)
class Toolchain:
    """What compiles and runs a language here.

    Attributes:
        version: as it names itself.
        commands: commands to run one after another in the folder of the source; the last prints the results as JSON.
    """

    version: str
    commands: tuple[tuple[str, ...], ...]


@final
@dataclass(frozen=True)
class Harness:
    """How programs of one language are run.

    Attributes:
        language: its name.
        file: what the source is called.
        source: one text that runs all cases and prints a list of lists of results; it may read ``arguments.json``.
        find: finds the toolchain, None if there is none, or none that is new enough.
    """

    language: str
    file: str
    source: Callable[[Sequence[Case]], str]
    find: Callable[[], Toolchain | None]


@final
@dataclass(frozen=True)
class Failure:
    """A program that did not pass its tests, with the reason."""

    case: Case
    reason: str


def run_cases(harness: Harness, toolchain: Toolchain, cases: Sequence[Case]) -> list[Failure]:
    """Run the cases, and return those that failed; once a few have failed alone, the rest of theirs count as failed."""
    failures: list[Failure] = []
    batches = [list(cases)] if cases else []
    alone = 0
    while batches:
        batch = batches.pop()
        if alone >= MOST_ALONE:
            failures += [Failure(case, "not run: too many before it failed to run at all") for case in batch]
            continue
        try:
            failures += _wrong(batch, _outputs(harness, toolchain, batch))
        except _BatchError as error:
            if len(batch) == 1:
                failures.append(Failure(batch[0], str(error)))
                alone += 1
            else:
                half = len(batch) // 2
                batches += [batch[half:], batch[:half]]
    return failures


def _wrong(cases: Sequence[Case], outputs: Sequence[Any]) -> list[Failure]:
    return [
        Failure(case, f"{case.arguments} gave {output}, not {case.expected}"[:LONGEST_REASON])
        for case, output in zip(cases, outputs, strict=True)
        if written(output) != written(case.expected)
    ]


class _BatchError(Exception):
    """The batch as a whole gave no results."""


def _outputs(harness: Harness, toolchain: Toolchain, cases: Sequence[Case]) -> list[Any]:
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        (folder / harness.file).write_text(harness.source(cases), encoding="utf-8")
        (folder / "arguments.json").write_text(json.dumps([case.arguments for case in cases]), encoding="utf-8")
        printed = ""
        for command in toolchain.commands:
            printed = _run(command, folder)
    outputs: list[Any] = json.loads(printed)
    return outputs


def _run(command: Sequence[str], folder: Path) -> str:
    try:
        done = subprocess.run(command, cwd=folder, capture_output=True, timeout=TIMEOUT_SECONDS, check=False)
    except subprocess.TimeoutExpired:
        raise _BatchError(f"{command[0]} ran for more than {TIMEOUT_SECONDS} s") from None
    if done.returncode:
        said = (done.stderr or done.stdout).decode("utf-8", "replace")
        raise _BatchError(f"{command[0]} ended with {done.returncode}: {said[:LONGEST_REASON]}")
    return done.stdout.decode("utf-8")


def written(values: Any) -> str:
    """JSON that tells 1 from 1.0 and from true, and not one order of names from another."""
    return json.dumps(values, sort_keys=True)
