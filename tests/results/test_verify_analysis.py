"""Verification of a real tiny analysis: it is whole as it was made, and every number that is changed is named."""

import json
import shutil
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from graftwork.analysis.analyze import analyze
from graftwork.cli.main import main
from graftwork.errors import InputError
from graftwork.report import build_report
from graftwork.results.analysis_file import ANALYSIS_FILE, read_analysis
from graftwork.results.folder import RunFolder
from graftwork.results.verify import Verification
from graftwork.results.verify_analysis import verify_analysis
from tests.analysis.test_analyze import Looker


@pytest.fixture(scope="module")
def analysed(ran: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = Path(shutil.copytree(ran, tmp_path_factory.mktemp("analysed") / "run"))
    analyze(path, 2, 2, None, Looker())
    build_report(path)
    return path


@pytest.fixture
def copy_of_analysed(analysed: Path, tmp_path: Path) -> Path:
    return Path(shutil.copytree(analysed, tmp_path / "run"))


def verify(path: Path) -> Verification:
    found = verify_analysis(RunFolder.open(path))
    assert found is not None
    return found


def change(path: Path, edit: Callable[[dict[str, Any]], object], *, sealed: bool = True) -> None:
    """Change the file behind its seal's back, or as an older version would have written it, without one."""
    file = path / ANALYSIS_FILE
    data = json.loads(file.read_text())
    edit(data)
    file.write_text(json.dumps(data if sealed else {**data, "sha256": None}))


def test_an_analysis_as_it_was_made_is_whole(analysed: Path) -> None:
    found = verify(analysed)
    assert found.mismatches == ()
    assert "scores from texts" in found.checked[0]
    assert found.checked[1].startswith("analysis: the seal over all ")


def test_a_folder_without_an_analysis_has_nothing_to_verify(ran: Path) -> None:
    assert verify_analysis(RunFolder.open(ran)) is None


def test_what_only_the_model_can_make_again_is_said(analysed: Path) -> None:
    (line,) = verify(analysed).not_checked
    assert "scores that only the model can make again" in line
    assert line.endswith("only the seal holds them")


@pytest.mark.parametrize(
    ("table", "field"),
    [
        ("shares", "mean"),
        ("shares", "share"),
        ("zero_shots", "value"),
        ("zero_shots", "n"),
        ("knock_outs", "value"),
        ("interpolations", "loss"),
        ("replays", "of"),
        ("replays", "steps"),
        ("updates", "seed"),
    ],
)
def test_a_changed_number_that_can_be_made_again_is_named_without_a_seal(
    copy_of_analysed: Path, table: str, field: str
) -> None:
    change(
        copy_of_analysed, lambda data: data[table][0].update({field: (data[table][0][field] or 0) + 7}), sealed=False
    )
    lines = verify(copy_of_analysed).mismatches
    assert any(line.startswith(f"analysis.json#/{table}/0/{field} is ") for line in lines)


@pytest.mark.parametrize(
    ("table", "field"),
    [("updates", "update"), ("similarities", "cka"), ("overlaps", "value"), ("interpolations", "alpha")],
)
def test_a_changed_number_that_cannot_be_made_again_breaks_the_seal(
    copy_of_analysed: Path, table: str, field: str
) -> None:
    change(copy_of_analysed, lambda data: data[table][1].update({field: 0.123456}))
    assert any("seal is broken" in line for line in verify(copy_of_analysed).mismatches)


def test_a_part_that_is_scored_in_two_places_is_held_against_itself(copy_of_analysed: Path) -> None:
    def edit(data: dict[str, Any]) -> None:
        place = next(i for i, row in enumerate(data["knock_outs"]) if row["acts"] == "without")
        data["knock_outs"][place]["value"] += 0.5

    change(copy_of_analysed, edit, sealed=False)
    assert sum("knock_outs" in line for line in verify(copy_of_analysed).mismatches) == 1


def test_the_command_fails_on_a_changed_number_and_names_it(
    copy_of_analysed: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    change(copy_of_analysed, lambda data: data["shares"][0].update(mean=0.987654))
    with pytest.raises(SystemExit) as ended:
        main(["report", str(copy_of_analysed), "--verify"])
    assert ended.value.code == 1
    assert "analysis.json#/shares/0/mean is 0.987654, and the knock-outs give " in capsys.readouterr().out


def test_a_file_that_cannot_be_read_is_a_mismatch(copy_of_analysed: Path) -> None:
    (copy_of_analysed / ANALYSIS_FILE).write_text("{}")
    (line,) = verify(copy_of_analysed).mismatches
    assert "analysis_version is None" in line


def test_whoever_reads_a_changed_analysis_is_told(copy_of_analysed: Path) -> None:
    change(copy_of_analysed, lambda data: data["updates"][0].update(update=0.5))
    with pytest.raises(InputError, match="not those that were written"):
        read_analysis(copy_of_analysed / ANALYSIS_FILE)
