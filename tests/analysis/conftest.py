"""A small study that was run for real, and a bench to analyse it on."""

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

import pytest

from graftwork.analysis.bench import Bench
from graftwork.analysis.versions import Version, versions_of
from graftwork.data.recipe import build_task
from graftwork.models.load import load_base
from graftwork.results.folder import RunFolder
from graftwork.study.run import run_study
from tests.study.support import Watcher, save_base, study, write_rows

APPROACHES = ("extra-layer", "hybrid", "hybrid-shared", "sequential")
SEEDS = (1, 2)


@dataclass(frozen=True)
class Ran:
    """A study that ran, and what its first seed saved, by approach."""

    folder: RunFolder
    bench: Bench
    versions: Mapping[str, tuple[Version, ...]]
    both_seeds: Mapping[str, list[tuple[Version, ...]]]


@pytest.fixture(scope="session")
def ran(tmp_path_factory: pytest.TempPathFactory) -> Ran:
    """Some approaches, two seeds; tests look at it and leave it as it is."""
    material = tmp_path_factory.mktemp("material")
    save_base(material / "base")
    write_rows(material)
    config = study(material, *APPROACHES, seeds=list(SEEDS), execute="never")
    path: Path = tmp_path_factory.mktemp("ran") / "run"
    run_study(config, path)
    folder = RunFolder.open(path)
    tasks = {task.name: build_task(task).task for task in config.tasks}
    bench = Bench(config, load_base(config.base), tasks, 2, folder.read_predictions(), Watcher())
    cells = versions_of(config, folder, SEEDS)
    first = {cell.approach: versions for cell, versions in cells.items() if cell.seed == SEEDS[0]}
    both = {name: [versions for cell, versions in cells.items() if cell.approach == name] for name in first}
    return Ran(folder, bench, first, both)
