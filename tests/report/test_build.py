import subprocess
import sys
from pathlib import Path

import pytest

from graftwork.errors import InputError
from graftwork.report import build_report
from graftwork.results import RunFolder

NO_HEAVY_IMPORTS = """
import io, sys
from pathlib import Path
from rich.console import Console
from graftwork.report import build_report, print_summary
build_report(Path(sys.argv[1]))
print_summary(Path(sys.argv[1]), Console(file=io.StringIO()))
print([name for name in ("torch", "transformers", "datasets") if name in sys.modules])
"""


def test_both_reports_are_written(writable: RunFolder) -> None:
    build_report(writable.path)
    assert writable.report_html.read_text().startswith("<!DOCTYPE html>")
    assert writable.report_markdown.read_text().startswith("# default: study report")


def test_a_report_is_built_without_torch(writable: RunFolder) -> None:
    command = [sys.executable, "-c", NO_HEAVY_IMPORTS, str(writable.path)]
    done = subprocess.run(command, capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "[]"


def test_a_folder_without_records_is_refused(writable: RunFolder) -> None:
    writable.results.unlink()
    with pytest.raises(InputError, match=r"no results\.json yet"):
        build_report(writable.path)


def test_a_folder_that_is_none_is_refused(tmp_path: Path) -> None:
    with pytest.raises(InputError, match="no such folder"):
        build_report(tmp_path / "nothing")
