from dataclasses import dataclass
from pathlib import Path

import pytest

from graftwork.models.load import Base, load_base
from graftwork.results.records import Results
from graftwork.study import run
from tests.study.support import Watcher, save_base, study, write_rows


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
    """All five approaches; tests look at it and leave it as it is."""
    path, watcher = tmp_path_factory.mktemp("whole") / "run", Watcher()
    base = load_base(str(material / "base"))
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(run, "load_base", lambda name: base)
        results = run.run_study(study(material), path, watcher)
    return Whole(path, results, watcher, base)
