from io import StringIO
from pathlib import Path

import pytest
from rich.console import Console

from graftwork.cli.display import Display
from graftwork.continual.runner import Measured, TaskRecord
from graftwork.results.names import Cell

CELL = Cell("lora", "python+javascript", 1)
SCORES = {"mined": {"loss": 1.5, "exact_match": 0.25}}
MEASURED = [
    Measured(task=task, fingerprint="f", scores=SCORES, counts={"mined": 4}, signatures={})
    for task in ("python", "javascript")
]
RECORD = TaskRecord(
    inputs="i",
    steps=1,
    tokens=2,
    train_seconds=3.0,
    evaluate_seconds=4.0,
    peak_memory_bytes=5,
    stored_bytes=6,
    curve=(),
    measured=tuple(MEASURED),
    probed={},
)


@pytest.fixture
def screen() -> StringIO:
    return StringIO()


@pytest.fixture
def log(tmp_path: Path) -> Path:
    return tmp_path / "run" / "log.txt"


@pytest.fixture
def display(screen: StringIO, log: Path) -> Display:
    return Display(Console(file=screen, width=200, force_terminal=True), log)


def test_a_task_that_is_done_is_told_with_its_scores(display: Display, screen: StringIO) -> None:
    with display:
        display.begin(2)
        display.task_done(CELL, "python", RECORD)
    line = "lora (seed 1) after python: mined loss 1.500, exact match 25.0%; 7 s"
    assert screen.getvalue().count(line) == 1


def test_the_whole_and_the_work_at_hand_are_shown(display: Display, screen: StringIO) -> None:
    with display:
        display.begin(4)
        display.start("train python", 10)
        display.advance(3)
        display.task_done(CELL, "python", RECORD)
    shown = screen.getvalue()
    for text in ("whole study, tasks", "1/4", "train python", "3/10"):
        assert text in shown


def test_one_piece_of_work_is_shown_at_a_time(display: Display, screen: StringIO) -> None:
    with display:
        display.start("first", 1)
        display.start("second", 1)
        screen.truncate(0)
        display.advance(1)
    assert "first" not in screen.getvalue()


def test_each_worker_has_a_line_of_its_own(display: Display, screen: StringIO) -> None:
    with display:
        display.start("base: evaluate python", 5)
        for number, what in ((1, "train python"), (2, "train javascript")):
            display.beside(number).start(what, 10)
        screen.truncate(0)
        display.beside(1).advance(4)
        display.beside(2).advance(7)
    shown = screen.getvalue()
    assert all(text in shown for text in ("train python", "4/10", "train javascript", "7/10"))
    assert "base: evaluate" not in shown


def test_nothing_breaks_before_anything_begins(display: Display, log: Path) -> None:
    display.advance(1)
    display.task_done(CELL, "python", RECORD)
    assert not log.exists()


def test_lines_go_to_the_log(display: Display, log: Path) -> None:
    log.parent.mkdir()
    display.say("one")
    display.say("two")
    assert log.read_text() == "one\ntwo\n"


def test_lines_from_before_there_was_a_folder_go_to_the_log_too(display: Display, log: Path) -> None:
    display.say("one")
    log.parent.mkdir()
    display.say("two")
    assert log.read_text() == "one\ntwo\n"


def test_an_earlier_log_is_kept(display: Display, log: Path) -> None:
    log.parent.mkdir()
    log.write_text("earlier\n")
    display.say("later")
    assert log.read_text() == "earlier\nlater\n"


def test_lines_are_shown_as_they_are(display: Display, screen: StringIO) -> None:
    with display:
        display.say("failed: [bold]lora[/bold]")
    assert "failed: [bold]lora[/bold]" in screen.getvalue()


def test_the_bars_go_away_when_something_is_raised(display: Display) -> None:
    with pytest.raises(RuntimeError), display:
        display.begin(1)
        raise RuntimeError
    assert display._bars.finished is False
    assert not display._bars.live.is_started
