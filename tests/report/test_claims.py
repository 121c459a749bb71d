from io import StringIO
from pathlib import Path

import pytest
import yaml
from rich.console import Console

from graftwork.report import build_report, print_summary
from graftwork.report.claims import Claims, claims
from graftwork.report.view import View
from graftwork.results import RunFolder
from graftwork.results.claims import answer_claims
from graftwork.results.items import ItemScores
from tests.report.synthetic import RECIPE, make_results, write_run

TEXTS = {
    "hybrid-ahead": "hybrid > extra-layer on average exact_match of generated",
    "forgets": "forgetting exact_match of generated of lora > 0",
    "same": "hybrid > 99 % of hybrid on average exact_match of generated",
    "fast": "hybrid < lora on train_seconds",
    "small": "lora < hybrid on trainable_parameters",
    "early": "hybrid < lora on first_epoch_loss in javascript",
}
SAID = "It was <b>said</b> to be 0.78 %."


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> RunFolder:
    run = write_run(tmp_path_factory.mktemp("claims") / "run", tuple(range(1, 9)), 20)
    rows = [{"id": name, "said": SAID, "claim": text} for name, text in TEXTS.items()]
    asked = run.read_results().model_copy(update={"recipe": RECIPE + yaml.safe_dump({"claims": rows})})
    items = ItemScores(run.predictions, run.losses)
    items.refresh()
    run.write_results(asked.model_copy(update={"claims": answer_claims(asked, items)}))
    build_report(run.path)
    return run


@pytest.fixture(scope="module")
def shown(folder: RunFolder) -> Claims:
    found = claims(View(folder.read_results()))
    assert found is not None
    return found


def test_every_claim_is_answered_in_a_word_with_a_mark(shown: Claims) -> None:
    marks = {one.id: (one.mark, one.verdict) for one in shown.answers}
    assert marks["hybrid-ahead"] == ("✓", "supported")
    assert marks["forgets"] == ("✗", "refuted")
    assert marks["same"] == ("≈", "not told apart")
    assert shown.said.startswith("6 claims: 3 supported, ")


def test_numbers_are_in_the_unit_of_what_is_compared(shown: Claims) -> None:
    by_id = {one.id: dict(one.numbers) for one in shown.answers}
    assert by_id["hybrid-ahead"]["hybrid"].endswith("\u00a0%")
    assert by_id["small"]["lora"] == "415,744"
    assert by_id["fast"]["difference"].startswith("+")
    assert by_id["fast"]["difference"].endswith("s")
    assert by_id["forgets"]["difference"] == "0"
    assert by_id["early"]["in"] == "first epoch loss (javascript)"
    assert "99\u00a0% of hybrid" in by_id["same"]


def test_a_claim_is_linked_to_its_rows_and_can_be_linked_to(folder: RunFolder) -> None:
    html = folder.report_html.read_text()
    row = next(one for one in folder.read_results().claims if one.id == "hybrid-ahead")
    assert 'id="claim-hybrid-ahead"' in html
    assert f'<a href="#comparisons">results.json#{row.records[0]}</a>' in html
    assert '<section id="comparisons"' in html


def test_every_anchor_is_a_section_of_the_page(folder: RunFolder, shown: Claims) -> None:
    html = folder.report_html.read_text()
    anchors = {anchor for one in shown.answers for anchor, _ in one.sources}
    assert anchors >= {"comparisons", "progress", "isolation", "cost", "approaches", "curves"}
    assert all(f'<section id="{anchor}"' in html for anchor in anchors)


def test_what_was_said_takes_no_effect_as_markup(folder: RunFolder) -> None:
    assert "It was &lt;b&gt;said&lt;/b&gt;" in folder.report_html.read_text()
    assert "<b>said" not in folder.report_markdown.read_text()


def test_the_markdown_has_verdicts_and_rows(folder: RunFolder) -> None:
    text = folder.report_markdown.read_text()
    assert "### ✗ refuted: forgets" in text
    assert "- Answer: **refuted**, not tested: exactly 0 in every seed" in text
    assert "`results.json#/comparisons/" in text


def test_the_terminal_has_a_row_a_claim(folder: RunFolder) -> None:
    out = StringIO()
    print_summary(folder.path, Console(file=out, width=200))
    assert "✓ supported" in out.getvalue()
    assert "hybrid-ahead" in out.getvalue()


def test_a_study_without_claims_has_no_such_section(tmp_path: Path) -> None:
    run = write_run(tmp_path / "run", items=2)
    build_report(run.path)
    assert claims(View(make_results(items=2))) is None
    assert "#claims" not in run.report_html.read_text()
    assert "## Claims" not in run.report_markdown.read_text()
