"""Files of rows and of benchmarks: JSON lines, gzip, Parquet."""

import gzip
import io
import json
from pathlib import Path
from typing import Any

import pyarrow
from hypothesis import strategies as st
from pyarrow import parquet

from graftwork.data.cleaning import CleaningConfig
from graftwork.data.example import write_examples
from graftwork.data.sources.benchmarks import read_benchmark
from graftwork.data.sources.rows import FileSource, search_file
from graftwork.languages import get_language
from graftwork.results.predictions import read_prediction_file
from tests.fuzz.mutations import streams, trees
from tests.fuzz.target import Target
from tests.fuzz.texts import texts, values

ROW = {
    "func_documentation_string": "Return the sum of two numbers.\n\n:param a: first",
    "func_code_string": 'def add(a, b):\n    """Return the sum."""\n    total = a + b\n    return total\n',
    "language": "python",
    "repository_name": "x/y",
    "func_path_in_repository": "a.py",
    "func_name": "add",
}
OWN = {"description": "Return the sum of numbers.", "target": "def add(a, b):\n    c = a + b\n    return c * 2\n"}
BENCHMARKS: tuple[dict[str, Any], ...] = (
    {
        "task_id": 1,
        "text": "Add.",
        "code": "def add(a):\r\n  return a",
        "test_list": ["assert add(1)"],
        "test_imports": [],
    },
    {"name": "a", "language": "cpp", "prompt": "int f() {", "tests": "}\nint main() {}"},
    {
        "task_id": "JavaScript/1",
        "prompt": "const f = () =>",
        "declaration": "const f",
        "canonical_solution": "1",
        "test": "f()",
    },
    {
        "task_id": "H/1",
        "prompt": "def f():\n",
        "entry_point": "f",
        "canonical_solution": " return 1",
        "test": "def check(f): pass",
    },
)
PREDICTION = {
    name: ["x"]
    for name in [
        "approach",
        "order",
        "after",
        "task",
        "subset",
        "id",
        "fingerprint",
        "prompt",
        "reference",
        "prediction",
    ]
}


def _line(row: object) -> bytes:
    return json.dumps(row).encode() + b"\n"


def _parquet(columns: dict[str, Any], **settings: Any) -> bytes:
    buffer = io.BytesIO()
    parquet.write_table(pyarrow.table(columns), buffer, **settings)
    return buffer.getvalue()


def _columns(case: tuple[list[str], list[list[Any]]]) -> bytes:
    names, columns = case
    try:
        table = pyarrow.table(columns[: len(names)], names=names[: len(columns)])
        buffer = io.BytesIO()
        parquet.write_table(table, buffer)
    except (pyarrow.ArrowException, OverflowError, UnicodeEncodeError, ValueError, TypeError):
        return b""  # what Arrow does not write
    return buffer.getvalue()


_PARQUETS = (
    _parquet({name: [value] * 3 for name, value in ROW.items()}),
    _parquet({name: [value] for name, value in BENCHMARKS[3].items()}, compression="none"),
    _parquet({**PREDICTION, "seed": [1], "exact_match": [1.0]}, compression="none"),
    _parquet({**PREDICTION, "seed": [1], "exact_match": [1.0]}, use_dictionary=False, compression="gzip"),
)
_NAMES = st.lists(st.sampled_from((*ROW, *OWN, *BENCHMARKS[3], *PREDICTION, "seed")) | texts, min_size=1, max_size=14)


def _rows(data: bytes, folder: Path) -> None:
    path = folder / "rows.jsonl"
    path.write_bytes(data)
    found = search_file(FileSource(path=str(path)), get_language("python"), CleaningConfig())
    write_examples(folder / "out.jsonl", found.examples)


def _benchmark(case: tuple[str, bytes], folder: Path) -> None:
    path = folder / f"benchmark.jsonl{case[0]}"
    path.write_bytes(case[1])
    for problem in read_benchmark(str(path)):
        problem.program("x")


def _parquets(data: bytes, folder: Path) -> None:
    path = folder / "rows.parquet"
    path.write_bytes(data)
    source = FileSource(path=str(path))
    readers = (
        lambda: read_prediction_file(path),
        lambda: read_benchmark(str(path)),
        lambda: search_file(source, get_language("python"), CleaningConfig()),
    )
    refusals = []
    for read in readers:
        try:
            read()
        except Exception as error:
            refusals.append(error)
    for error in sorted(refusals, key=lambda one: type(one).__name__ == "InputError"):
        raise error  # one that is no refusal before one that is


_jsonl = st.lists(trees(ROW, OWN).map(_line) | st.binary(max_size=20).map(lambda data: data + b"\n"), max_size=3)
_problems = trees(*BENCHMARKS, most=2).map(_line) | streams(*map(_line, BENCHMARKS))
_packed = [gzip.compress(_line(row)) for row in BENCHMARKS]

_column = st.lists(texts, min_size=1, max_size=1) | st.lists(values, min_size=1, max_size=1)
_tables = st.tuples(_NAMES, st.lists(_column, min_size=14, max_size=14)).map(_columns)

TARGETS = (
    Target("rows", _jsonl.map(b"".join) | streams(_line(ROW) + _line(OWN)) | values.map(_line), _rows),
    Target(
        "benchmarks",
        st.tuples(st.just(""), _problems) | st.tuples(st.just(".gz"), streams(*_packed) | _problems.map(gzip.compress)),
        _benchmark,
    ),
    Target("parquet", streams(*_PARQUETS) | _tables, _parquets, share=0.3),
)
