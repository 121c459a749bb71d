"""Every file of a run folder and of an adapter, damaged in every way: refused in a line, or made good and said so."""

import json
import shutil
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pyarrow.parquet
import pytest
import safetensors.torch

from graftwork.components import Grafts
from graftwork.data.recipe import BuiltTask, build_task
from graftwork.errors import InputError
from graftwork.models.load import Base, load_base
from graftwork.report.page import page_of
from graftwork.report.view import View
from graftwork.results.folder import RunFolder
from graftwork.results.names import Cell
from graftwork.study import run
from graftwork.study.verify import verify_files
from tests.study.faults import tiny_study
from tests.study.support import Watcher

APPROACHES = ("lora", "replay")
"""An adapter in PEFT's format, and a whole model with a method's state."""
NOT_RECORDS = {".lock", "log.txt", "report.html", "report.md"}
"""What nothing reads again: the log is for people, and the report is made anew from the records at any time."""


def flipped(content: bytes, place: int) -> bytes:
    return content[:place] + bytes([content[place] ^ 0b100]) + content[place + 1 :]


def of_another_version(path: Path) -> None:
    """As another version of this package, or of the library that writes it, may have written it."""
    if path.suffix == ".parquet":
        pyarrow.parquet.write_table(pyarrow.parquet.read_table(path), path, compression="gzip")
    elif path.suffix == ".safetensors":
        tensors = safetensors.torch.load_file(path)
        safetensors.torch.save_file(tensors, path, metadata={"version": "9"})
    elif path.suffix == ".json" or path.name == "done":
        path.write_text(json.dumps(json.loads(path.read_text()) | {"version": 9, "schema_version": 9}))
    else:
        path.write_text(path.read_text() + "\nversion: 9\n")


