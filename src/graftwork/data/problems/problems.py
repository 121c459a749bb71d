"""Problems made by seed from documented spaces, with tests, and splits by which operations follow which.

A problem is a chain of operations, or of pieces of a loop or a recursive function, by its family. Every ordered pair of
neighbours in a chain belongs, by a digest of their names, to one split: a training problem is made of training pairs
alone, and each validation or test problem holds at least one pair that stands in no training problem. Compositional
splits of this kind are those of SCAN (Lake and Baroni 2018, https://arxiv.org/abs/1711.00350).
"""

import json
import random
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import pairwise
from typing import Any, final

from graftwork.data.problems.families import FAMILIES, Family
from graftwork.data.problems.renderers import RENDERERS
from graftwork.errors import InputError, nearest
from graftwork.files import digest

__all__ = ["BASIC", "Problem", "make_problems", "problem_families", "problem_languages", "split_of"]

BASIC = "basic"
"""The family that is used where none is asked for."""


@final
@dataclass(frozen=True)
class Problem:
    """One problem.

    Attributes:
        key: digest of its steps, and so of the problem.
        steps: names of operations or pieces, with their parameters.
        description: its English.
        tests: pairs of JSON: the arguments (with a comma between them, where there are two) and what must come out.
        family: the family that its steps belong to.
    """

    key: str
    steps: tuple[tuple[str, Any], ...]
    description: str
    tests: tuple[tuple[str, str], ...]
    family: str = BASIC

    def program(self, language: str) -> str:
        """Return the reference program in a language.

        Raises:
            InputError: no renderer writes this language.
        """
        if language not in RENDERERS:
            raise InputError(f"no generated problems in {language!r}", "language", nearest(language, RENDERERS))
        family = FAMILIES[self.family]
        return family.program(family.steps(self.steps), language)

    @property
    def types(self) -> tuple[tuple[str, ...], str]:
        """The types of its inputs, and of its result."""
        family = FAMILIES[self.family]
        return family.types(family.steps(self.steps))


def problem_languages() -> tuple[str, ...]:
    """The languages in which problems can be written."""
    return tuple(RENDERERS)


def problem_families() -> tuple[str, ...]:
    """The families of problems, the basic one first."""
    return tuple(FAMILIES)


def split_of(names: tuple[str, ...]) -> str | None:
    """The split that a chain of operations belongs to, or None if it mixes validation and test pairs."""
    splits = {_split_of_pair(first, second) for first, second in pairwise(names)} - {"train"}
    return "train" if not splits else splits.pop() if len(splits) == 1 else None


def _split_of_pair(first: str, second: str) -> str:
    share = int(digest("pair of operations", first, second)[:8], 16) / 0x1_0000_0000
    return "test" if share < 0.12 else "validation" if share < 0.2 else "train"


def make_problems(split: str, count: int, seed: int = 0, families: Sequence[str] = (BASIC,)) -> list[Problem]:
    """Return ``count`` distinct problems of a split, of the families in turn; a larger count begins with the same ones.

    Raises:
        InputError: the split or a family is unknown, or a space does not hold so many problems.
    """
    if split not in ("train", "validation", "test"):
        raise InputError(f"unknown split {split!r}", "make_problems", nearest(split, ("train", "validation", "test")))
    if not families or len(set(families)) < len(families):
        raise InputError(f"families {list(families)!r}", "make_problems", "name at least one, and none twice")
    for name in families:
        if name not in FAMILIES:
            raise InputError(f"unknown family of problems {name!r}", "make_problems", nearest(name, FAMILIES))
    counts = [len(range(place, count, len(families))) for place in range(len(families))]
    made = [_distinct(split, number, seed, name) for name, number in zip(families, counts, strict=True)]
    return [made[place % len(families)][place // len(families)] for place in range(count)]


def _distinct(split: str, count: int, seed: int, family: str) -> list[Problem]:
    seen: set[str] = set()
    problems: list[Problem] = []
    for attempt, problem in enumerate(_stream(split, seed, family)):
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


def _stream(split: str, seed: int, name: str) -> Iterator[Problem]:
    family: Family = FAMILIES[name]
    generator = random.Random(f"{split} {seed}" if name == BASIC else f"{split} {seed} {name}")
    while True:
        steps = family.draw(generator)
        if split_of(tuple(operation.name for operation, _ in steps)) != split:
            continue
        tests = family.tests(steps, generator)
        if tests is not None:
            named = tuple((operation.name, parameter) for operation, parameter in steps)
            key = digest(json.dumps(named if name == BASIC else [name, *named]))[:16]
            yield Problem(key, named, family.describe(steps, generator), tests, name)
