from pathlib import Path

import pytest

from graftwork.report.view import View
from graftwork.results import RunFolder
from tests.report.synthetic import interrupted, make_results, write_run


@pytest.fixture(scope="session")
def one_seed(tmp_path_factory: pytest.TempPathFactory) -> RunFolder:
    return write_run(tmp_path_factory.mktemp("one") / "run")


@pytest.fixture(scope="session")
def three_seeds(tmp_path_factory: pytest.TempPathFactory) -> RunFolder:
    return write_run(tmp_path_factory.mktemp("three") / "run", (1, 2, 3))


@pytest.fixture(scope="session")
def view() -> View:
    return View(make_results())


@pytest.fixture(scope="session")
def view_of_three() -> View:
    return View(make_results((1, 2, 3)))


@pytest.fixture(scope="session")
def unfinished() -> View:
    return View(interrupted(make_results()))


@pytest.fixture(scope="session")
def unfinished_run(tmp_path_factory: pytest.TempPathFactory) -> RunFolder:
    folder = write_run(tmp_path_factory.mktemp("unfinished") / "run")
    folder.write_results(interrupted(folder.read_results()))
    return folder


@pytest.fixture
def bare(view: View) -> View:
    """A study of which nothing has run yet."""
    nothing = ("cells", "scores", "summary", "comparisons", "isolation", "costs", "curves", "timings", "parameters")
    return View(view.results.model_copy(update=dict.fromkeys(nothing, ())))


@pytest.fixture
def writable(tmp_path: Path) -> RunFolder:
    return write_run(tmp_path / "run", items=2)