KINDS: dict[str, Callable[[Path, Path], object]] = {
    "missing": lambda path, other: path.unlink(),
    "empty": lambda path, other: path.write_bytes(b""),
    "truncated": lambda path, other: path.write_bytes(path.read_bytes()[: path.stat().st_size // 2]),
    "one bit at the start": lambda path, other: path.write_bytes(flipped(path.read_bytes(), 0)),
    "one bit in the middle": lambda path, other: path.write_bytes(flipped(path.read_bytes(), path.stat().st_size // 2)),
    "one bit at the end": lambda path, other: path.write_bytes(flipped(path.read_bytes(), path.stat().st_size - 2)),
    "of another run": lambda path, other: shutil.copy(other, path),
    "of another version": lambda path, other: of_another_version(path),
}


@pytest.fixture(scope="module")
def base(material: Path) -> Base:
    return load_base(str(material / "base"))


@pytest.fixture(scope="module")
def built(material: Path) -> dict[str, BuiltTask]:
    return {task.name: build_task(task) for task in tiny_study(material, *APPROACHES).tasks}


@pytest.fixture(autouse=True)
def prepared(base: Base, built: dict[str, BuiltTask], monkeypatch: pytest.MonkeyPatch) -> None:
    """Base and data are read once for all of the several hundred runs here."""
    monkeypatch.setattr(run, "load_base", lambda name: base)
    monkeypatch.setattr(run, "build_task", lambda config, progress: built[config.name])


@pytest.fixture(scope="module")
def runs(material: Path, base: Base, tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, Path]:
    """A finished study, and one of the same names that was trained otherwise."""
    folder = tmp_path_factory.mktemp("runs")
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(run, "load_base", lambda name: base)
        for name, probes in (("this", 2), ("other", 1)):
            config = tiny_study(material, *APPROACHES, probes=probes)
            rate = config.training.model_copy(update={"learning_rate": 0.01 * probes})
            run.run_study(config.model_copy(update={"training": rate}), folder / name)
    return folder / "this", folder / "other"


def damaged(runs: tuple[Path, Path], copy: Path, kind: str, wanted: Callable[[Path], bool]) -> Iterator[Path]:
    """Give each wanted file of a finished study after damaging it alone, in a copy that is otherwise whole."""
    this, other = runs
    shutil.copytree(this, copy)
    names = [path.relative_to(this) for path in sorted(this.rglob("*")) if path.is_file() and wanted(path)]
    for name in names:
        before = (this / name).read_bytes()
        KINDS[kind](copy / name, other / name)
        if not (copy / name).is_file() or (copy / name).read_bytes() != before:
            yield copy / name
        shutil.copy(this / name, copy / name)
        for path in (path for path in this.rglob("*") if path.is_file()):  # whatever else came of it
            there = copy / path.relative_to(this)
            if not there.is_file() or there.read_bytes() != path.read_bytes():
                there.parent.mkdir(parents=True, exist_ok=True)
                shutil.copy(path, there)


def is_record(path: Path) -> bool:
    return path.name not in NOT_RECORDS


def config_of(runs: tuple[Path, Path], material: Path) -> Any:
    config = tiny_study(material, *APPROACHES, probes=2)
    return config.model_copy(update={"training": config.training.model_copy(update={"learning_rate": 0.02})})


def refused(work: Callable[[], object], path: Path) -> bool:
    """Whether something is refused in a line that names the file, its list, or its adapter's other file."""
    try:
        work()
    except InputError as error:
        return "\n" not in str(error) and error.exit_code == 2
    return False


@pytest.mark.parametrize("kind", KINDS)
def test_going_on_refuses_it_or_makes_it_good_and_says_so(
    kind: str, runs: tuple[Path, Path], material: Path, tmp_path: Path
) -> None:
    silent, number = [], 0
    for path in damaged(runs, tmp_path / "copy", kind, is_record):
        watcher = Watcher()
        said = refused(
            lambda watcher=watcher: run.run_study(config_of(runs, material), tmp_path / "copy", watcher), path
        )
        said = said or any(str(path) in text or str(path.parent) in text for text in watcher.said)
        silent += [] if said else [str(path.relative_to(tmp_path / "copy"))]
        number += 1
    assert number > 35
    assert silent == []


@pytest.mark.parametrize("kind", KINDS)
def test_verifying_names_it(kind: str, runs: tuple[Path, Path], tmp_path: Path) -> None:
    silent = []
    for path in damaged(runs, tmp_path / "copy", kind, is_record):
        folder = tmp_path / "copy"
        rows = list(verify_files(RunFolder(folder)))
        named = [
            row for row in rows if row.same is not True and (str(path) in row.found or str(path.parent) in row.found)
        ]
        unfinished = path.name == "done" and kind == "missing"
        silent += [] if named or unfinished or path.name == "recipe.yaml" else [str(path.relative_to(folder))]
    assert silent == []


def read_by_the_report(path: Path) -> bool:
    return path.name in ("results.json", "checksums.json") or path.parent.name == "predictions"


@pytest.mark.parametrize("kind", KINDS)
def test_the_report_refuses_what_it_reads_or_says_what_it_could_not_check(
    kind: str, runs: tuple[Path, Path], tmp_path: Path
) -> None:
    silent = []
    for path in damaged(runs, tmp_path / "copy", kind, read_by_the_report):
        folder = RunFolder(tmp_path / "copy")

        def read(folder: RunFolder = folder) -> None:
            RunFolder.open(folder.path)
            for cell in {(one.approach, one.order, one.seed) for one in folder.read_results().cells}:
                folder.read_predictions(Cell(*cell))

        said = refused(read, path) or bool(folder.unchecked())
        silent += [] if said else [str(path.relative_to(folder.path))]
    assert silent == []


def of_an_adapter(path: Path) -> bool:
    return path.parent.name == "adapter" and path.name.startswith("adapter_")


# By itself, the weights of a training with the same settings are an adapter as any other, and so are those that another
# program saved again.
BY_ITSELF = [(kind, True) for kind in KINDS if kind not in ("of another run", "of another version")]


@pytest.mark.parametrize(("kind", "alone"), [*((kind, False) for kind in KINDS), *BY_ITSELF])
def test_an_adapter_is_refused_when_it_is_loaded(
    kind: str, alone: bool, runs: tuple[Path, Path], base: Base, tmp_path: Path
) -> None:
    silent = []
    for path in damaged(runs, tmp_path / "copy", kind, of_an_adapter):
        if alone:
            (path.parents[1] / "checksums.json").unlink()
        grafts = Grafts(base)
        said = refused(lambda grafts=grafts, path=path: grafts.load(path.parent), path)
        grafts.detach()
        silent += [] if said else [str(path.relative_to(tmp_path / "copy"))]
    assert silent == []


def test_a_folder_without_checksums_is_still_reported_on_and_that_is_said(
    runs: tuple[Path, Path], tmp_path: Path
) -> None:
    folder = RunFolder(Path(shutil.copytree(runs[0], tmp_path / "old")))
    for path in folder.path.rglob("checksums.json"):
        path.unlink()
    page_of(View(folder.read_results()), folder)
    assert folder.unchecked() == [
        f"{folder.path} (and 4 more): has no checksums.json, so its files cannot be checked for damage"
    ]
