"""Run the reference programs of generated problems on their own tests, in every language whose toolchain is found.

    python -m graftwork.data.problems.check
    python -m graftwork.data.problems.check --languages go rust --families stateful --count 2000

Checked are every operation alone, with each of its parameters, on values at which languages differ, and ``count``
problems of each family, from all splits. The programs are this package's own, so they run without a sandbox. Python is
always there; Node comes with the extra ``node``; the others are used where they are installed. Ends with 1 if any
program fails.
"""

import argparse
import json
import sys
import time
from collections.abc import Iterator, Sequence
from itertools import product
from typing import Any

from graftwork.data.problems.harness import HARNESSES, Case, Failure, Toolchain, run_cases
from graftwork.data.problems.operations import OPERATIONS, PAIR_OPERATIONS
from graftwork.data.problems.problems import Problem, make_problems, problem_families
from graftwork.data.problems.renderers import RENDERERS

__all__ = ["case_of", "main", "operation_cases", "sample"]

VALUES: dict[str, list[Any]] = {
    "numbers": [[], [7], [-9, 20, 3, 3, 0, 8, -9], [5, -5, 4, 2, 9, 4, 10, 6], [-1, -10, -100, 1000, 99, -3, -4]],
    "number": [-12, -1, 0, 7, 90, 1000],
    "text": ["", " ", " Asia to  East tea", "seed-tree ", "aaaa ttt", "Zebra apple 12 9 B-2"],
    "words": [
        [],
        ["a"],
        ["tea", "Asia", "to", "tea", "otter", "banana", "East", "to"],
        ["b", "B", "a", "A", "_", "ab"],
    ],
    "mapping": [{}, {"tree": 3}, {"tea": 9, "Asia": 2, "otter": 12, "a": 5, "boat": 2}],
}
"""Values of each type: empty ones, negative numbers, capitals before small letters, digits, repetitions."""
SECOND_VALUES: dict[str, list[Any]] = {
    "numbers": [[], [3, 3, 20], [5, -5, 1, 2, 9, 9, 10, 6, 7, 1]],
    "number": [1, 3, 4],
    "text": ["a", "tea", "aa"],
    "words": [[], ["tea", "to", "zoo", "Asia", "to", "a"]],
}
SHARES = {"train": 0.6, "validation": 0.2, "test": 0.2}
BATCH = 500
"""Programs that are compiled at once; more take a compiler long, fewer start it often."""


def operation_cases(language: str) -> Iterator[Case]:
    """Every operation with every parameter, on values at which languages differ."""
    renderer = RENDERERS[language]
    for one in OPERATIONS.values():
        for parameter in one.parameters:
            expected = tuple(one.apply(value, parameter) for value in VALUES[one.source])
            arguments = tuple((value,) for value in VALUES[one.source])
            yield Case(renderer.program([(one, parameter)]), (one.source,), one.result, arguments, expected)
    for one in PAIR_OPERATIONS.values():
        pairs = tuple(product(VALUES[one.source], SECOND_VALUES[one.other]))
        expected = tuple(one.apply(value, second) for value, second in pairs)
        yield Case(renderer.program([(one, None)]), (one.source, one.other), one.result, pairs, expected)


def case_of(problem: Problem, language: str) -> Case:
    """A problem's program in a language, with the problem's own tests."""
    parameters, result = problem.types
    arguments = tuple(tuple(json.loads(f"[{given}]")) for given, _ in problem.tests)
    expected = tuple(json.loads(value) for _, value in problem.tests)
    return Case(problem.program(language), parameters, result, arguments, expected)


def sample(family: str, count: int, seed: int = 0) -> list[Problem]:
    """Problems of a family from all splits, about ``count`` together."""
    return [
        problem
        for split, share in SHARES.items()
        for problem in make_problems(split, max(1, round(count * share)), seed, [family])
    ]


def main(arguments: Sequence[str] | None = None) -> int:
    """Check, print one line a language, then the programs that failed; return the exit code."""
    options = _parser().parse_args(arguments)
    problems = [one for family in options.families for one in sample(family, options.count, options.seed)]
    failed = 0
    for language in options.languages:
        toolchain = HARNESSES[language].find()
        if toolchain is None:
            print(f"{language:<11} not run: no toolchain found")
            continue
        cases = [*operation_cases(language), *(case_of(problem, language) for problem in problems)]
        started = time.monotonic()
        failures = _run(language, toolchain, cases)
        seconds = time.monotonic() - started
        counts = f"{len(cases) - len(failures)} of {len(cases)} programs passed"
        print(f"{language:<11} {counts} in {seconds:.1f} s, {toolchain.version}", flush=True)
        for failure in failures[: options.show]:
            print(f"\n{failure.case.program}\n-> {failure.reason}\n")
        failed += len(failures)
    return 1 if failed else 0


def _run(language: str, toolchain: Toolchain, cases: Sequence[Case]) -> list[Failure]:
    starts = range(0, len(cases), BATCH)
    return [one for at in starts for one in run_cases(HARNESSES[language], toolchain, cases[at : at + BATCH])]


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="python -m graftwork.data.problems.check", description=__doc__.split("\n")[0])
    parser.add_argument("--count", type=int, default=1000, help="problems of each family (default 1000)")
    parser.add_argument("--seed", type=int, default=0, help="which problems (default 0)")
    parser.add_argument("--show", type=int, default=3, help="failures to print a language (default 3)")
    families, languages = problem_families(), tuple(HARNESSES)
    parser.add_argument("--families", nargs="+", default=families, choices=families, help="default: all")
    parser.add_argument("--languages", nargs="+", default=languages, choices=languages, help="default: all")
    return parser


if __name__ == "__main__":
    sys.exit(main())
