"""Verification of a real tiny study: it is whole as it ran, and every number that is changed is named."""

import json
import shutil
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pyarrow
import pyarrow.parquet
import pytest

from graftwork.results.folder import RunFolder
from graftwork.results.verify import Verification, verify_records


def verify(path: Path) -> Verification:
    return verify_records(RunFolder.open(path))


def change(path: Path, edit: Callable[[dict[str, Any]], object]) -> None:
    file = path / "results.json"
    data = json.loads(file.read_text())
    edit(data)
    file.write_text(json.dumps(data))


def test_a_study_as_it_ran_is_whole(ran: Path) -> None:
    found = verify(ran)
    assert found.mismatches == ()
    assert any("scores from" in text for text in found.checked)
    assert "3 claims" in found.checked


def test_what_cannot_be_verified_is_said(ran: Path) -> None:
    assert any("seconds, memory" in text for text in verify(ran).not_checked)


def test_one_changed_score_is_named_by_file_and_marker(copied: Path) -> None:
    place = 0

    def edit(data: dict[str, Any]) -> None:
        nonlocal place
        place = next(i for i, row in enumerate(data["scores"]) if row["after"] and row["metric"] == "chrf")
        data["scores"][place]["value"] += 0.001

    change(copied, edit)
    by_items, by_marker = sorted(verify(copied).mismatches, key=lambda line: "marker" in line)
    assert by_items.startswith(f"results.json#/scores/{place}/value (lora, seed 1, ")
    assert "predictions/" in by_items
    assert by_marker.startswith(f"results.json#/scores/{place}/value (lora, seed 1, chrf) is ")


@pytest.mark.parametrize(
    ("table", "field"),
    [
        ("summary", "mean"),
        ("summary", "ci_high"),
        ("comparisons", "difference"),
        ("comparisons", "seeds"),
        ("claims", "a_mean"),
        ("claims", "seeds_needed"),
        ("parameters", "percent"),
        ("costs", "seconds"),
        ("costs", "stored_bytes"),
        ("curves", "step"),
    ],
)
def test_one_changed_number_of_a_table_is_the_one_that_is_named(copied: Path, table: str, field: str) -> None:
    def edit(data: dict[str, Any]) -> None:
        data[table][0][field] = (data[table][0][field] or 0) + 1

    change(copied, edit)
    (line,) = verify(copied).mismatches
    assert line.startswith(f"results.json#/{table}/0/{field} is ")


def test_a_verdict_that_does_not_follow_is_named(copied: Path) -> None:
    change(copied, lambda data: data["claims"][1].update(verdict="supported"))
    (line,) = verify(copied).mismatches
    assert line == "results.json#/claims/1/verdict is supported, and should be refuted"


def test_a_forged_proof_of_isolation_is_named(copied: Path) -> None:
    change(copied, lambda data: data["isolation"][0].update(fingerprint_at_end="0" * 64))
    assert any(
        line.startswith("results.json#/isolation/0/fingerprint_at_end is 000") for line in verify(copied).mismatches
    )


def test_a_row_too_many_is_named(copied: Path) -> None:
    change(copied, lambda data: data["summary"].append(data["summary"][0]))
    (line,) = verify(copied).mismatches
    assert line.startswith("results.json#/summary has ")


def tamper(path: Path, column: str, value: Any) -> str:
    """Change a column of the first row of a file; return the row's id."""
    table = pyarrow.parquet.read_table(path)
    values = table[column].to_pylist()
    index = table.column_names.index(column)
    changed = pyarrow.array([value, *values[1:]], table.schema.field(column).type)
    pyarrow.parquet.write_table(table.set_column(index, column, changed), path)
    return str(table["id"][0].as_py())


def test_one_changed_item_score_is_named_by_its_item(copied: Path) -> None:
    path = sorted((copied / "predictions").glob("lora__*1-python__python.parquet"))[0]
    identity = tamper(path, "edit_similarity", 0.987)
    (line,) = verify(copied).mismatches
    assert line.startswith(f"predictions/{path.name}: item {identity}: edit_similarity is 0.987, and its texts give ")


def test_one_changed_text_shows_in_the_scores_made_of_it(copied: Path) -> None:
    path = sorted((copied / "predictions").glob("lora__*1-python__python.parquet"))[0]
    identity = tamper(path, "prediction", "def forged():\n    return 1")
    found = verify(copied).mismatches
    assert any(line.startswith(f"predictions/{path.name}: item {identity}: ") for line in found)
    assert any("results.json#/scores/" in line and path.name in line for line in found)


def test_one_changed_loss_of_an_item_shows_in_the_loss(copied: Path) -> None:
    path = sorted((copied / "losses").glob("lora__*1-python__python.parquet"))[0]
    tamper(path, "loss", 9.0)
    found = verify(copied).mismatches
    assert any(line.startswith("results.json#/scores/") and ", loss) is " in line for line in found)


def test_items_that_are_missing_are_missed(copied: Path) -> None:
    path = sorted((copied / "predictions").glob("lora__*1-python__python.parquet"))[0]
    path.unlink()
    assert any("no items of python, " in line for line in verify(copied).mismatches)


def test_without_predictions_and_markers_it_says_what_was_not_verified(copied: Path) -> None:
    shutil.rmtree(copied / "predictions")
    shutil.rmtree(copied / "runs")
    found = verify(copied)
    assert found.mismatches == ()
    assert any(text.startswith("scores, and comparisons and claims") for text in found.not_checked)
    assert any(text.startswith("isolation, costs and curves") for text in found.not_checked)
