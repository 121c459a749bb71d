from pathlib import Path

import pytest

from graftwork.report import build_report
from graftwork.report.verify import verify_report
from graftwork.results import RunFolder


@pytest.fixture
def built(writable: RunFolder) -> RunFolder:
    build_report(writable.path)
    return writable


def replace(path: Path, old: str, new: str) -> int:
    """Change the first occurrence; return its line."""
    text = path.read_text()
    assert old in text
    path.write_text(text.replace(old, new, 1))
    return text[: text.index(old)].count("\n") + 1


def test_a_report_as_it_was_built_is_what_its_records_give(built: RunFolder) -> None:
    assert verify_report(built) == ([], [])


def test_one_changed_number_of_the_markdown_is_named_with_its_line(built: RunFolder) -> None:
    line = replace(built.report_markdown, "1,230,848", "1,230,849")
    ((found,), _) = verify_report(built)
    assert found.startswith(f"report.md, line {line}: has ")
    assert "1,230,849" in found
    assert "1,230,848" in found


def test_one_changed_number_of_the_page_is_named_with_its_line(built: RunFolder) -> None:
    line = replace(built.report_html, '<td class="number">1,230,848</td>', '<td class="number">1,230,849</td>')
    ((found,), _) = verify_report(built)
    assert found.startswith(f"report.html, line {line}: has ")
    assert "1,230,849" in found


def test_a_changed_number_of_an_example_is_named(built: RunFolder) -> None:
    replace(built.report_html, "generated", "fabricated")
    ((found, *_), _) = verify_report(built)
    assert found.startswith("report.html, line ")


def test_how_the_page_looks_is_no_number(built: RunFolder) -> None:
    replace(built.report_html, "<style>\n", "<style>\n/* another look */\n")
    assert verify_report(built) == ([], [])


def test_other_records_give_another_report(built: RunFolder) -> None:
    results = built.read_results()
    first = results.parameters[0].model_copy(update={"trainable": 415_745})
    built.write_results(results.model_copy(update={"parameters": (first, *results.parameters[1:])}))
    found, _ = verify_report(built)
    assert any(line.startswith("report.md, line ") for line in found)
    assert any(line.startswith("report.html, line ") for line in found)


def test_a_report_that_is_not_there_is_said_to_be_missing(built: RunFolder) -> None:
    built.report_html.unlink()
    assert verify_report(built) == ([], ["report.html: it is not in the folder"])
