from typing import Any

import pytest

from graftwork.errors import InputError
from graftwork.report import examples
from graftwork.report.examples import Examples, collect_examples
from graftwork.report.view import View
from graftwork.results import RunFolder


def collect(folder: RunFolder) -> Examples:
    found = collect_examples(View(folder.read_results()), folder)
    assert found is not None
    return found


def outputs(item: dict[str, Any], approach: str) -> list[dict[str, Any]]:
    return [output for output in item["outputs"] if output["approach"] == approach]


def test_all_items_are_there_while_there_is_room(one_seed: RunFolder) -> None:
    found = collect(one_seed)
    assert (found.shown, found.available, len(found.data["items"])) == (48, 48, 48)


def test_each_approach_has_its_outputs_before_and_after_later_tasks(one_seed: RunFolder) -> None:
    item = next(item for item in collect(one_seed).data["items"] if item["task"] == "python")
    assert [output["after"] for output in outputs(item, "sequential")] == ["python", "javascript"]


def test_an_output_that_was_not_generated_again_is_found_by_fingerprint(one_seed: RunFolder) -> None:
    item = next(item for item in collect(one_seed).data["items"] if item["task"] == "python")
    first, end = outputs(item, "lora")
    assert (first["after"], end["after"], first["text"] == end["text"]) == ("python", "javascript", True)


def test_the_last_task_has_one_output(one_seed: RunFolder) -> None:
    item = next(item for item in collect(one_seed).data["items"] if item["task"] == "javascript")
    assert [output["after"] for output in outputs(item, "lora")] == ["javascript"]


def test_the_untouched_bases_output_is_there(one_seed: RunFolder) -> None:
    assert all(item["base"]["exact"] is False for item in collect(one_seed).data["items"])


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
