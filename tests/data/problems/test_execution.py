"""The proof that the templates are right: reference programs run in their own languages give what they must."""

import json

import pytest

from graftwork.data.problems import make_problems, problem_families
from graftwork.data.problems.check import case_of, operation_cases, sample
from graftwork.data.problems.harness import HARNESSES, Case, run_cases
from graftwork.data.problems.operations import OPERATIONS

FOUND = {language: toolchain for language, harness in HARNESSES.items() if (toolchain := harness.find())}
COMPILED = ("java", "go", "rust", "cpp")


def cases(language: str) -> list[Case]:
    """Every operation and some problems of each family; a part of them where a compiler would take long."""
    problems = [problem for family in problem_families() for problem in sample(family, 50, seed=1)]
    made = [*operation_cases(language), *(case_of(problem, language) for problem in problems)]
    return made[::4] if language in COMPILED else made


@pytest.mark.parametrize("language", FOUND)
def test_every_reference_program_passes_its_tests(language: str) -> None:
    failures = run_cases(HARNESSES[language], FOUND[language], cases(language))
    assert not [f"{failure.case.program}\n{failure.reason}" for failure in failures[:5]]


def test_python_and_the_scripts_of_node_are_always_run() -> None:
    assert {"python", "javascript", "typescript"} <= set(FOUND)


def test_the_tests_of_a_basic_problem_are_what_its_steps_make_of_the_inputs() -> None:
    for problem in make_problems("train", 200):
        for given, expected in problem.tests:
            value = json.loads(given)
            for name, parameter in problem.steps:
                value = OPERATIONS[name].apply(value, parameter)
            assert json.dumps(value) == expected
