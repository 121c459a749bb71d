"""The report: whatever a text in the records says, the page keeps its structure."""

from dataclasses import fields, is_dataclass, replace
from functools import cache
from html.parser import HTMLParser
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any, final

from hypothesis import strategies as st

from graftwork.report.charts.style import Chart
from graftwork.report.page import Page, page_of
from graftwork.report.render import render_html, render_markdown
from graftwork.report.view import View
from tests.fuzz.target import Target
from tests.fuzz.texts import texts
from tests.report.synthetic import write_run

WORDS = (
    "hybrid-shared",
    "sequential",
    "python",
    "mined",
    "generated",
    "default",
    "result",
    "sort",
    "exact match",
    "bleu",
)


@final
class Structure(HTMLParser):
    """The elements of a page with the names of their attributes, in order."""

    def __init__(self, text: str) -> None:
        super().__init__()
        self.found: list[tuple[str, tuple[str, ...]]] = []
        self.feed(text)
        self.close()

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.found.append((tag, tuple(name for name, _ in attrs)))

    def handle_endtag(self, tag: str) -> None:
        self.found.append((f"/{tag}", ()))

    def handle_comment(self, data: str) -> None:
        self.found.append(("comment", ()))


@cache
def _page() -> tuple[Page, list[Any]]:
    """A page without its charts, which are as long as all the rest, and its structure."""
    with TemporaryDirectory() as folder:
        run = write_run(Path(folder) / "run", items=1)
        page = page_of(View(run.read_results()), run)
    charts = replace(page.charts, progress=page.charts.progress[:1], curves=(), costs=())
    page = replace(page, charts=charts)
    return page, Structure(render_html(page)).found


def _with(value: Any, word: str, text: str) -> Any:
    """The same data with a word of it replaced by a text, wherever it stands."""
    if isinstance(value, str) and type(value) is str:
        return value.replace(word, text)
    if isinstance(value, Chart):
        return value
    if is_dataclass(value) and not isinstance(value, type):
        return replace(value, **{one.name: _with(getattr(value, one.name), word, text) for one in fields(value)})
    if isinstance(value, tuple) and hasattr(value, "_fields"):
        return type(value)(*(_with(one, word, text) for one in value))
    if isinstance(value, tuple | list):
        return type(value)(_with(one, word, text) for one in value)
    if isinstance(value, dict):
        return {_with(key, word, text): _with(one, word, text) for key, one in value.items()}
    return value


def _render(case: tuple[str, str], folder: Path) -> None:
    page, structure = _page()
    changed = _with(page, *case)
    found = Structure(render_html(changed)).found
    assert found == structure, next(pair for pair in zip(found, structure, strict=False) if pair[0] != pair[1])
    render_markdown(changed)


TARGETS = (Target("report", st.tuples(st.sampled_from(WORDS), texts.filter(bool)), _render, share=0.02, prepare=_page),)
