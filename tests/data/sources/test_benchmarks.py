import gzip
import json
from pathlib import Path
from typing import Any

import pyarrow
import pytest
from datasets import Dataset
from pyarrow import parquet

from graftwork.data.sources.benchmarks import BENCHMARKS, benchmark_problem, read_benchmark
from graftwork.errors import InputError

from .benchmark_rows import COMPILED, HUMANEVAL, HUMANEVAL_PACK, HUMANEVAL_X, MBPP, MBPP_SANITIZED, MULTIPL_E, ROWS


@pytest.mark.parametrize("row", ROWS, ids=lambda row: str(row.get("task_id", row.get("name"))))
def test_each_published_shape_is_known_by_its_columns(row: dict[str, Any]) -> None:
    problem = benchmark_problem(row, "row 1")
    assert problem.prompt
    assert problem.test
    assert problem.language in ("python", "javascript")


def test_humaneval_calls_its_check() -> None:
    problem = benchmark_problem(HUMANEVAL, "row 1")
    assert problem.test.endswith("\ncheck(add)\n")
    assert problem.names == ("add",)


def test_helpers_in_the_prompt_go_to_the_tests_too() -> None:
    assert benchmark_problem(HUMANEVAL, "row 1").setup == "def double(x):\n    return 2 * x\n\n"
    assert benchmark_problem(HUMANEVAL_X, "row 1").setup == "const double = (x) => 2 * x\n/* Adds. */\n"


def test_an_answer_goes_on_from_the_prompt() -> None:
    assert benchmark_problem(HUMANEVAL, "row 1").program("    return 1\n") == HUMANEVAL["prompt"] + "    return 1\n"


def test_an_answer_to_english_stands_alone() -> None:
    problem = benchmark_problem(MBPP, "row 1")
    assert problem.program("x = 1") == "x = 1"
    assert problem.prompt == MBPP["text"]


def test_humaneval_x_and_its_fork_name_the_language_in_the_id() -> None:
    assert benchmark_problem(HUMANEVAL_X, "row 1").language == "javascript"
    assert benchmark_problem(HUMANEVAL_PACK, "row 1").language == "python"
    assert benchmark_problem({**HUMANEVAL_X, "task_id": "CPP/3"}, "row 1").language == "cpp"


def test_mbpp_tests_may_use_the_classes_of_the_answer() -> None:
    problem = benchmark_problem(MBPP, "row 1")
    assert problem.objects
    assert problem.names == ("Pair", "total")
    assert not benchmark_problem(MBPP_SANITIZED, "row 1").objects


def test_multipl_e_has_no_answers() -> None:
    problem = benchmark_problem(MULTIPL_E, "row 1")
    assert problem.reference is None
    assert (problem.language, problem.names) == ("javascript", ("add",))


def test_other_columns_are_refused_with_those_known() -> None:
    with pytest.raises(InputError) as caught:
        benchmark_problem({"prompt": "x"}, "row 1")
    assert str(caught.value).startswith(
        "row 1: the columns of no benchmark that is known; MBPP: code, task_id, test_list"
    )
    assert all(name in str(caught.value) for name in BENCHMARKS)


@pytest.mark.parametrize("wrong", [{"prompt": None}, {"task_id": 7}, {"declaration": []}])
def test_a_value_of_the_wrong_kind_is_refused(wrong: dict[str, Any]) -> None:
    with pytest.raises(InputError, match="row 1: a value that cannot be right"):
        benchmark_problem({**HUMANEVAL_X, **wrong}, "row 1")


def write(path: Path) -> Path:
    text = "".join(json.dumps(row) + "\n" for row in (HUMANEVAL, HUMANEVAL))
    if path.suffix == ".parquet":
        parquet.write_table(pyarrow.Table.from_pylist([HUMANEVAL, HUMANEVAL]), path)
    else:
        path.write_bytes(gzip.compress(text.encode()) if path.suffix == ".gz" else text.encode())
    return path


@pytest.mark.parametrize("name", ["rows.jsonl", "rows.jsonl.gz", "rows.parquet"])
def test_files_of_each_kind_are_read(tmp_path: Path, name: str) -> None:
    assert [problem.id for problem in read_benchmark(str(write(tmp_path / name)))] == ["HumanEval/0"] * 2


def test_a_data_set_in_the_hubs_shape_is_read(tmp_path: Path) -> None:
    (tmp_path / "set" / "data").mkdir(parents=True)
    Dataset.from_list([HUMANEVAL]).to_parquet(tmp_path / "set" / "data" / "test-00000-of-00001.parquet")
    assert [problem.id for problem in read_benchmark(f"hub:{tmp_path / 'set'}")] == ["HumanEval/0"]


@pytest.mark.parametrize(
    ("content", "message"),
    [(b"", "no rows"), (b"{", "cannot be read"), (b"[1]\n", "not a JSON object"), (b"\xff\xfe{}", "cannot be read")],
)
def test_a_file_that_holds_no_rows_is_refused(tmp_path: Path, content: bytes, message: str) -> None:
    (tmp_path / "rows.jsonl").write_bytes(content)
    with pytest.raises(InputError, match=message):
        read_benchmark(str(tmp_path / "rows.jsonl"))


def test_damaged_compression_is_refused(tmp_path: Path) -> None:
    path = write(tmp_path / "rows.jsonl.gz")
    path.write_bytes(path.read_bytes()[:-9])
    with pytest.raises(InputError, match="cannot be read"):
        read_benchmark(str(path))


def test_a_missing_file_is_refused(tmp_path: Path) -> None:
    with pytest.raises(InputError, match="no such file"):
        read_benchmark(str(tmp_path / "rows.jsonl"))


def test_in_compiled_languages_the_tests_get_all_of_the_prompt() -> None:
    problem = benchmark_problem({**HUMANEVAL_X, "task_id": "CPP/3"}, "row 1")
    assert problem.setup == problem.start == HUMANEVAL_X["prompt"]


@pytest.mark.parametrize("language", COMPILED)
def test_multipl_es_compiled_answers_are_closed_for_them(language: str) -> None:
    problem = benchmark_problem(COMPILED[language], "row 1")
    assert problem.language == language
    program = problem.program(COMPILED[language]["answer"])
    assert program.count("{") == program.count("}")
    assert not problem.test.lstrip().startswith("}")
