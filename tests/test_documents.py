"""What the documents name is in the tree: a promise beside a test that is not there is backed by nothing."""

import ast
import re
from functools import cache
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[1]
DOCUMENTS = sorted((ROOT / "docs" / "reference").glob("*.md"))
TEST = re.compile(r"(?:(tests/[\w/]+\.py)(?:::(test_\w+))?)|\b(test_\w+)\b(?!\.py)")
SCRIPT = re.compile(r"scripts/[\w-]+")
LINK = re.compile(r"\]\((?!https?:|#)([^)#]+)")


@cache
def names_in(path: Path) -> frozenset[str]:
    tree = ast.parse(path.read_text("utf-8"))
    return frozenset(node.name for node in ast.walk(tree) if isinstance(node, ast.FunctionDef))


def missing(text: str) -> list[str]:
    """The tests that a text names and that are nowhere, or not in the file that it names."""
    everywhere = frozenset().union(*map(names_in, (ROOT / "tests").rglob("test_*.py")))
    wrong = []
    for file, in_file, name in TEST.findall(text):
        known = names_in(ROOT / file) if file and (ROOT / file).is_file() else everywhere
        there = not file or (ROOT / file).is_file()
        if not there or ((in_file or name) and (in_file or name) not in known):
            wrong.append("::".join(filter(None, (file, in_file or name))))
    return wrong


@pytest.mark.parametrize("document", DOCUMENTS, ids=lambda path: path.name)
def test_every_test_that_a_document_names_is_there(document: Path) -> None:
    assert missing(document.read_text("utf-8")) == []


@pytest.mark.parametrize(
    "text", ["`tests/test_nowhere.py`", "`tests/test_files.py::test_of_another_file`", "`test_that_nobody_wrote`"]
)
def test_a_test_that_is_not_there_is_noticed(text: str) -> None:
    assert missing(text) == [text.strip("`")]


@pytest.mark.parametrize("document", DOCUMENTS, ids=lambda path: path.name)
def test_every_row_of_promises_names_a_test_or_a_script(document: Path) -> None:
    rows = document.read_text("utf-8").split("| test |\n")[1:]
    promises = [line for part in rows for line in part.split("\n\n")[0].splitlines()[1:] if line.startswith("|")]
    assert promises
    assert [row for row in promises if not (TEST.search(row) or SCRIPT.search(row))] == []


@pytest.mark.parametrize("document", [ROOT / "README.md", *DOCUMENTS], ids=lambda path: path.name)
def test_every_file_that_a_document_leads_to_is_there(document: Path) -> None:
    text = document.read_text("utf-8")
    paths = [document.parent / place for place in LINK.findall(text)] + [ROOT / name for name in SCRIPT.findall(text)]
    assert [str(path) for path in paths if not path.exists()] == []
