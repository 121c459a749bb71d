import base64
import hashlib
import json
import re
from collections import Counter
from html.parser import HTMLParser
from itertools import pairwise
from pathlib import Path
from typing import Any

import pytest

from graftwork.report.page import page_of
from graftwork.report.render import render_html, render_markdown
from graftwork.report.view import View
from graftwork.results import RunFolder
from tests.report.synthetic import HOSTILE, write_large_run

VOID = {"meta", "input", "br", "use", "path", "line"}


class Reader(HTMLParser):
    """Collects elements, and checks that they are closed in the order they were opened."""

    def __init__(self) -> None:
        super().__init__(convert_charrefs=True)
        self.elements: list[tuple[str, dict[str, str]]] = []
        self.scripts: list[str] = []
        self.open: list[str] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.elements.append((tag, {name: value or "" for name, value in attrs}))
        if tag not in VOID:
            self.open.append(tag)

    def handle_startendtag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.elements.append((tag, {name: value or "" for name, value in attrs}))

    def handle_endtag(self, tag: str) -> None:
        if tag not in VOID:
            assert self.open.pop() == tag

    def handle_data(self, data: str) -> None:
        if self.open and self.open[-1] == "script":
            self.scripts.append(data)

    def attributes(self, name: str) -> list[str]:
        return [attributes[name] for _, attributes in self.elements if name in attributes]


def html_of(folder: RunFolder) -> str:
    return render_html(page_of(View(folder.read_results()), folder))


def read(html: str) -> Reader:
    reader = Reader()
    reader.feed(html)
    assert reader.open == []
    return reader


@pytest.fixture(scope="module")
def html(three_seeds: RunFolder) -> str:
    return html_of(three_seeds)


@pytest.fixture(scope="module")
def page(html: str) -> Reader:
    return read(html)


@pytest.fixture(scope="module")
def markdown(one_seed: RunFolder) -> str:
    return render_markdown(page_of(View(one_seed.read_results()), one_seed))


def test_the_page_needs_nothing_outside_itself(page: Reader, html: str) -> None:
    assert page.attributes("src") == []
    assert all(link.startswith("#") for link in page.attributes("href") + page.attributes("xlink:href"))
    assert not re.search(r"url\((?!#)|@import", html)


def test_every_link_has_its_target(page: Reader) -> None:
    assert {link[1:] for link in page.attributes("href") + page.attributes("xlink:href")} <= set(page.attributes("id"))


def test_every_id_is_unique(page: Reader) -> None:
    assert [identity for identity, number in Counter(page.attributes("id")).items() if number > 1] == []


def test_labels_refer_to_what_is_there(page: Reader) -> None:
    assert set(page.attributes("aria-labelledby")) <= set(page.attributes("id"))


def test_headings_leave_out_no_level(page: Reader) -> None:
    levels = [int(tag[1]) for tag, _ in page.elements if re.fullmatch(r"h[1-6]", tag)]
    assert levels[0] == 1
    assert all(after <= before + 1 for before, after in pairwise(levels))


def test_only_our_script_may_run(page: Reader) -> None:
    first, *_, last = page.scripts
    digests = [base64.b64encode(hashlib.sha256(script.encode()).digest()).decode() for script in (first, last)]
    policy = next(a["content"] for tag, a in page.elements if a.get("http-equiv") == "Content-Security-Policy")
    assert f"script-src 'sha256-{digests[0]}' 'sha256-{digests[1]}';" in policy
    assert "default-src 'none'" in policy


def test_every_other_script_is_data_without_a_tag_in_it(page: Reader) -> None:
    kinds = [attributes.get("type", "") for tag, attributes in page.elements if tag == "script"]
    assert kinds == ["", "application/json", "application/json", ""]
    assert all(json.loads(data) and "<" not in data for data in page.scripts[1:-1])


