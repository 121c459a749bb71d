from pathlib import Path

import pytest

from graftwork.errors import InputError
from graftwork.metrics.bleu import bleu_pseudo_values
from graftwork.metrics.loss import loss_pseudo_values
from graftwork.results import Cell, Prediction, RunFolder
from graftwork.results.items import ItemScores
from graftwork.results.losses import ItemLoss

CELL = Cell("lora", "python", 1)
TEXTS = {"b": "return a + b", "a": "return a * b", "c": "return [a, b, c]"}


def prediction(item: str, exact: float | None, subset: str = "mined", fingerprint: str = "f1") -> Prediction:
    return Prediction(
        approach="lora",
        order="python",
        seed=1,
        after="python",
        task="python",
        subset=subset,
        id=item,
        fingerprint=fingerprint,
        prompt="p",
        reference="return a + b + c",
        prediction=TEXTS[item],
        metrics={"exact_match": exact, "parses": 1.0},
    )


LOSSES = [("w", 10, 2.0), ("v", 30, 0.5)]
ROWS = [prediction("b", 1.0), prediction("a", 0.0), prediction("c", 0.5), prediction("a", 0.25, "generated")]


@pytest.fixture
def folder(tmp_path: Path) -> RunFolder:
    run = RunFolder(tmp_path)
    run.write_predictions(CELL, "python", "python", ROWS)
    return run


def items_of(folder: RunFolder) -> ItemScores:
    items = ItemScores(folder.predictions, folder.losses)
    items.refresh()
    return items


def scores(items: ItemScores, metric: str, subset: str = "mined", fingerprint: str = "f1") -> list[float] | None:
    found = items.scores(fingerprint, "python", subset, metric)
    return None if found is None else found.tolist()


def test_items_come_in_the_order_of_their_ids(folder: RunFolder) -> None:
    assert scores(items_of(folder), "exact_match") == [0.0, 1.0, 0.5]


def test_subsets_are_told_apart(folder: RunFolder) -> None:
    assert scores(items_of(folder), "exact_match", "generated") == [0.25]


def test_a_metric_is_found_by_its_own_name_and_not_the_items(folder: RunFolder) -> None:
    assert scores(items_of(folder), "parse_rate") == [1.0, 1.0, 1.0]


@pytest.mark.parametrize("metric", ["loss", "chrf", "unheard-of"])
def test_what_items_have_no_score_of_is_none(folder: RunFolder, metric: str) -> None:
    assert scores(items_of(folder), metric) is None


def test_an_evaluation_that_is_not_there_is_none(folder: RunFolder) -> None:
    assert scores(items_of(folder), "exact_match", fingerprint="f2") is None


def test_a_metric_that_is_undefined_for_an_item_is_none(folder: RunFolder) -> None:
    folder.write_predictions(CELL, "python", "python", [*ROWS, prediction("c", None, fingerprint="f2")])
    assert scores(items_of(folder), "exact_match", fingerprint="f2") is None


def test_of_bleu_the_pseudo_values_are_taken(folder: RunFolder) -> None:
    expected = bleu_pseudo_values([TEXTS[item] for item in "abc"], ["return a + b + c"] * 3)
    assert scores(items_of(folder), "bleu") == expected


def test_what_is_written_later_is_read_at_the_next_refresh(folder: RunFolder) -> None:
    items = items_of(folder)
    folder.write_predictions(Cell("lora", "python", 2), "python", "python", [prediction("a", 0.75, fingerprint="f3")])
    assert scores(items, "exact_match", fingerprint="f3") is None
    items.refresh()
    assert scores(items, "exact_match", fingerprint="f3") == [0.75]


def test_a_folder_without_predictions_has_no_items(tmp_path: Path) -> None:
    assert scores(items_of(RunFolder(tmp_path)), "exact_match") is None


def test_a_damaged_file_is_bad_input(folder: RunFolder) -> None:
    (folder.predictions / "other.parquet").write_bytes(b"no Parquet")
    with pytest.raises(InputError, match="not a readable file of predictions"):
        items_of(folder)


def test_the_loss_of_items_is_found_beside_their_scores(folder: RunFolder) -> None:
    losses = [ItemLoss("python", "mined", item, "f1", tokens, loss) for item, tokens, loss in LOSSES]
    folder.write_losses(CELL, "python", "python", losses)
    items = items_of(folder)
    assert scores(items, "loss") == loss_pseudo_values([0.5, 2.0], [30, 10])
    assert scores(items, "exact_match") == [0.0, 1.0, 0.5]
