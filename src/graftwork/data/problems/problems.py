"""Problems made by seed from the documented space, with tests, and splits by which operations follow which.

A problem is one to four operations in a row whose types fit. Every ordered pair of neighbouring operations belongs,
by a digest of its names, to one split: a training problem is made of training pairs alone, and each validation or
test problem holds at least one pair that stands in no training problem. Compositional splits of this kind are those
of SCAN (Lake and Baroni 2018, https://arxiv.org/abs/1711.00350).
"""

import json
import random
from collections.abc import Iterator
from dataclasses import dataclass
from itertools import pairwise
from typing import Any, final

from graftwork.data.problems.descriptions import describe
from graftwork.data.problems.operations import OPERATIONS, TYPES, Operation
from graftwork.data.problems.renderers import RENDERERS
from graftwork.errors import InputError, nearest
from graftwork.files import digest

__all__ = ["Problem", "make_problems", "problem_languages", "split_of"]

LENGTH_WEIGHTS = {1: 0.1, 2: 0.35, 3: 0.35, 4: 0.2}
INPUT_WEIGHTS = {"numbers": 0.4, "text": 0.2, "words": 0.2, "number": 0.1, "mapping": 0.1}
LARGEST = 10**6
"""No value on the way may be larger, so that every language computes it exactly in its usual integers."""
NUM_TESTS = 3
WORDS = [
    "apple",
    "banana",
    "seed",
    "tree",
    "note",
    "salt",
    "stone",
    "rose",
    "leaf",
    "boat",
    "toast",
    "ease",
    "sea",
    "a",
    "to",
    "otter",
    "Asia",
    "East",
    "tea",
    "test",
]


@final
@dataclass(frozen=True)
class Problem:
    """One problem: its steps, its English, and tests as pairs (JSON of the input, JSON of the expected output)."""

    key: str
    steps: tuple[tuple[str, Any], ...]
    description: str
    tests: tuple[tuple[str, str], ...]

    def program(self, language: str) -> str:
        """Return the reference program in a language.

        Raises:
            InputError: no renderer writes this language.
        """
        if language not in RENDERERS:
            raise InputError(f"no generated problems in {language!r}", "language", nearest(language, RENDERERS))
        return RENDERERS[language].program([(OPERATIONS[name], parameter) for name, parameter in self.steps])


def problem_languages() -> tuple[str, ...]:
    """The languages in which problems can be written."""
    return tuple(RENDERERS)


def split_of(names: tuple[str, ...]) -> str | None:
    """The split that a chain of operations belongs to, or None if it mixes validation and test pairs."""
    splits = {_split_of_pair(first, second) for first, second in pairwise(names)} - {"train"}
    return "train" if not splits else splits.pop() if len(splits) == 1 else None


def _split_of_pair(first: str, second: str) -> str:
    share = int(digest("pair of operations", first, second)[:8], 16) / 0x1_0000_0000
    return "test" if share < 0.12 else "validation" if share < 0.2 else "train"


def make_problems(split: str, count: int, seed: int = 0) -> list[Problem]:
    """Return ``count`` distinct problems of a split; a larger count begins with the same problems.

    Raises:
        InputError: the split is unknown or the space does not hold so many problems.
    """
    if split not in ("train", "validation", "test"):
        raise InputError(f"unknown split {split!r}", "make_problems", nearest(split, ("train", "validation", "test")))
    seen: set[str] = set()
    problems: list[Problem] = []
    for attempt, problem in enumerate(_stream(split, seed)):
        if len(problems) >= count:
            break
        if attempt > 50 * count + 10_000:
            raise InputError(
                f"only {len(problems)} distinct {split} problems were found", "make_problems", "ask for fewer"
            )
        if problem.key not in seen:
            seen.add(problem.key)
            problems.append(problem)
    return problems


def _stream(split: str, seed: int) -> Iterator[Problem]:
    generator = random.Random(f"{split} {seed}")
    while True:
        steps = _steps(generator)
        if split_of(tuple(operation.name for operation, _ in steps)) != split:
            continue
        tests = _tests(steps, generator)
        if tests is not None:
            named = tuple((operation.name, parameter) for operation, parameter in steps)
            yield Problem(digest(json.dumps(named))[:16], named, describe(steps, generator), tests)


def _steps(generator: random.Random) -> list[tuple[Operation, Any]]:
    length = generator.choices(list(LENGTH_WEIGHTS), list(LENGTH_WEIGHTS.values()))[0]
    kind = generator.choices(list(INPUT_WEIGHTS), list(INPUT_WEIGHTS.values()))[0]
    steps: list[tuple[Operation, Any]] = []
    for _ in range(length):
        used = {operation.name for operation, _ in steps}
        choices = [operation for operation in _BY_SOURCE[kind] if operation.name not in used]
        operation = generator.choice(choices)
        steps.append((operation, generator.choice(operation.parameters)))
        kind = operation.result
    return steps


_BY_SOURCE = {kind: [operation for operation in OPERATIONS.values() if operation.source == kind] for kind in TYPES}


def _tests(steps: list[tuple[Operation, Any]], generator: random.Random) -> tuple[tuple[str, str], ...] | None:
    """Inputs with what the steps make of them, or None if a value grows too large or no input changes anything."""
    tests = []
    for _ in range(NUM_TESTS):
        value = given = _input(steps[0][0].source, generator)
        for operation, parameter in steps:
            value = operation.apply(value, parameter)
            if _size(value) > LARGEST or (operation.name == "count_up" and len(value) > 100):
                return None
        tests.append((json.dumps(given), json.dumps(value)))
    return None if len({expected for _, expected in tests}) == 1 else tuple(tests)


def _input(kind: str, generator: random.Random) -> Any:
    if kind == "numbers":
        return [generator.randint(-9, 20) for _ in range(generator.randint(4, 9))]
    if kind == "number":
        return generator.randint(2, 400)
    words = [generator.choice(WORDS) for _ in range(generator.randint(3, 7))]
    if kind == "words":
        return words
    if kind == "mapping":
        return {word: generator.randint(1, 12) for word in words}
    return generator.choice(("", " ")) + " ".join(words) + generator.choice(("", " "))


def _size(value: Any) -> int:
    if isinstance(value, int):
        return abs(value)
    numbers = value.values() if isinstance(value, dict) else value
    return max((abs(n) for n in numbers if isinstance(n, int)), default=0)
