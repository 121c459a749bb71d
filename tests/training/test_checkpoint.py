from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
import torch
from transformers import T5ForConditionalGeneration

from graftwork.errors import InputError
from graftwork.files import read_json, write_json
from graftwork.models.fingerprint import model_fingerprint
from graftwork.models.tiny import tiny_t5
from graftwork.results.checksums import list_files, write_checksums
from graftwork.training.batches import Encoded
from graftwork.training.checkpoint import Checkpoints
from graftwork.training.loop import StepRecord, TrainingConfig, train

EXAMPLES = [Encoded((10 + n, 20 + n, 2), (30 + n, 40 + n % 3, 2)) for n in range(8)]
STEPS = 6


class Run:
    """A training of a fresh tiny model, all of it and with dropout, that may be stopped after a step."""

    def __init__(self, folder: Path, inputs: str = "these", **settings: Any) -> None:
        self.config = TrainingConfig(
            **(
                {"epochs": 3, "batch_rows": 4, "base_dropout": True, "precision": "float32", "checkpoint_steps": 1}
                | settings
            )
        )
        self.folder, self.inputs = folder, inputs
        self.said: list[str] = []
        self.steps: list[StepRecord] = []
        self.taken_up: list[Any] = []
        self.model: T5ForConditionalGeneration = tiny_t5()

    def __call__(self, stop_after: int | None = None, take_up: Callable[[Any], None] | None = None) -> "Run":
        keeper = Checkpoints(
            self.folder,
            self.inputs,
            self.config,
            torch.device("cpu"),
            lambda: {"told": len(self.steps)},
            take_up or self.taken_up.append,
            self.said.append,
            lambda: len(self.steps) == stop_after,
        )
        everything = {"base": list(self.model.parameters())}
        try:
            train(self.model, everything, EXAMPLES, self.config, 3, self.steps.append, keeper=keeper)
        except KeyboardInterrupt:
            assert len(self.steps) == stop_after
        return self


def state(run: Run) -> str:
    return model_fingerprint(run.model)


@pytest.fixture(scope="module")
def undisturbed(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Run]:
    folder = tmp_path_factory.mktemp("undisturbed")
    return {one: Run(folder / one, schedule=one, checkpoint_steps=None)() for one in ("constant", "linear")}


def names(folder: Path) -> list[str]:
    return sorted(path.name for path in folder.iterdir())


@pytest.mark.parametrize("schedule", ["constant", "linear"])
@pytest.mark.parametrize("step", [1, 3, STEPS])
def test_going_on_ends_with_the_same_bits(
    undisturbed: dict[str, Run], step: int, schedule: str, tmp_path: Path
) -> None:
    Run(tmp_path / "kept", schedule=schedule)(stop_after=step)
    torch.manual_seed(99)
    again = Run(tmp_path / "kept", schedule=schedule)()
    assert state(again) == state(undisturbed[schedule])
    assert [one.loss for one in again.steps] == [one.loss for one in undisturbed[schedule].steps[step:]]


def test_steps_and_tokens_are_counted_on(undisturbed: dict[str, Run], tmp_path: Path) -> None:
    Run(tmp_path / "kept")(stop_after=4)
    first = Run(tmp_path / "kept")().steps[0]
    assert (first.step, first.tokens) == (5, undisturbed["constant"].steps[4].tokens)


def test_time_spent_before_counts(tmp_path: Path) -> None:
    stopped = Run(tmp_path / "kept")(stop_after=4)
    assert Run(tmp_path / "kept")().steps[0].seconds > stopped.steps[-1].seconds


def test_the_caller_gets_back_what_it_gave(tmp_path: Path) -> None:
    Run(tmp_path / "kept")(stop_after=4)
    assert Run(tmp_path / "kept")().taken_up == [{"told": 4}]


def test_going_on_is_said(tmp_path: Path) -> None:
    Run(tmp_path / "kept")(stop_after=4)
    assert Run(tmp_path / "kept")().said == [f"{tmp_path / 'kept'}: goes on after step 4 of 6"]


