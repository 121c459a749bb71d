from dataclasses import dataclass
from pathlib import Path

import pytest

from graftwork.models.load import Base, load_base
from graftwork.results.records import Results
from graftwork.study import run
from graftwork.study.config import StudyConfig
from tests.study.support import Watcher, save_base, study, study_of_methods, write_rows


@dataclass(frozen=True)
class Whole:
    """A study that ran from beginning to end."""

    path: Path
    results: Results
    watcher: Watcher
    base: Base
    """The base after it."""


@pytest.fixture(scope="session")
def material(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with a tiny base and rows of code."""
    folder = tmp_path_factory.mktemp("material")
    save_base(folder / "base")
    write_rows(folder)
    return folder


@pytest.fixture(scope="session")
def whole(material: Path, tmp_path_factory: pytest.TempPathFactory) -> Whole:
    """The first five approaches; tests look at it and leave it as it is."""
    return run_whole(study(material), tmp_path_factory.mktemp("whole") / "run")


@pytest.fixture(scope="session")
def methods(material: Path, tmp_path_factory: pytest.TempPathFactory) -> Whole:
    """All other methods; tests look at it and leave it as it is."""
    return run_whole(study_of_methods(material), tmp_path_factory.mktemp("methods") / "run")


def run_whole(config: StudyConfig, path: Path) -> Whole:
    watcher, base = Watcher(), load_base(config.base)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(run, "load_base", lambda name: base)
        results = run.run_study(config, path, watcher)
    return Whole(path, results, watcher, base)
