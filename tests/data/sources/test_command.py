import sys
from pathlib import Path

import pytest

from graftwork.data.sources import command
from graftwork.data.sources.command import run_client
from graftwork.errors import InputError


def run(code: str, folder: Path) -> str:
    return run_client([sys.executable, "-c", code], folder, "x")


def test_what_the_client_prints_is_returned(tmp_path: Path) -> None:
    assert run("import os; print(os.getcwd())", tmp_path).strip() == str(tmp_path)


def test_a_failure_gives_the_line_of_the_error(tmp_path: Path) -> None:
    code = "import sys; sys.exit('ERROR: no such package\\nsee the log')"
    with pytest.raises(InputError, match=r"x: cannot be fetched \(ERROR: no such package\)"):
        run(code, tmp_path)


def test_a_silent_failure_is_said_to_be_one(tmp_path: Path) -> None:
    with pytest.raises(InputError, match="no reason given"):
        run("raise SystemExit(3)", tmp_path)


def test_a_missing_client_is_an_input_error(tmp_path: Path) -> None:
    with pytest.raises(InputError, match="cannot be run"):
        run_client([str(tmp_path / "none")], tmp_path, "x")


def test_a_client_that_hangs_is_stopped(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(command, "TIMEOUT_SECONDS", 0.2)
    with pytest.raises(InputError, match="not fetched within"):
        run("import time; time.sleep(60)", tmp_path)
