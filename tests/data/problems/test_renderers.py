import pytest

from graftwork.data.problems import make_problems, problem_languages
from graftwork.data.problems.operations import OPERATIONS
from graftwork.data.problems.renderers import RENDERERS
from graftwork.languages import get_language

each_language = pytest.mark.parametrize("language", problem_languages())


def program(language: str, *steps: tuple[str, object]) -> str:
    return RENDERERS[language].program([(OPERATIONS[name], parameter) for name, parameter in steps])


@each_language
def test_every_operation_is_written(language: str) -> None:
    assert set(RENDERERS[language].expressions) == set(OPERATIONS)


@each_language
def test_every_reference_program_parses_by_the_grammar(language: str) -> None:
    grammar = get_language(language)
    problems = [problem for split in ("train", "test") for problem in make_problems(split, 150)]
    programs = [problem.program(language) for problem in problems]
    programs += [program(language, (name, one.parameters[0])) for name, one in OPERATIONS.items()]
    assert not [text for text in programs if not grammar.parses(text)]


@each_language
def test_another_parameter_gives_another_program(language: str) -> None:
    for name, operation in OPERATIONS.items():
        programs = {program(language, (name, parameter)) for parameter in operation.parameters}
        assert len(programs) == len(operation.parameters)


@each_language
def test_no_placeholder_is_left(language: str) -> None:
    texts = [problem.program(language) for problem in make_problems("train", 300)]
    assert not [text for text in texts if {"X", "K", "None"} & set(text.replace("$", " ").replace("(", " ").split())]


PROGRAMS = {
    "python": "def solve(words):\n    numbers = [len(w) for w in words]\n    return numbers[:2]",
    "javascript": (
        "function solve(words) {\n  let numbers1 = words.map((w) => w.length);\n  return numbers1.slice(0, 2);\n}"
    ),
    "ruby": "def solve(words)\n  numbers = words.map { |w| w.length }\n  numbers.first(2)\nend",
    "php": (
        "function solve($words) {\n    $numbers = array_map(fn($w) => strlen($w), $words);\n"
        "    return array_slice($numbers, 0, 2);\n}"
    ),
    "java": (
        "static List<Integer> solve(List<String> words) {\n"
        "    var numbers1 = words.stream().map(w -> w.length()).toList();\n"
        "    return numbers1.stream().limit(2).toList();\n}"
    ),
}


@each_language
def test_a_program_is_one_statement_a_step(language: str) -> None:
    assert program(language, ("word_lengths", None), ("first_numbers", 2)) == PROGRAMS[language]


def test_php_brings_its_sorting_function_only_where_it_sorts() -> None:
    assert program("php", ("sort_words", None)).startswith("function sorted($values) {\n    sort($values);")
    assert "sorted" not in program("php", ("reverse_words", None))
