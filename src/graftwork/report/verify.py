"""Whether a report is the one that its records give: every text and number on the page, charts' words included."""

import re
from collections.abc import Iterator
from difflib import SequenceMatcher

from graftwork.report.page import page_of
from graftwork.report.render import render_html, render_markdown
from graftwork.report.view import View
from graftwork.results.folder import RunFolder
from graftwork.results.verify import read_as_it_is

__all__ = ["verify_report"]

_STYLE = re.compile(r"<style>.*?</style>|<script>.*?</script>|<meta http-equiv[^>]*>", re.DOTALL)
"""How the page looks and moves; numbers are in none of it."""
_DRAWING = re.compile(r"<svg.*?</svg>", re.DOTALL)
_WORD = re.compile(r"<text[^>]*>(.*?)</text>|<title>(.*?)</title>", re.DOTALL)
_SHOWN = 90


def verify_report(folder: RunFolder) -> tuple[list[str], list[str]]:
    """Build the report again, in memory, and hold the files against it.

    Returns:
        Lines that are not what the records give, and the files that are not there.

    Raises:
        InputError: there are no records, or a file of predictions is damaged.
    """
    page = page_of(View(read_as_it_is(folder)), folder, as_it_is=True)
    wrong: list[str] = []
    lacking: list[str] = []
    for path, text in ((folder.report_markdown, render_markdown(page)), (folder.report_html, render_html(page))):
        if path.is_file():
            wrong += _differences(path.name, path.read_text(encoding="utf-8"), text)
        else:
            lacking.append(f"{path.name}: it is not in the folder")
    return wrong, lacking


def _differences(name: str, have: str, want: str) -> Iterator[str]:
    mine, right = _lines(have), _lines(want)
    texts = [line for _, line in mine], [line for _, line in right]
    for kind, start, end, other_start, other_end in SequenceMatcher(None, *texts, autojunk=False).get_opcodes():
        if kind == "equal":
            continue
        for offset in range(max(end - start, other_end - other_start)):
            place = mine[min(start + offset, len(mine) - 1)][0] if mine else 0
            old = texts[0][start + offset] if start + offset < end else ""
            new = texts[1][other_start + offset] if other_start + offset < other_end else ""
            yield f"{name}, line {place}: {_apart(old, new)}"


def _lines(text: str) -> list[tuple[int, str]]:
    """What is told to readers, with the numbers of its lines; of drawings, their words."""

    def blank(found: re.Match[str]) -> str:
        return "\n" * found[0].count("\n")

    def words(found: re.Match[str]) -> str:
        return " ".join(a or b for a, b in _WORD.findall(found[0])) + blank(found)

    told = _DRAWING.sub(words, _STYLE.sub(blank, text))
    return [(number, line) for number, line in enumerate(told.split("\n"), start=1) if line.strip()]


def _apart(old: str, new: str) -> str:
    """Where two lines part, with a little before it."""
    same = next((i for i, (a, b) in enumerate(zip(old, new, strict=False)) if a != b), min(len(old), len(new)))
    start = max(0, same - _SHOWN // 3)
    mine, right = (" ".join(text[start : start + _SHOWN].split()) or "nothing" for text in (old, new))
    return f"has {mine!r}, and the records give {right!r}"
