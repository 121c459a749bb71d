"""Published benchmarks of code with tests, known by their columns, from files or the hub.

HumanEval (https://arxiv.org/abs/2107.03374), HumanEval-X (https://arxiv.org/abs/2303.17568), HumanEvalPack
(https://arxiv.org/abs/2308.07124), MBPP (https://arxiv.org/abs/2108.07732), MultiPL-E (https://arxiv.org/abs/2208.08227).
Mistakes that are known, in two answers of HumanEval-X in JavaScript, are corrected as they are read (`errata.py`).
"""

import ast
import gzip
import json
import re
import zlib
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, final

from graftwork.data.sources.errata import corrected
from graftwork.errors import InputError

__all__ = ["BENCHMARKS", "BenchmarkProblem", "benchmark_problem", "read_benchmark"]

Row = Mapping[str, Any]
MAX_BYTES = 500_000_000


@final
@dataclass(frozen=True)
class BenchmarkProblem:
    """One problem: what a model is given, and how its answer is tested.

    Attributes:
        id: its name in the benchmark, such as ``HumanEval/0``.
        language: the language of the program, by our name for it.
        prompt: what a model is given.
        start: the code that an answer goes on from; empty where the prompt is English.
        reference: the benchmark's own answer; None where it has none.
        test: code that raises an error unless the program is right.
        setup: what of the prompt the tests need for themselves, so that no answer can replace it. In compiled
            languages all of it, which ends in the opening line of the function that the tests call.
        names: what of the program the tests use; None where the benchmark does not tell.
        objects: whether the tests work on objects of the program's own classes.
        end: what closes a program, where answers stop before it.
    """

    id: str
    language: str
    prompt: str
    start: str
    reference: str | None
    test: str
    setup: str = ""
    names: tuple[str, ...] | None = None
    objects: bool = False
    end: str = ""

    def program(self, answer: str) -> str:
        """The whole program that an answer makes."""
        return self.start + answer + self.end


@final
@dataclass(frozen=True)
class _Format:
    """A benchmark's columns, all of which a row must have, and what makes a problem of it."""

    columns: frozenset[str]
    read: Callable[[Row], BenchmarkProblem]


_LANGUAGES = {
    "python": "python",
    "py": "python",
    "javascript": "javascript",
    "js": "javascript",
    "typescript": "typescript",
    "ts": "typescript",
    "java": "java",
    "go": "go",
    "go_test.go": "go",
    "cpp": "cpp",
    "c++": "cpp",
    "rust": "rust",
    "rs": "rust",
    "ruby": "ruby",
    "rb": "ruby",
    "php": "php",
    "cs": "csharp",
}
"""The benchmarks' names of languages -> ours."""
_COMPILED = {"cpp": "}\n", "java": "    }\n}\n", "go": "}\n", "rust": "}\n"}
"""Compiled languages -> what closes a function, and the class around it."""
_NAMING = ("python", "javascript", "typescript", "ruby", "php")
"""Languages whose declarations `_DECLARATION` knows."""
_DECLARATION = re.compile(r"^(?:def|const|let|var|function|async function)\s+(\w+)", re.MULTILINE)


def _language(name: str) -> str:
    return _LANGUAGES.get(name.lower(), name.lower())


def _humaneval(row: Row) -> BenchmarkProblem:
    """HumanEval: the tests define ``check``, which the benchmark calls."""
    test = f"{row['test']}\ncheck({row['entry_point']})\n"
    return _continued(row, "python", row["entry_point"], test)


def _humaneval_x(row: Row) -> BenchmarkProblem:
    """HumanEval-X and HumanEvalPack: the language stands in the id, and the tests call themselves."""
    language = _language(row["task_id"].partition("/")[0])
    declaration = row["declaration"]
    declared = _DECLARATION.findall(declaration)
    name = declared[-1] if declared and language in _NAMING else None
    closing = "}\n" if language == "java" else ""  # of the class around the function, which the tests' side opens too
    parts = (row.get("test_setup"), closing + row["test"])
    if language == "rust" and declaration.rstrip().rpartition("\n")[2] not in row["prompt"]:
        row = {**row, "prompt": row["prompt"] + declaration}  # HumanEval-X: the prompt is the comment alone
    return _continued(row, language, name, "\n".join(part for part in parts if part))


def _continued(row: Row, language: str, name: str | None, test: str) -> BenchmarkProblem:
    """A problem whose answer goes on from its prompt; the prompt's helpers go to the tests too."""
    prompt = row["prompt"]
    if language in _COMPILED:
        return BenchmarkProblem(row["task_id"], language, prompt, prompt, row["canonical_solution"], test, prompt)
    names = None if name is None else (name,)
    starts = [found.start() for found in _DECLARATION.finditer(prompt) if found[1] == name]
    setup = prompt[: starts[-1]] if starts else ""
    return BenchmarkProblem(row["task_id"], language, prompt, prompt, row["canonical_solution"], test, setup, names)


def _mbpp(row: Row) -> BenchmarkProblem:
    """MBPP, whole or sanitized: English, and assertions that may use any function and class of the answer."""
    imports = list(row.get("test_imports") or ())
    test = "\n".join([*imports, row.get("test_setup_code") or "", *row["test_list"]])
    prompt = row["text"] if "text" in row else row["prompt"]
    code = row["code"].replace("\r\n", "\n")
    id, used = f"MBPP/{row['task_id']}", _used(code, test)
    names, objects = tuple(used) or None, ast.ClassDef in used.values()
    return BenchmarkProblem(id, "python", prompt, "", code, test, names=names, objects=objects)


