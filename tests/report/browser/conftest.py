"""The report in a real browser: the system's Chromium, driven by Playwright. Without one these tests are left out."""

import shutil
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any, final

import pytest
from playwright.sync_api import Browser, BrowserContext, Page, sync_playwright

from graftwork.report import build_report
from graftwork.results import RunFolder
from tests.report.synthetic import HOSTILE, write_run

CHROMIUM = shutil.which("chromium") or shutil.which("chromium-browser")
HERE = Path(__file__).parent

Visit = Callable[..., Page]
STATE = "[location.hash, document.body.innerText, ...[...document.querySelectorAll('select')].map(e => e.value)]"
"""What a page shows and what is chosen in it."""


def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    if CHROMIUM is not None:
        return
    ours = [item for item in items if HERE in item.path.parents]
    items[:] = [item for item in items if HERE not in item.path.parents]
    config.hook.pytest_deselected(items=ours)
    print(f"{len(ours)} browser tests are left out: there is no chromium on the PATH")


@pytest.fixture(scope="session")
def browser() -> Iterator[Browser]:
    assert CHROMIUM is not None
    with sync_playwright() as playwright:
        # The sandbox of Chromium wants more rights than a container gives; what is opened here is our own page.
        running = playwright.chromium.launch(executable_path=CHROMIUM, args=["--no-sandbox", "--disable-gpu"])
        yield running
        running.close()


@pytest.fixture(scope="session")
def built(three_seeds: RunFolder) -> Path:
    build_report(three_seeds.path)
    return three_seeds.report_html


@pytest.fixture(scope="session")
def hostile(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A report in which every text from data looks like HTML or script."""
    folder = write_run(tmp_path_factory.mktemp("hostile") / "run", items=6)
    results = folder.read_results()
    approaches = tuple(row.model_copy(update={"description": HOSTILE[0]}) for row in results.study.approaches)
    study = results.study.model_copy(
        update={"name": HOSTILE[0], "question": HOSTILE[1], "approaches": approaches, "headline": {}}
    )
    tasks = tuple(row.model_copy(update={"source": HOSTILE[1], "language": HOSTILE[0]}) for row in results.tasks)
    folder.write_results(results.model_copy(update={"study": study, "tasks": tasks, "recipe": HOSTILE[0]}))
    build_report(folder.path)
    return folder.report_html


@final
class Visitor:
    """Opens reports, and remembers what went wrong in them and what they asked for."""

    def __init__(self, browser: Browser) -> None:
        self._browser = browser
        self._wrong: list[str] = []
        self._asked: list[str] = []
        self._contexts: list[BrowserContext] = []

    def open(self, path: Path, place: str = "", **options: Any) -> Page:
        context = self._browser.new_context(reduced_motion="reduce", **options)
        self._contexts.append(context)
        page = context.new_page()
        page.set_default_timeout(20_000)
        page.on("console", lambda said: self._wrong.append(said.text) if said.type in ("error", "warning") else None)
        page.on("pageerror", lambda error: self._wrong.append(str(error)))
        page.on("dialog", lambda dialog: (self._wrong.append(dialog.message), dialog.dismiss()))
        page.on("request", lambda request: self._asked.append(request.url))
        page.goto(path.as_uri() + place)
        return page

    def check(self) -> None:
        """Nothing may have gone wrong, and nothing may have been asked of a network."""
        assert self._wrong == []
        own = (url for url in self._asked if url.startswith(("file:", "data:")))
        assert [url for url in own if url.split("#")[0].endswith("report.html")] == self._asked

    def close(self) -> None:
        for context in self._contexts:
            context.close()


@pytest.fixture
def visit(browser: Browser) -> Iterator[Visit]:
    """Open a report anew; at the end nothing may have gone wrong in it."""
    visitor = Visitor(browser)
    yield visitor.open
    visitor.close()
    visitor.check()


@pytest.fixture(scope="session")
def opened_once(browser: Browser, built: Path) -> Iterator[tuple[Visitor, Page]]:
    visitor = Visitor(browser)
    yield visitor, visitor.open(built)
    visitor.close()


@pytest.fixture
def opened(opened_once: tuple[Visitor, Page]) -> Iterator[Page]:
    """The report, opened once for all tests that leave it as they found it."""
    visitor, page = opened_once
    before = page.evaluate(STATE)
    yield page
    visitor.check()
    assert page.evaluate(STATE) == before, "the next test would find another page"
