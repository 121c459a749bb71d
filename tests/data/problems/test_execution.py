"""The proof that the templates are right: reference programs run in their own languages give what they must."""

import json
import random
from pathlib import Path
from typing import Any

import pytest

from graftwork.data.problems import make_problems
from graftwork.data.problems.operations import OPERATIONS

from .runtimes import COMMANDS, Case, case_of, run_cases

INPUTS: dict[str, list[Any]] = {
    "numbers": [[], [7], [-9, 20, 3, 3, 0, 8, -9], [5, -5, 4, 2, 9, 4, 10, 6]],
    "number": [-12, 0, 7, 90],
    "text": ["", " ", " Asia to  East tea", "seed-tree "],
    "words": [[], ["a"], ["tea", "Asia", "to", "tea", "otter", "banana", "East", "to"]],
    "mapping": [{}, {"tree": 3}, {"tea": 9, "Asia": 2, "otter": 12, "a": 5, "boat": 2}],
}


def each_operation() -> list[Case]:
    """Every operation with every parameter, on values that include empty ones and some drawn by chance."""
    generator = random.Random(0)
    drawn = {"numbers": [[generator.randint(-30, 30) for _ in range(n)] for n in (2, 5, 11)]}
    return [
        case_of([(name, parameter)], INPUTS[operation.source] + drawn.get(operation.source, []))
        for name, operation in OPERATIONS.items()
        for parameter in operation.parameters
    ]


def some_problems() -> list[Case]:
    problems = [problem for split in ("train", "validation", "test") for problem in make_problems(split, 80)]
    return [case_of(problem.steps, [json.loads(given) for given, _ in problem.tests]) for problem in problems]


def written(values: Any) -> str:
    """JSON that tells 1 from 1.0 and from true, and not one order of names from another."""
    return json.dumps(values, sort_keys=True)


@pytest.mark.parametrize("language", COMMANDS)
def test_every_reference_program_passes_its_tests(language: str, tmp_path: Path) -> None:
    cases = each_operation() + some_problems()
    outputs = run_cases(language, cases, tmp_path)
    wrong = [
        f"{case.program(language)}\n{case.inputs} -> {output}, not {case.expected}"
        for case, output in zip(cases, outputs, strict=True)
        if written(output) != written(case.expected)
    ]
    assert not wrong, "\n\n".join(wrong[:5])


def test_a_wrong_program_would_be_found(tmp_path: Path) -> None:
    case = case_of([("sort_ascending", None)], [[3, 1, 2]])
    (output,) = run_cases("python", [Case((("reverse_numbers", None),), case.inputs, case.expected)], tmp_path)
    assert output == [[2, 1, 3]] != list(case.expected)


def test_the_tests_of_a_problem_are_what_its_steps_make_of_the_inputs() -> None:
    for problem in make_problems("train", 200):
        case = case_of(problem.steps, [json.loads(given) for given, _ in problem.tests])
        assert [written(value) for value in case.expected] == [written(json.loads(want)) for _, want in problem.tests]
