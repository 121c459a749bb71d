"""Answers that do nothing: what no test may let pass."""

import re
from collections.abc import Callable

from graftwork.data.sources.benchmarks import BenchmarkProblem
from graftwork.errors import InputError, nearest

__all__ = ["EMPTIED", "emptied", "emptied_program"]

_JAVA_NUMBERS = ("byte", "short", "int", "long", "float", "double")
_JAVA_ZERO = {"boolean": "false", "char": "'0'"} | dict.fromkeys(_JAVA_NUMBERS, "0")
_OPENING = re.compile(r"(\S+)\s+\w+\s*\([^()]*\)\s*([^()\n]*?)\s*\{\s*$")


def _typed(problem: BenchmarkProblem) -> re.Match[str]:
    """The opening line: the type before the function's name, and what stands after its parameters."""
    code = re.sub(r"//[^\n]*|/\*.*?\*/", " ", problem.start, flags=re.DOTALL)
    found = _OPENING.search(code)
    if found is None:
        raise InputError("no opening line of a function at the end of the prompt", problem.id)
    return found


EMPTIED: dict[str, Callable[[BenchmarkProblem], str]] = {
    "python": lambda problem: "    pass\n",
    "javascript": lambda problem: "}\n",
    "typescript": lambda problem: "}\n",
    "ruby": lambda problem: "end\n",
    "php": lambda problem: "}\n",
    "rust": lambda problem: "    Default::default()\n}\n",
    "cpp": lambda problem: "    return {};\n}\n",
    "go": lambda problem: f"    return *new({_typed(problem)[2]})\n}}\n",
    "java": lambda problem: f"        return {_JAVA_ZERO.get(_typed(problem)[1], 'null')};\n    }}\n}}\n",
}
"""Language -> what makes the answer: it compiles and gives back nothing, or its type's zero, empty or null value."""


def emptied(problem: BenchmarkProblem) -> str:
    """An answer to a problem with nothing in it.

    Raises:
        InputError: none is known for the language, or the prompt does not end in the opening line of a function.
    """
    if problem.language not in EMPTIED:
        raise InputError(f"no emptied answer in {problem.language!r}", problem.id, nearest(problem.language, EMPTIED))
    closed = EMPTIED[problem.language](problem)
    return closed.removesuffix(problem.end) if problem.end else closed


def emptied_program(program: str, language: str, function: str = "solve") -> str:
    """A program with nothing in the body of its last function, whose opening line is the first to name it.

    Raises:
        InputError: no emptied answer is known for the language.
    """
    before, named, rest = program.partition(function)
    start = f"{before}{named}{rest.partition(chr(10))[0]}\n"
    problem = BenchmarkProblem("program", language, start, start, None, "")
    closed = emptied(problem)
    return start + (closed.removesuffix("}\n") if language == "java" else closed)  # no class is around the function