def examples_of(page: Reader) -> dict[str, Any]:
    found = next(json.loads(data) for data in page.scripts[1:-1] if '"texts"' in data)
    assert isinstance(found, dict)
    return found


def test_text_that_looks_like_html_stays_text(page: Reader) -> None:
    assert not any(name.startswith("on") for _, attributes in page.elements for name in attributes)
    assert "img" not in {tag for tag, _ in page.elements}
    assert HOSTILE[0] in examples_of(page)["texts"]


def test_hostile_names_and_recipes_are_escaped(writable: RunFolder) -> None:
    results = writable.read_results()
    study = results.study.model_copy(update={"name": HOSTILE[0], "question": HOSTILE[1]})
    writable.write_results(results.model_copy(update={"study": study, "recipe": HOSTILE[0]}))
    reader = read(html_of(writable))
    assert len(reader.scripts) == 4
    assert "img" not in {tag for tag, _ in reader.elements}


def test_the_script_parses_no_html() -> None:
    from importlib.resources import files

    scripts = [file for file in files("graftwork.report").joinpath("templates").iterdir() if file.name.endswith(".js")]
    assert len(scripts) > 5
    risky = r"innerHTML|outerHTML|insertAdjacentHTML|document\.write|eval\(|Function\(|fetch\(|XMLHttp|import\("
    assert [file.name for file in scripts if re.search(risky, file.read_text())] == []


def test_the_same_records_give_the_same_page(three_seeds: RunFolder, html: str) -> None:
    assert html_of(three_seeds) == html


def test_charts_take_their_colours_from_the_page(html: str) -> None:
    assert not re.search(r"#0102[0-9a-f]{2}", html)
    assert "var(--series-4)" in html


def test_the_answer_stands_before_everything_else(page: Reader) -> None:
    sections = [a["id"] for tag, a in page.elements if tag == "section" and "id" in a]
    assert sections[:2] == ["answer", "isolation"]


def test_a_page_of_ten_seeds_and_fifteen_approaches_is_small_enough_to_send(tmp_path: Path) -> None:
    folder = write_large_run(tmp_path / "run")
    html = html_of(folder)
    assert html.count('name="approach" value=') == 15
    assert len(html.encode()) < 3_000_000


def test_an_unfinished_study_shows_what_is_there(unfinished_run: RunFolder) -> None:
    html = html_of(unfinished_run)
    assert "Runs not done" in html
    assert "loss is not a number at step 12" in html


def test_a_study_without_any_score_has_a_page(bare: View, writable: RunFolder) -> None:
    html = render_html(page_of(bare, writable))
    read(html)
    assert html.count('class="lacks"') == 6


def test_many_fingerprints_are_folded_under_a_summary(html: str) -> None:
    assert "All 15 pairs of fingerprints" in html


def test_markdown_holds_every_section(markdown: str) -> None:
    assert re.findall(r"^## (.+)$", markdown, re.MULTILINE) == [
        "The answer",
        "Proof of isolation",
        "Learned and kept",
        "Told apart",
        "Score matrices",
        "Why",
        "Cost",
        "Data",
        "Approaches",
        "Measures",
        "Environment",
        "Run it again",
    ]


def test_markdown_tables_have_as_many_cells_in_every_row(markdown: str) -> None:
    widths: list[int] = []
    for line in markdown.split("\n"):
        if not line.startswith("|"):
            widths = []
            continue
        widths.append(len(re.findall(r"(?<!\\)\|", line)))
        assert widths[-1] == widths[0], line


def test_markdown_escapes_markup(writable: RunFolder) -> None:
    results = writable.read_results()
    study = results.study.model_copy(update={"question": "a | b * [link](x) <b> \n# heading"})
    writable.write_results(results.model_copy(update={"study": study}))
    markdown = render_markdown(page_of(View(writable.read_results()), writable))
    assert r"a \| b \* \[link\](x) &lt;b&gt;  \# heading" in markdown
