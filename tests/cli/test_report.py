from pathlib import Path

import pytest
import typer
from typer.testing import CliRunner

from graftwork.cli.report import report
from graftwork.errors import InputError, StudyError
from tests.report.synthetic import write_run


def call(directory: Path, *flags: str) -> str:
    app = typer.Typer()
    app.command()(report)
    return CliRunner().invoke(app, [str(directory), *flags], standalone_mode=False, catch_exceptions=False).stdout


def test_the_report_is_rebuilt_and_summed_up(tmp_path: Path) -> None:
    folder = write_run(tmp_path / "run", items=2)
    printed = call(folder.path)
    assert folder.report_html.is_file()
    assert folder.report_markdown.is_file()
    assert "What learned most" in printed


def test_a_folder_that_is_no_run_folder_is_bad_input(tmp_path: Path) -> None:
    with pytest.raises(InputError, match="no run folder"):
        call(tmp_path)


def test_numbers_that_do_not_follow_fail_the_verification(tmp_path: Path) -> None:
    folder = write_run(tmp_path / "run", items=2)  # its scores are made up, and no items give them
    with pytest.raises(StudyError, match=r"[0-9]+ number\(s\) or line\(s\) of .* do not follow from its records"):
        call(folder.path, "--verify")
    assert not folder.report_html.exists()