def _used(code: str, test: str) -> dict[str, type[ast.AST]]:
    """The functions and classes that code defines and tests use."""
    kinds = (ast.FunctionDef, ast.ClassDef)
    defined = {node.name: type(node) for node in ast.parse(code).body if isinstance(node, kinds)}
    used = {node.id for node in ast.walk(ast.parse(test)) if isinstance(node, ast.Name)}
    return {name: kind for name, kind in defined.items() if name in used}


def _multipl_e(row: Row) -> BenchmarkProblem:
    """MultiPL-E: other benchmarks translated, without answers; in compiled languages its tests close the function."""
    language, prompt = _language(row["language"]), row["prompt"]
    if language in _COMPILED:
        test = re.sub(r"\A\s*\}\n", "", row["tests"])
        return BenchmarkProblem(row["name"], language, prompt, prompt, None, test, prompt, end=_COMPILED[language])
    declared = _DECLARATION.findall(prompt)
    names = (declared[-1],) if declared and language in _NAMING else None
    return BenchmarkProblem(row["name"], language, prompt, prompt, None, row["tests"], names=names)


BENCHMARKS: Mapping[str, _Format] = {
    "MBPP": _Format(frozenset({"task_id", "code", "test_list"}), _mbpp),
    "MultiPL-E": _Format(frozenset({"name", "language", "prompt", "tests"}), _multipl_e),
    "HumanEval-X": _Format(frozenset({"task_id", "prompt", "declaration", "canonical_solution", "test"}), _humaneval_x),
    "HumanEval": _Format(frozenset({"task_id", "prompt", "entry_point", "canonical_solution", "test"}), _humaneval),
}
"""The benchmarks by name; HumanEvalPack has HumanEval-X's columns and more. The first that fits a row reads it."""


def benchmark_problem(row: Row, where: str) -> BenchmarkProblem:
    """Make a problem of a row.

    Raises:
        InputError: it has the columns of no benchmark known, or a value that cannot be right.
    """
    known = next((one for one in BENCHMARKS.values() if row.keys() >= one.columns), None)
    if known is None:
        columns = "; ".join(f"{name}: {', '.join(sorted(one.columns))}" for name, one in BENCHMARKS.items())
        raise InputError("the columns of no benchmark that is known", where, columns)
    try:
        problem = known.read(corrected(row))
    except (TypeError, AttributeError, SyntaxError, ValueError, LookupError, RecursionError, MemoryError) as error:
        raise InputError(f"a value that cannot be right ({error})", where) from None
    texts = (problem.id, problem.language, problem.prompt, problem.start, problem.reference or "", problem.test)
    if not all(isinstance(text, str) for text in texts):
        raise InputError("a value that is no text", where)
    return problem


def read_benchmark(source: str, split: str = "test") -> list[BenchmarkProblem]:
    """Read all problems of a benchmark.

    Args:
        source: a .jsonl, .jsonl.gz or .parquet file with the benchmark's own columns, or ``hub:NAME[:CONFIG]``.
        split: of a data set on the hub.

    Raises:
        InputError: it cannot be read, is empty, or has the columns of no benchmark known.
    """
    if source.startswith("hub:"):
        name, _, configuration = source.removeprefix("hub:").partition(":")
        rows: Iterable[Any] = _hub_rows(name, configuration or None, split)
    else:
        rows = _file_rows(Path(source))
    problems = [benchmark_problem(row, f"{source}, row {number}") for number, row in enumerate(rows, 1)]
    if not problems:
        raise InputError("no rows", source)
    return problems


def _file_rows(path: Path) -> list[Any]:
    try:
        if path.suffix == ".parquet":
            from pyarrow import parquet

            return list(parquet.read_table(path).to_pylist())
        with (gzip.open if path.suffix == ".gz" else open)(path, "rb") as file:
            data = file.read(MAX_BYTES + 1)
        if len(data) > MAX_BYTES:
            raise InputError(f"unpacks to more than {MAX_BYTES} bytes", str(path), "this is no benchmark")
        text = data.decode("utf-8-sig")
        rows = [json.loads(line) for line in text.split("\n") if line.strip()]
    except FileNotFoundError:
        raise InputError("no such file", str(path)) from None
    # What Arrow raises is a ValueError, KeyError, TypeError or NotImplementedError as well.
    except (OSError, EOFError, zlib.error, ValueError, LookupError, TypeError, RuntimeError) as error:
        raise InputError(f"cannot be read ({' '.join(str(error).split())})", str(path)) from None
    if not all(isinstance(row, dict) for row in rows):
        raise InputError("a line is not a JSON object", str(path))
    return rows


def _hub_rows(name: str, configuration: str | None, split: str) -> Iterable[Any]:
    from datasets import load_dataset

    try:
        rows: Iterable[Any] = load_dataset(name, configuration, split=split)
    except (OSError, ValueError, RuntimeError) as error:
        reason = " ".join(str(error).split())[:200]
        raise InputError(f"cannot be loaded ({reason})", f"hub:{name}") from None
    return rows
