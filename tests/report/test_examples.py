from dataclasses import replace
from typing import Any, NamedTuple

import pytest

from graftwork.errors import InputError
from graftwork.report import examples
from graftwork.report.examples import Examples, collect_examples
from graftwork.report.view import View
from graftwork.results import Cell, RunFolder

PLACE = ("python", "python", "generated")


def collect(folder: RunFolder) -> Examples:
    found = collect_examples(View(folder.read_results()), folder)
    assert found is not None
    return found


class Output(NamedTuple):
    approach: str | None
    after: str | None
    text: str
    right: int | None
    exact: int | None
    parses: int | None
    similarity: float | None


def output(data: dict[str, Any], row: list[Any]) -> Output:
    writer, after, text, *rest = row
    who = None if writer is None else data["approaches"][writer]
    return Output(who, None if after is None else data["moments"][after], data["texts"][text], *rest)


def outputs(found: Examples, task: str, approach: str) -> list[Output]:
    """What an approach wrote for the first item of a task."""
    item = next(item for item in found.data["items"] if item["task"] == task)
    return [out for out in (output(found.data, row) for row in item["outputs"]) if out.approach == approach]


def test_all_items_are_there_while_there_is_room(one_seed: RunFolder) -> None:
    found = collect(one_seed)
    assert (found.shown, found.available, len(found.data["items"])) == (48, 48, 48)


def test_each_approach_has_its_outputs_before_and_after_later_tasks(one_seed: RunFolder) -> None:
    assert [out.after for out in outputs(collect(one_seed), "python", "sequential")] == ["python", "javascript"]


def test_an_output_that_was_not_generated_again_is_found_by_fingerprint(one_seed: RunFolder) -> None:
    first, end = outputs(collect(one_seed), "python", "lora")
    assert (first.after, end.after, first.text == end.text) == ("python", "javascript", True)


def test_the_last_task_has_one_output(one_seed: RunFolder) -> None:
    assert [out.after for out in outputs(collect(one_seed), "javascript", "lora")] == ["javascript"]


def test_the_untouched_bases_output_is_there(one_seed: RunFolder) -> None:
    found = collect(one_seed)
    assert {output(found.data, item["base"]).exact for item in found.data["items"]} == {0}


def test_equal_texts_are_kept_once(one_seed: RunFolder) -> None:
    texts = collect(one_seed).data["texts"]
    assert len(texts) == len(set(texts))


def test_tasks_stand_in_the_order_they_were_trained(one_seed: RunFolder) -> None:
    items = collect(one_seed).data["items"]
    assert list(dict.fromkeys((item["task"], item["subset"]) for item in items)) == [
        ("python", "generated"),
        ("python", "mined"),
        ("javascript", "generated"),
        ("javascript", "mined"),
    ]


def test_the_first_seed_is_shown_and_named(three_seeds: RunFolder) -> None:
    assert collect(three_seeds).origin == "seed 1, order python → javascript"


def test_little_room_is_shared_among_tasks_and_subsets(one_seed: RunFolder, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(examples, "_ROOM_BYTES", 5000)
    found = collect(one_seed)
    assert found.shown < found.available == 48
    assert len({(item["task"], item["subset"]) for item in found.data["items"]}) == 4


def test_hidden_characters_and_endless_lines_are_made_readable(one_seed: RunFolder) -> None:
    texts = collect(one_seed).data["texts"]
    assert not any("\u202e" in text or "\x1b" in text for text in texts)
    assert max(map(len, texts)) < 4100


def test_without_predictions_there_are_no_examples(writable: RunFolder) -> None:
    for path in writable.predictions.iterdir():
        path.unlink()
    assert collect_examples(View(writable.read_results()), writable) is None


def test_without_scores_there_are_no_examples(bare: View, writable: RunFolder) -> None:
    assert collect_examples(bare, writable) is None


def test_a_damaged_file_of_predictions_is_named(writable: RunFolder) -> None:
    path = next(writable.predictions.iterdir())
    path.write_bytes(b"PAR1")
    with pytest.raises(InputError, match="not a readable Parquet file"):
        collect_examples(View(writable.read_results()), writable)


def test_what_an_approach_gets_right_is_told_of_every_item(one_seed: RunFolder) -> None:
    found = collect(one_seed)
    solved = next(row for row in found.data["solved"] if (row["task"], row["subset"]) == ("python", "generated"))
    cell = Cell("hybrid", "python+javascript", 1)
    rows = [row for row in one_seed.read_predictions(cell) if (row.after, row.task, row.subset) == PLACE]
    expected = {row.id: str(int(row.prediction == row.reference)) for row in rows}
    marks = solved["marks"][found.data["approaches"].index("hybrid")]
    assert marks == "".join(expected[identity] for identity in sorted(expected))


def test_an_item_is_right_where_it_passes_its_tests_whatever_it_looks_like(writable: RunFolder) -> None:
    cell = Cell("hybrid", "python+javascript", 1)
    rows = [row for row in writable.read_predictions(cell) if (row.after, row.task) == ("python", "python")]
    passed = [replace(row, metrics={**row.metrics, "passed": 1.0, "exact_match": 0.0}) for row in rows]
    writable.write_predictions(cell, "python", "python", passed)
    found = collect(writable)
    assert {(out.right, out.exact) for out in outputs(found, "python", "hybrid")} == {(1, 0)}
    assert [row["right"] for row in found.data["solved"]][:2] == ["passes its tests"] * 2


def test_a_few_examples_are_there_as_plain_text(one_seed: RunFolder) -> None:
    plain = collect(one_seed).plain
    assert len(plain) == 8
    assert all("untouched base" in " ".join(who for who, _ in example.outputs) for example in plain)
