import errno
import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
import yaml

import graftwork.report
import graftwork.study.run
from graftwork.cli.run import parse_seeds, parse_workers
from graftwork.errors import InputError, StudyError
from graftwork.files import DISK
from graftwork.results.folder import RunFolder
from tests.cli.conftest import Call
from tests.study.support import APPROACHES, recipe, write_recipe


@pytest.fixture
def out(tmp_path: Path) -> Path:
    return tmp_path / "run"


def test_a_study_writes_its_report_and_shows_it(call: Call, lora: Path, out: Path) -> None:
    ended = call("run", lora, "--out", out)
    assert (ended.code, ended.err) == (0, "")
    assert "What learned most" in ended.out
    assert f"{out / 'report.html'}  (0 min " in ended.out
    for name in ("report.html", "report.md", "results.json", "environment.json", "recipe.yaml", "log.txt"):
        assert (out / name).stat().st_size > 0


def test_the_log_tells_of_each_task(call: Call, lora: Path, out: Path) -> None:
    call("run", lora, "--out", out)
    lines = (out / "log.txt").read_text().splitlines()
    assert [line.partition(":")[0] for line in lines] == [
        "lora (seed 1) after python",
        "lora (seed 1) after javascript",
    ]


def test_the_folder_is_named_after_the_recipe(
    call: Call, lora: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    call("run", lora, "--set", "name=other")
    assert (tmp_path / "runs" / "other" / "results.json").is_file()


def test_seeds_and_settings_are_taken_from_the_command_line(call: Call, lora: Path, out: Path) -> None:
    call("run", lora, "--out", out, "--seeds", "2", "--set", "probes=1", "--set", "tasks.0.subsets.1.test=2")
    results = RunFolder(out).read_results()
    assert results.study.seeds == (1, 2)
    assert {row.test for row in results.tasks if (row.name, row.subset) == ("python", "generated")} == {2}


def test_the_same_command_goes_on(call: Call, lora: Path, out: Path) -> None:
    call("run", lora, "--out", out)
    (RunFolder(out).path / "report.html").unlink()
    assert call("run", lora, "--out", out).code == 0
    assert (out / "report.html").is_file()


def test_an_untouched_folder_passes_the_recheck(call: Call, lora: Path, out: Path) -> None:
    call("run", lora, "--out", out)
    ended = call("run", lora, "--out", out, "--recheck")
    assert ended.code == 0
    assert "rechecked: every evaluation came out the same" in ended.out


def without_checksums(out: Path) -> None:
    """Make it a folder of an older version: checksums would notice a change before anything is evaluated."""
    for path in out.rglob("checksums.json"):
        path.unlink()


def test_a_recheck_that_finds_a_difference_fails(call: Call, lora: Path, out: Path) -> None:
    call("run", lora, "--out", out)
    without_checksums(out)
    (marker,) = out.rglob("01-javascript/done")
    marker.write_text(marker.read_text().replace('"exact_match": 0.0', '"exact_match": 0.5'))
    ended = call("run", lora, "--out", out, "--recheck")
    assert ended.code == 1
    assert "had exact_match 0.5 on mined and now has 0.0" in ended.line()


def test_a_recheck_of_a_broken_adapter_is_bad_input(call: Call, lora: Path, out: Path) -> None:
    call("run", lora, "--out", out)
    without_checksums(out)
    (weights,) = out.rglob("01-javascript/adapter/*.safetensors")
    weights.write_bytes(weights.read_bytes()[:-1])
    ended = call("run", lora, "--out", out, "--recheck")
    assert ended.code == 2
    assert "not a whole safetensors file" in ended.line()


def test_a_changed_recipe_is_bad_input(call: Call, lora: Path, out: Path) -> None:
    call("run", lora, "--out", out)
    ended = call("run", lora, "--out", out, "--set", "training.epochs=2")
    assert ended.code == 2
    assert "was run with other settings" in ended.line()


def test_a_folder_in_use_is_bad_input(call: Call, lora: Path, out: Path) -> None:
    with RunFolder(out).lock():
        ended = call("run", lora, "--out", out)
    assert ended.code == 2
    assert "another process is working on this folder" in ended.line()


@pytest.mark.parametrize(
    ("arguments", "text"),
    [
        (("nope.yaml",), "nope.yaml: no such recipe"),
        (("smoke", "--set", "trainig.epochs=1"), "unknown key 'trainig'; did you mean 'training'?"),
        (("smoke", "--set", "training"), "--set: cannot use 'training'"),
        (("smoke", "--seeds", "many"), "--seeds: cannot use 'many'"),
        (("smoke", "--set", "base=./nowhere"), "base ./nowhere: no such folder"),
    ],
)
def test_bad_input_is_one_line(call: Call, out: Path, arguments: tuple[str, ...], text: str) -> None:
    ended = call("run", *arguments, "--set", "tasks.1.subsets=[{kind: generated, train: 1}]", "--out", out)
    assert ended.code == 2
    assert text in ended.line()
    assert not out.exists()


def test_a_full_disk_is_one_line_and_what_is_done_is_kept(
    call: Call, lora: Path, out: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    fsync = os.fsync

    def full(descriptor: int) -> None:
        if list(out.rglob("00-python/done")):
            raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))
        fsync(descriptor)

    monkeypatch.setattr("graftwork.files.os.fsync", full)
    ended = call("run", lora, "--out", out)
    assert ended.code == 2
    assert "cannot be written (No space left on device); free some space" in ended.line()
    monkeypatch.undo()
    (done,) = out.rglob("00-python/done")
    before = done.stat().st_mtime_ns
    assert call("run", lora, "--out", out).code == 0
    assert done.stat().st_mtime_ns == before