def test_two_checkpoints_are_kept(tmp_path: Path) -> None:
    Run(tmp_path / "kept")()
    assert names(tmp_path / "kept") == ["00000005", "00000006"]


@pytest.mark.parametrize(
    ("settings", "expected"), [({"checkpoint_steps": 4}, ["00000004"]), ({"checkpoint_steps": 9}, [])]
)
def test_checkpoints_come_every_so_many_steps(settings: dict[str, Any], expected: list[str], tmp_path: Path) -> None:
    (tmp_path / "kept").mkdir()
    run = Run(tmp_path / "kept", **settings)()
    assert (names(run.folder) if run.folder.exists() else []) == expected


def test_checkpoints_come_every_so_many_minutes(tmp_path: Path) -> None:
    run = Run(tmp_path / "kept", checkpoint_steps=None, checkpoint_minutes=1e-9)()
    assert names(run.folder) == ["00000005", "00000006"]


def damage(path: Path, kind: str) -> None:
    content = path.read_bytes()
    changed = {
        "empty": b"",
        "cut": content[: len(content) // 2],
        "one bit": content[:-3] + bytes([content[-3] ^ 1]) + content[-2:],
        "longer": content + b"x",
    }
    path.unlink() if kind == "missing" else path.write_bytes(changed[kind])


KINDS = ("missing", "empty", "cut", "one bit", "longer")
FILES = ("state.safetensors", "state.json", "checksums.json")


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("file", FILES)
def test_where_the_newest_is_damaged_the_one_before_is_used_and_that_is_said(
    undisturbed: dict[str, Run], file: str, kind: str, tmp_path: Path
) -> None:
    Run(tmp_path / "kept")(stop_after=4)
    damage(tmp_path / "kept" / "00000004" / file, kind)
    again = Run(tmp_path / "kept")()
    assert again.said[0].startswith("a checkpoint is not used: ")
    assert file in again.said[0]
    assert again.said[1].endswith("goes on after step 3 of 6")
    assert state(again) == state(undisturbed["constant"])


def test_where_both_are_damaged_the_training_begins_anew(undisturbed: dict[str, Run], tmp_path: Path) -> None:
    Run(tmp_path / "kept")(stop_after=4)
    for path in (tmp_path / "kept").glob("*/state.safetensors"):
        damage(path, "cut")
    again = Run(tmp_path / "kept")()
    assert [one.startswith("a checkpoint is not used: ") for one in again.said] == [True, True]
    assert (again.taken_up, len(again.steps)) == ([None], STEPS)
    assert state(again) == state(undisturbed["constant"])


def test_a_checkpoint_of_other_settings_is_not_used(tmp_path: Path) -> None:
    Run(tmp_path / "kept", "those")(stop_after=4)
    again = Run(tmp_path / "kept", "these")()
    assert "other settings" in again.said[0]
    assert len(again.steps) == STEPS


def test_a_checkpoint_of_another_version_is_not_used(tmp_path: Path) -> None:
    Run(tmp_path / "kept")(stop_after=1)
    folder = tmp_path / "kept" / "00000001"
    write_json(folder / "state.json", read_json(folder / "state.json") | {"version": 2})
    write_checksums(folder, list_files(folder, (folder / "state.json", folder / "state.safetensors")))
    again = Run(tmp_path / "kept")()
    assert "state.json: version" in again.said[0]
    assert len(again.steps) == STEPS


def test_where_the_caller_cannot_use_one_the_one_before_is_tried(tmp_path: Path) -> None:
    Run(tmp_path / "kept")(stop_after=4)

    def take_up(state: dict[str, int]) -> None:
        if state["told"] == 4:
            raise InputError("is damaged", "steps.jsonl")

    assert Run(tmp_path / "kept")(take_up=take_up).steps[0].step == 4


def test_what_was_cut_short_while_it_was_made_is_no_checkpoint(tmp_path: Path) -> None:
    Run(tmp_path / "kept")(stop_after=4)
    (tmp_path / "kept" / "00000004").rename(tmp_path / "kept" / ".00000004.part")
    assert Run(tmp_path / "kept")(stop_after=0).said == [f"{tmp_path / 'kept'}: goes on after step 3 of 6"]
