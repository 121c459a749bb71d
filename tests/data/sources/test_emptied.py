import pytest

from graftwork.data.problems import problem_languages
from graftwork.data.sources.benchmarks import benchmark_problem
from graftwork.data.sources.emptied import EMPTIED, emptied, emptied_program
from graftwork.errors import InputError

from .benchmark_rows import COMPILED, HUMANEVAL_X


def test_an_emptied_answer_gives_back_what_its_type_has_for_nothing() -> None:
    made = {language: emptied(benchmark_problem(row, "row")) for language, row in COMPILED.items()}
    assert made == {
        "cpp": "    return {};\n",
        "go": "    return *new(int)\n",
        "java": "        return 0;\n",
        "rust": "    Default::default()\n",
    }


def test_it_is_closed_where_the_benchmark_does_not_do_it() -> None:
    row = {**HUMANEVAL_X, "task_id": "CPP/0", "prompt": "int add(int a, int b) {\n"}
    assert emptied(benchmark_problem(row, "row")) == "    return {};\n}\n"


def test_another_language_is_refused() -> None:
    with pytest.raises(InputError, match="no emptied answer in 'lua'"):
        emptied(benchmark_problem({**HUMANEVAL_X, "task_id": "Lua/0"}, "row"))


def test_every_language_of_generated_problems_has_an_emptied_answer() -> None:
    assert EMPTIED.keys() >= set(problem_languages())


def test_a_program_keeps_what_stands_before_its_function() -> None:
    program = "function sorted($x) {\n    sort($x);\n}\nfunction solve($x) {\n    return sorted($x);\n}\n"
    assert emptied_program(program, "php") == program.replace("    return sorted($x);\n", "")
    java = emptied_program("static int solve(int x) {\n    return x;\n}\n", "java")
    assert java == "static int solve(int x) {\n        return 0;\n    }\n"