@pytest.mark.parametrize("number", [errno.EMFILE, errno.EROFS, errno.EACCES])
def test_what_the_system_refuses_is_one_line_and_the_study_goes_on(
    number: int, call: Call, lora: Path, out: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def refuse(operation: str, path: Path) -> None:
        if path.name == "adapter_config.json":
            raise OSError(number, os.strerror(number), str(path))

    monkeypatch.setattr(DISK, "before", refuse)
    ended = call("run", lora, "--out", out)
    assert ended.code == 2
    assert "adapter_config.json" in ended.line()
    assert os.strerror(number) in ended.line()
    monkeypatch.undo()
    assert call("run", lora, "--out", out).code == 0


# Failing


@pytest.fixture
def wild(material: Path, tmp_path: Path) -> Path:
    """The recipe of a study of which one approach fails."""
    wild = {"name": "wild", **APPROACHES["lora"], "training": {"learning_rate": 1e30, "batch_rows": 2}}
    path = tmp_path / "wild.yaml"
    path.write_text(yaml.safe_dump(recipe(material, approaches=[wild, {"name": "tame", **APPROACHES["lora"]}])))
    return path


def test_a_failing_cell_fails_the_study_after_everything_else_is_done(call: Call, wild: Path, out: Path) -> None:
    ended = call("run", wild, "--out", out)
    assert ended.code == 1
    assert "1 cell(s) failed; wild" in ended.line()
    assert "tame (seed 1) after javascript" in ended.out
    assert f"report of what is done: {out / 'report.html'}" in ended.out
    assert "tame" in (out / "report.md").read_text()


def test_a_report_that_fails_does_not_hide_why_the_study_did(
    call: Call, wild: Path, out: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def broken(folder: Path) -> None:
        raise ValueError("no colours")

    monkeypatch.setattr(graftwork.report, "build_report", broken)
    ended = call("run", wild, "--out", out)
    assert ended.code == 1
    assert "1 cell(s) failed; wild" in ended.line()
    assert "the report could not be written: no colours" in ended.out


def test_a_study_that_fails_before_there_are_records_has_no_report(
    call: Call, lora: Path, out: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def fail(*arguments: Any) -> None:
        raise StudyError("the validation loss is nan")

    monkeypatch.setattr(graftwork.study.run, "run_study", fail)
    ended = call("run", lora, "--out", out)
    assert (ended.code, ended.line()) == (1, "the validation loss is nan")
    assert "report" not in ended.out


# Interrupting


def test_ctrl_c_ends_with_one_line_and_the_same_command_goes_on(
    call: Call, material: Path, tmp_path: Path, out: Path
) -> None:
    path = tmp_path / "two.yaml"
    path.write_text(yaml.safe_dump(recipe(material, "hybrid-shared", "sequential")))
    interrupted(["run", str(path), "--out", str(out)], lambda: bool(list(out.rglob("done"))))
    assert call("run", path, "--out", out).code == 0


def interrupted(arguments: list[str], far: Callable[[], bool]) -> None:
    """Start the command, press Ctrl-C once it is so far, and see that it ends as it says."""
    command = [sys.executable, "-m", "graftwork.cli.main", *arguments]
    # Where the tests themselves run in the background, a shell lets them, and so the command, ignore Ctrl-C.
    handler = signal.signal(signal.SIGINT, signal.default_int_handler)
    try:
        process = subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)
    finally:
        signal.signal(signal.SIGINT, handler)
    with process:
        while not far() and process.poll() is None:
            time.sleep(0.01)
        process.send_signal(signal.SIGINT)
        _, errors = process.communicate()
    assert process.returncode == 130
    assert errors == "graftwork: interrupted; what a study has done is kept, and the same command goes on from there\n"


# Workers


@pytest.mark.parametrize(("text", "workers"), [("auto", "auto"), ("1", 1), ("16", 16)])
def test_workers_are_a_number_or_left_to_the_command(text: str, workers: int | str) -> None:
    assert parse_workers(text) == workers


@pytest.mark.parametrize("text", ["0", "-1", "two", "1.5", "", "²"])
def test_other_workers_are_refused(text: str) -> None:
    with pytest.raises(InputError, match="--workers: cannot use .*; give a number of processes from 1 on, or auto"):
        parse_workers(text)


def test_a_study_in_two_processes_writes_its_report_and_log(
    call: Call, material: Path, tmp_path: Path, out: Path
) -> None:
    path = write_recipe(tmp_path / "two.yaml", recipe(material, "lora", "extra-layer"))
    ended = call("run", path, "--out", out, "--workers", "2")
    assert (ended.code, ended.err) == (0, "")
    assert "in each of 2 processes" in (out / "report.html").read_text()
    assert len((out / "log.txt").read_text().splitlines()) == 4


def test_ctrl_c_in_two_processes_ends_like_in_one(material: Path, tmp_path: Path, out: Path) -> None:
    path = write_recipe(tmp_path / "two.yaml", recipe(material, "lora", "extra-layer", training={"epochs": 200}))
    interrupted(["run", str(path), "--out", str(out), "--workers", "2"], lambda: bool(list(out.rglob("steps.jsonl"))))


# Seeds


@pytest.mark.parametrize(
    ("text", "seeds"),
    [("3", [1, 2, 3]), ("4,7", [4, 7]), ("4,", [4]), (" 4 , 7 ", [4, 7]), ("0,1", [0, 1]), ("1", [1])],
)
def test_seeds_are_counted_or_named(text: str, seeds: list[int]) -> None:
    assert parse_seeds(text) == seeds


@pytest.mark.parametrize("text", ["", ",", "0", "-1", "1.5", "one", "1,two", "²", "1;2"])
def test_other_seeds_are_refused(text: str) -> None:
    with pytest.raises(InputError, match="--seeds: cannot use .*; give a count such as 10, or seeds such as 1,2,3"):
        parse_seeds(text)
