import json
import random
from itertools import pairwise
from math import prod

import pytest

from graftwork.data.problems import Problem, make_problems
from graftwork.data.problems.families import FAMILIES
from graftwork.data.problems.families.family import LARGEST, HarderFamily
from graftwork.data.problems.families.two_inputs import _tells_inputs_apart
from graftwork.data.problems.operations import OPERATIONS, PAIR_OPERATIONS, Operation
from graftwork.data.problems.pieces import (
    BASES,
    CHANGES,
    COMBINATIONS,
    DESCENTS,
    GUARDS,
    OUTPUTS,
    TALLIES,
    WALKS,
)
from graftwork.data.problems.problems import split_of
from graftwork.data.problems.renderers import RENDERERS
from graftwork.languages import get_language

HARDER = tuple(name for name, family in FAMILIES.items() if isinstance(family, HarderFamily))
each_family = pytest.mark.parametrize("family", HARDER)


@pytest.fixture(scope="module")
def made() -> dict[str, dict[str, list[Problem]]]:
    counts = {"train": 500, "validation": 60, "test": 60}
    return {
        name: {split: make_problems(split, count, families=[name]) for split, count in counts.items()}
        for name in HARDER
    }


def steps_of(problem: Problem) -> list[tuple[object, object]]:
    return list(FAMILIES[problem.family].steps(problem.steps))


def pairs_of(problem: Problem) -> set[tuple[str, str]]:
    return set(pairwise(name for name, _ in problem.steps))


def test_there_are_three_harder_families() -> None:
    assert HARDER == ("stateful", "recursive", "two-inputs")


def fits(operations: tuple[Operation, ...]) -> bool:
    return all(one.result == other.source for one, other in pairwise(operations)) and _tells_inputs_apart(operations)


ITEMS = (*CHANGES, *GUARDS)
TO_NUMBERS = [one for one in COMBINATIONS if one.result == "number" and one.name != "fork"]
KINDS = {
    "stateful": ((WALKS, ITEMS, ITEMS, TALLIES[:2], OUTPUTS), lambda pieces: True),
    "recursive": ((DESCENTS, BASES[:1], ITEMS, ITEMS, TO_NUMBERS), lambda pieces: True),
    "two-inputs": ((OPERATIONS.values(), PAIR_OPERATIONS.values(), OPERATIONS.values()), fits),
}
"""Family -> pieces for each place of some of its chains, and which chains fit."""


@each_family
def test_the_space_holds_more_than_twenty_thousand_training_problems(family: str) -> None:
    """Estimated from some chains of one length alone: how many there are, times the share that makes problems."""
    kinds, fitting = KINDS[family]
    places = [[(piece, parameter) for piece in kind for parameter in piece.parameters] for kind in kinds]
    generator = random.Random(0)
    made = 0
    for _ in range(2000):
        steps = [generator.choice(place) for place in places]
        names = tuple(piece.name for piece, _ in steps)
        if fitting(tuple(piece for piece, _ in steps)) and len(set(names)) == len(names) and split_of(names) == "train":
            made += FAMILIES[family].tests(steps, generator) is not None
    assert made >= 10
    assert made / 2000 * prod(map(len, places)) > 20_000


@each_family
def test_a_held_out_problem_has_a_pair_that_no_training_problem_has(
    family: str, made: dict[str, dict[str, list[Problem]]]
) -> None:
    trained = set().union(*(pairs_of(problem) for problem in made[family]["train"]))
    for split in ("validation", "test"):
        assert all(pairs_of(problem) - trained for problem in made[family][split])
        assert all(split_of(tuple(name for name, _ in one.steps)) == split for one in made[family][split])


@each_family
def test_different_problems_have_different_programs(family: str, made: dict[str, dict[str, list[Problem]]]) -> None:
    programs = [problem.program("python") for problems in made[family].values() for problem in problems]
    assert len(set(programs)) == len(programs)


@each_family
def test_tests_include_the_smallest_input_and_tell_three_outputs_apart(
    family: str, made: dict[str, dict[str, list[Problem]]]
) -> None:
    for problem in made[family]["train"]:
        assert len(problem.tests) == 8
        assert len({expected for _, expected in problem.tests}) >= 3
        assert json.loads(f"[{problem.tests[0][0]}]")[0] in ([], 0, "", {})


@each_family
def test_tests_tell_a_problem_from_its_nearest_ones(family: str, made: dict[str, dict[str, list[Problem]]]) -> None:
    one = FAMILIES[family]
    assert isinstance(one, HarderFamily)
    for problem in made[family]["train"][:100]:
        arguments = [tuple(json.loads(f"[{given}]")) for given, _ in problem.tests]
        expected = [json.loads(value) for _, value in problem.tests]
        for rival in one.rivals(steps_of(problem)):
            assert [one.apply(rival, given) for given in arguments] != expected


@each_family
def test_no_number_in_a_test_is_too_large(family: str, made: dict[str, dict[str, list[Problem]]]) -> None:
    for problem in made[family]["train"]:
        for _, expected in problem.tests:
            value = json.loads(expected)
            numbers = value.values() if isinstance(value, dict) else value if isinstance(value, list) else [value]
            assert all(abs(number) <= LARGEST for number in numbers if isinstance(number, int))


@each_family
@pytest.mark.parametrize("language", RENDERERS)
def test_every_program_parses_by_the_grammar(
    family: str, language: str, made: dict[str, dict[str, list[Problem]]]
) -> None:
    grammar = get_language(language)
    programs = [problem.program(language) for problem in made[family]["test"]]
    assert not [text for text in programs if not grammar.parses(text)]


@each_family
def test_no_blank_is_left_unfilled(family: str, made: dict[str, dict[str, list[Problem]]]) -> None:
    texts = [problem.description for problem in made[family]["train"]]
    assert not [text for text in texts if "{" in text or "None" in text]
    blanks = {"K", "X", "Y", "R", "SKIP", "STOP", "BASE"}
    programs = [problem.program(language) for problem in made[family]["test"] for language in RENDERERS]
    assert not [text for text in programs if blanks & set(text.replace("(", " ").replace(";", " ").split())]


@each_family
def test_equal_generators_draw_equal_chains(family: str) -> None:
    one = FAMILIES[family]
    assert one.draw(random.Random(4)) == one.draw(random.Random(4))


def test_a_recursive_program_calls_itself(made: dict[str, dict[str, list[Problem]]]) -> None:
    assert all(problem.program("python").count("solve(") >= 2 for problem in made["recursive"]["train"])


def test_a_program_with_state_has_a_loop(made: dict[str, dict[str, list[Problem]]]) -> None:
    for problem in made["stateful"]["train"]:
        assert any(word in problem.program("python") for word in ("\n    for ", "\n    while "))


def test_a_program_with_two_inputs_uses_both(made: dict[str, dict[str, list[Problem]]]) -> None:
    assert all(problem.program("python").count("other") >= 2 for problem in made["two-inputs"]["train"])


def test_an_item_that_nothing_looks_at_is_not_named() -> None:
    family = FAMILIES["recursive"]
    steps = family.steps((("from_front", None), ("base_number", 0), ("count_rest", None)))
    assert family.program(steps, "python") == (
        "def solve(numbers):\n    if not numbers:\n        return 0\n    rest = numbers[1:]\n    return 1 + solve(rest)"
    )
