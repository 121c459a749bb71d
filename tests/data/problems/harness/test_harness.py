import pytest

from graftwork.data.problems.harness import HARNESSES, Case, Toolchain, run_cases
from graftwork.data.problems.harness.harness import MOST_ALONE, written

PYTHON = HARNESSES["python"]


def toolchain(language: str = "python") -> Toolchain:
    found = HARNESSES[language].find()
    assert found is not None
    return found


def case(body: str, expected: object = 2) -> Case:
    return Case(f"def solve(number):\n    {body}", ("number",), "number", ((1,),), (expected,))


RIGHT, WRONG = case("return number + 1"), case("return number")


def test_the_wrong_programs_are_found_with_what_they_gave() -> None:
    (failure,) = run_cases(PYTHON, toolchain(), [RIGHT, WRONG, RIGHT])
    assert failure.case is WRONG
    assert failure.reason == "((1,),) gave [1], not (2,)"


@pytest.mark.parametrize("body", ["return number +", "raise SystemExit(3)", "return number / 0"])
def test_a_program_that_ends_the_batch_is_found_alone(body: str) -> None:
    bad = case(body)
    failures = run_cases(PYTHON, toolchain(), [RIGHT, RIGHT, bad, RIGHT, WRONG])
    assert [failure.case for failure in failures] == [bad, WRONG]
    assert "ended with" in failures[0].reason


def test_a_toolchain_that_fails_for_all_is_not_started_for_each() -> None:
    broken = Toolchain("none", (("false",),))
    failures = run_cases(PYTHON, broken, [RIGHT] * 40)
    assert len(failures) == 40
    assert sum("ended with" in failure.reason for failure in failures) == MOST_ALONE


def test_no_cases_start_nothing() -> None:
    assert run_cases(PYTHON, Toolchain("none", ()), []) == []


@pytest.mark.parametrize(("one", "other"), [([1], [1.0]), ([1], [True]), ([[]], [{}]), (["1"], [1])])
def test_values_of_other_types_differ(one: object, other: object) -> None:
    assert written(one) != written(other)


def test_mappings_are_equal_in_any_order() -> None:
    assert written([{"a": 1, "b": 2}]) == written(({"b": 2, "a": 1},))


@pytest.mark.parametrize(
    ("language", "program"),
    [
        ("python", "def solve(mapping, other):\n    return {}"),
        ("javascript", "function solve(mapping, other) { return {}; }"),
        ("typescript", "function solve(mapping: Record<string, number>, other: string[]): object { return {}; }"),
        ("ruby", "def solve(mapping, other)\n  {}\nend"),
        ("php", "function solve($mapping, $other) { return []; }"),
        ("java", "static Map<String, Integer> solve(Map<String, Integer> m, List<String> other) { return Map.of(); }"),
        ("go", "func solve(mapping map[string]int, other []string) map[string]int { return map[string]int{} }"),
        ("rust", "fn solve(_: &BTreeMap<String, i64>, _: &[String]) -> BTreeMap<String, i64> { BTreeMap::new() }"),
        (
            "cpp",
            "std::map<std::string, int> solve(std::map<std::string, int> m, std::vector<std::string> w) { return {}; }",
        ),
    ],
)
def test_every_language_takes_two_arguments_and_gives_an_empty_mapping(language: str, program: str) -> None:
    found = HARNESSES[language].find()
    arguments = (({"a": 1, "b": 2}, ["x", "y"]), ({}, []))
    if found is not None:
        assert (
            run_cases(HARNESSES[language], found, [Case(program, ("mapping", "words"), "mapping", arguments, ({}, {}))])
            == []
        )
