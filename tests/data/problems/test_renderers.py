import pytest

from graftwork.data.problems import make_problems, problem_languages
from graftwork.data.problems.operations import OPERATIONS, PAIR_OPERATIONS
from graftwork.data.problems.renderers import RENDERERS
from graftwork.languages import get_language

each_language = pytest.mark.parametrize("language", problem_languages())


def program(language: str, *steps: tuple[str, object]) -> str:
    return RENDERERS[language].program([(OPERATIONS[name], parameter) for name, parameter in steps])


@each_language
def test_every_operation_is_written(language: str) -> None:
    assert set(RENDERERS[language].expressions) == {*OPERATIONS, *PAIR_OPERATIONS}


@each_language
def test_every_reference_program_parses_by_the_grammar(language: str) -> None:
    grammar = get_language(language)
    problems = [problem for split in ("train", "test") for problem in make_problems(split, 150)]
    programs = [problem.program(language) for problem in problems]
    programs += [program(language, (name, one.parameters[0])) for name, one in OPERATIONS.items()]
    assert not [text for text in programs if not grammar.parses(text)]


@each_language
def test_the_second_input_is_a_second_argument(language: str) -> None:
    steps = [(OPERATIONS["square_each"], None), (PAIR_OPERATIONS["count_given"], None)]
    text = RENDERERS[language].program(steps)
    head = text[: text.index("\n")]
    assert head.index("numbers") < head.index("other")
    assert get_language(language).parses(text)


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
    "typescript": (
        "function solve(words: string[]): number[] {\n  const numbers1 = words.map((w) => w.length);\n"
        "  return numbers1.slice(0, 2);\n}"
    ),
    "go": (
        "func solve(words []string) []int {\n\tnumbers1 := []int{}\n\tfor _, w := range words {\n"
        "\t\tnumbers1 = append(numbers1, len(w))\n\t}\n\tnumbers2 := numbers1\n\tif len(numbers2) > 2 {\n"
        "\t\tnumbers2 = numbers2[:2]\n\t}\n\treturn numbers2\n}"
    ),
    "rust": (
        "fn solve(words: &[String]) -> Vec<i64> {\n"
        "    let numbers: Vec<i64> = words.iter().map(|w| w.len() as i64).collect();\n"
        "    numbers.iter().take(2).copied().collect()\n}"
    ),
    "cpp": (
        "std::vector<int> solve(const std::vector<std::string>& words) {\n    std::vector<int> numbers1;\n"
        "    for (const std::string& w : words) {\n        numbers1.push_back(w.size());\n    }\n"
        "    std::vector<int> numbers2 = numbers1;\n    if (numbers2.size() > 2) {\n        numbers2.resize(2);\n"
        "    }\n    return numbers2;\n}"
    ),
}


@each_language
def test_a_program_is_one_statement_or_loop_a_step(language: str) -> None:
    assert program(language, ("word_lengths", None), ("first_numbers", 2)) == PROGRAMS[language]


def test_php_brings_its_sorting_function_only_where_it_sorts() -> None:
    assert program("php", ("sort_words", None)).startswith("function sorted($values) {\n    sort($values);")
    assert "sorted" not in program("php", ("reverse_words", None))
