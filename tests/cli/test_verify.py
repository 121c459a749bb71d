import re
import shutil
from pathlib import Path

import pytest
from typer.testing import CliRunner

from graftwork.cli.main import app
from graftwork.errors import InputError, StudyError
from graftwork.results.folder import RunFolder
from graftwork.results.names import Cell
from graftwork.study.run import run_study
from tests.study.faults import tiny_study
from tests.study.support import save_base, write_rows


@pytest.fixture(scope="module")
def whole(tmp_path_factory: pytest.TempPathFactory) -> Path:
    material = tmp_path_factory.mktemp("material")
    save_base(material / "base")
    write_rows(material)
    run_study(tiny_study(material, "hybrid-shared", "replay"), material / "run")
    return material / "run"


@pytest.fixture
def copied(whole: Path, tmp_path: Path) -> Path:
    return Path(shutil.copytree(whole, tmp_path / "run"))


def verify(*arguments: str) -> str:
    outcome = CliRunner().invoke(app, ["verify", *arguments], env={"COLUMNS": "300"}, standalone_mode=False)
    if outcome.exception is not None:
        raise outcome.exception
    return outcome.output


def test_a_whole_folder_is_found_as_it_was_written(whole: Path) -> None:
    text = verify(str(whole), "--cells", "2", "--retrain")
    assert text.count("evaluated again") == text.count("trained again") == 2
    assert text.count("the same, bit for bit") == 4
    assert "NO" not in text


def test_no_cell_is_loaded_where_none_is_wanted(whole: Path) -> None:
    text = verify(str(whole), "--cells", "0")
    assert "evaluated again" not in text
    assert text.count("files are as they were written") == 5


def test_damage_is_a_failure_that_names_the_file(copied: Path) -> None:
    path = RunFolder(copied).task(Cell("replay", "python+javascript", 1), 0).method / "buffer.json"
    path.write_text(path.read_text() + " ")
    with pytest.raises(StudyError, match=r"1 of \d+ checks failed; first: .*buffer.json: is damaged") as caught:
        verify(str(copied))
    assert caught.value.exit_code == 1


def test_scores_that_come_out_otherwise_are_a_failure(copied: Path) -> None:
    folder = RunFolder(copied)
    for path in copied.rglob("checksums.json"):
        path.unlink()
    for cell in (Cell("replay", "python+javascript", 1), Cell("hybrid-shared", "python+javascript", 1)):
        done = folder.task(cell, 1).done
        done.write_text(re.sub(r'("chrf": )(\d)', r"\g<1>1\2", done.read_text()))
    with pytest.raises(StudyError, match=r"checks failed; first: python had chrf 1\d"):
        verify(str(copied))


def test_weights_that_come_out_otherwise_are_a_failure(copied: Path) -> None:
    for path in copied.rglob("checksums.json"):
        path.unlink()
    for path in copied.glob("runs/*/*/*/tasks/01-*/adapter/*"):
        if path.name in ("README.md", "model.safetensors"):
            path.write_bytes(path.read_bytes()[:-1] + b"\x7f")
    with pytest.raises(StudyError, match=r"checks failed"):
        verify(str(copied), "--cells", "2", "--retrain")


def test_what_has_no_checksums_is_said_and_no_failure(copied: Path) -> None:
    for path in copied.rglob("checksums.json"):
        path.unlink()
    text = verify(str(copied), "--cells", "0")
    assert "not checked" in text
    assert "NO" not in text


def test_what_is_no_run_folder_is_refused(tmp_path: Path) -> None:
    with pytest.raises(InputError, match="is no run folder"):
        verify(str(tmp_path))
