import shutil
from collections.abc import Callable
from pathlib import Path

import pytest

from graftwork.analysis.analyze import analyze
from graftwork.errors import InputError
from graftwork.results.analysis import Analysis
from graftwork.results.analysis_file import ANALYSIS_FILE, read_analysis
from tests.analysis.conftest import Ran
from tests.study.support import Watcher


class StoppedError(Exception):
    """Somebody stopped it."""


class Looker(Watcher):
    """Knows which pieces are done, and what was worked on."""

    def __init__(self, stop_after: int | None = None) -> None:
        super().__init__()
        self.done: list[str] = []
        self._stop_after = stop_after

    def advance(self, done: int) -> None:
        assert done >= 0

    def piece_done(self, name: str) -> None:
        self.done.append(name)
        if len(self.done) == self._stop_after:
            raise StoppedError


@pytest.fixture
def one_approach(ran: Ran, tmp_path: Path) -> Path:
    """A copy of the study, of which one approach has been trained."""
    folder = tmp_path / "run"
    shutil.copytree(ran.folder.path, folder)
    for path in (folder / "runs").iterdir():
        if path.name != "hybrid-shared":
            shutil.rmtree(path)
    return folder


def run(folder: Path, looker: Looker | None = None, **changes: object) -> Analysis:
    settings = {"items": 1, "replay_steps": 1, "seeds": [1], **changes}
    return analyze(folder, watcher=looker or Looker(), **settings)  # type: ignore[arg-type]


def test_an_analysis_of_a_partly_finished_study_holds_what_was_trained(one_approach: Path) -> None:
    analysis = run(one_approach)
    assert analysis == read_analysis(one_approach / ANALYSIS_FILE)
    assert analysis.finished
    assert {row.approach for row in analysis.zero_shots} == {"base", "hybrid-shared"}
    fields = ("knock_outs", "shares", "updates", "gradients", "replays", "similarities", "overlaps", "interpolations")
    assert all(getattr(analysis, field) for field in fields)


def test_an_interrupted_analysis_goes_on_where_it_stopped(one_approach: Path, ran: Ran) -> None:
    with pytest.raises(StoppedError):
        run(one_approach, Looker(stop_after=4))
    half = read_analysis(one_approach / ANALYSIS_FILE)
    assert not half.finished
    again = Looker()
    whole = run(one_approach, again)
    assert len(half.pieces) == 4
    assert not any("replay" in piece for piece in half.pieces)
    assert whole.updates == half.updates
    assert len(again.done) == len(whole.pieces) > 4


def test_nothing_is_done_twice(one_approach: Path) -> None:
    first, looker = run(one_approach), Looker()
    assert run(one_approach, looker) == first
    assert {piece for piece in looker.pieces if piece != "prepare the data"} == set()


def test_other_settings_are_measured_anew(one_approach: Path) -> None:
    run(one_approach)
    again = run(one_approach, items=2)
    assert {row.n for row in again.zero_shots} == {2}


def test_a_seed_that_is_added_leaves_what_is_there(one_approach: Path) -> None:
    first = run(one_approach)
    both = run(one_approach, seeds=None)
    assert set(first.updates) < set(both.updates)
    assert {row.between for row in both.overlaps} == {"tasks", "seeds"}
    # A score that does not exist for what one of the seeds wrote leaves that seed out.
    assert {row.seeds for row in both.shares if row.metric == "loss"} == {2}


def change_data(folder: Path) -> None:
    recipe = folder / "recipe.yaml"
    recipe.write_text(recipe.read_text().replace("train: 8", "train: 7"))


@pytest.mark.parametrize(
    ("spoil", "said"),
    [
        (change_data, "the data are not those it was trained on"),
        (lambda folder: shutil.rmtree(folder / "runs"), "no task of these seeds has been trained"),
        (lambda folder: (folder / "recipe.yaml").unlink(), "is no run folder"),
        (lambda folder: (folder / "results.json").unlink(), "has no results.json yet"),
    ],
)
def test_a_folder_that_cannot_be_analysed_is_refused(
    one_approach: Path, spoil: Callable[[Path], object], said: str
) -> None:
    spoil(one_approach)
    with pytest.raises(InputError, match=said):
        run(one_approach)


def test_a_seed_that_the_study_lacks_is_refused(one_approach: Path) -> None:
    with pytest.raises(InputError, match="no seed 9; the study's are 1, 2"):
        run(one_approach, seeds=[9])
