import json
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path

import pytest
from torch import nn

from graftwork.continual.learner import Learner, Server
from graftwork.continual.method import Method, NoMethod, TaskTraining
from graftwork.continual.runner import Ahead, Measured, TaskRecord, Trained, done_tasks, run_cell, task_seed
from graftwork.data.example import Example
from graftwork.errors import InputError, StudyError
from graftwork.results.folder import RunFolder, TaskFolder
from graftwork.results.names import Cell

CELL = Cell("lora", "a+b+c", 1)


class Memory(Learner):
    """What serves a task is a number: how often anything was trained when the task was."""

    def __init__(self) -> None:
        self.trained: dict[str, int] = {}
        self.calls: list[str] = []

    def begin(self, task: str, seed: int) -> Mapping[str, Mapping[str, nn.Parameter]]:
        self.trained[task] = len(self.trained) + 1
        return {}

    def select(self, task: str) -> None:
        self.calls.append(f"select {task}")

    def fingerprint(self, task: str) -> str:
        return f"{task} {self.trained.get(task)}"

    def isolated(self, task: str) -> bool:
        return True

    def save(self, task: str, folder: Path) -> None:
        folder.mkdir()
        (folder / "weights").write_text(str(self.trained[task]))

    def take_over(self, task: str, folder: Path) -> None:
        self.trained[task] = int((folder / "weights").read_text())

    def load(self, folders: Mapping[str, Path]) -> None:
        self.calls.append(f"load {' '.join(folders)}")
        self.trained = {task: int((folder / "weights").read_text()) for task, folder in folders.items()}

    def sizes(self) -> Mapping[str, int]:
        return {}

    def added_bytes(self, folders: Sequence[Path]) -> int:
        return 100 * len(folders)

    def close(self) -> None:
        self.trained = {}


class Work:
    """A worker that trains nothing and notes what it is asked for."""

    def __init__(self, fail_at: str | None = None) -> None:
        self.calls: list[str] = []
        self.cells: list[Cell] = []
        self.seeds: dict[str, int] = {}
        self._fail_at = fail_at

    def train(
        self, learner: Learner, method: Method, cell: Cell, task: str, seed: int, folder: TaskFolder, inputs: str
    ) -> Trained:
        self.calls.append(f"train {task}")
        self.seeds[task] = seed
        learner.begin(task, seed)
        if task == self._fail_at:
            raise StudyError("the loss is nan")
        return Trained(steps=1, tokens=2, seconds=3.0, peak_memory_bytes=4)

    def measure(self, server: Server, cell: Cell, after: str, task: str) -> Measured:
        self.calls.append(f"measure {task} after {after}")
        self.cells.append(cell)
        fingerprint = server.fingerprint(task)
        return Measured(task=task, fingerprint=fingerprint, scores={}, counts={}, signatures={})

    def probe(self, server: Server, task: str) -> str:
        self.calls.append(f"probe {task}")
        return f"outputs of {server.fingerprint(task)}"


class Notes(Method):
    """Notes the tasks that it wrote of, in their folders."""

    def __init__(self) -> None:
        self.loaded: list[str] = []

    def before_task(self, training: TaskTraining) -> Sequence[Example]:
        raise AssertionError  # the worker tells of this, and the one here does not

    def save(self, folder: Path) -> None:
        folder.mkdir()
        (folder / "state").write_text(folder.parent.name)

    def load(self, folders: Sequence[Path]) -> None:
        self.loaded = [(folder / "state").read_text() for folder in folders]


def inputs(tasks: Sequence[str]) -> str:
    return "+".join(tasks)


@pytest.fixture
def folder(tmp_path: Path) -> RunFolder:
    return RunFolder(tmp_path)


def run(
    folder: RunFolder,
    work: Work | None = None,
    learner: Memory | None = None,
    on_task: Callable[[str, TaskRecord], None] = lambda task, record: None,
    method: Method | None = None,
    ahead: Ahead = "next",
) -> list[TaskRecord]:
    done = done_tasks(CELL, folder, inputs)
    run_cell(
        CELL, done, learner or Memory(), method or NoMethod(), folder, work or Work(), inputs, on_task, ahead=ahead
    )
    return done_tasks(CELL, folder, inputs)


def test_after_each_task_those_learned_and_the_next_are_measured_and_those_learned_probed(folder: RunFolder) -> None:
    work = Work()
    run(folder, work)
    after_a = work.calls[work.calls.index("train a") : work.calls.index("train b")]
    assert after_a == ["train a", "measure a after a", "measure b after a", "probe a"]
    after_c = [*(f"measure {task} after c" for task in CELL.tasks), *(f"probe {task}" for task in CELL.tasks)]
    assert work.calls[-6:] == after_c


@pytest.mark.parametrize(("ahead", "after_a"), [("none", "a"), ("next", "ab"), ("all", "abc")])
def test_of_the_tasks_ahead_those_asked_for_are_measured(folder: RunFolder, ahead: Ahead, after_a: str) -> None:
    records = run(folder, learner=Sharing(), ahead=ahead)
    served = [records[0].measured, records[0].pinned.measured if records[0].pinned else ()]
    assert [[one.task for one in measured] for measured in served] == [list(after_a)] * 2
    assert [one.task for one in records[2].measured] == list(CELL.tasks)


def test_a_cell_goes_on_whichever_tasks_ahead_were_measured_before(folder: RunFolder) -> None:
    with pytest.raises(StudyError):
        run(folder, Work(fail_at="b"), ahead="all")
    records = run(folder)
    assert [len(record.measured) for record in records] == [3, 3, 3]


def test_records_hold_what_was_found(folder: RunFolder) -> None:
    records = run(folder)
    assert [one.task for one in records[-1].measured] == list(CELL.tasks)
    assert [list(record.probed) for record in records] == [["a"], ["a", "b"], ["a", "b", "c"]]
    assert records[1].probed["b"].outputs == "outputs of b 2"
    assert [record.stored_bytes for record in records] == [100, 200, 300]


def test_a_task_is_told_of_when_its_marker_is_there(folder: RunFolder) -> None:
    told: list[str] = []

    def on_task(task: str, record: TaskRecord) -> None:
        assert folder.task(CELL, len(told)).is_done()
        told.append(task)

    run(folder, on_task=on_task)
    assert told == ["a", "b", "c"]


def test_a_failure_leaves_what_is_done(folder: RunFolder) -> None:
    with pytest.raises(StudyError):
        run(folder, Work(fail_at="b"))
    assert [folder.task(CELL, index).is_done() for index in range(3)] == [True, False, False]


def test_going_on_loads_what_was_trained_and_does_the_rest(folder: RunFolder) -> None:
    with pytest.raises(StudyError):
        run(folder, Work(fail_at="c"))
    work, learner = Work(), Memory()
    records = run(folder, work, learner)
    assert learner.calls[0] == "load a b"
    assert [call for call in work.calls if "train" in call] == ["train c"]
    assert records[-1].probed["c"].fingerprint == "c 3"


def test_a_cell_that_is_done_is_left_alone(folder: RunFolder) -> None:
    before = run(folder)
    work = Work()
    assert run(folder, work) == before
    assert work.calls == []


def test_what_stands_behind_a_gap_is_done_again(folder: RunFolder) -> None:
    run(folder)
    folder.task(CELL, 1).done.unlink()
    assert len(done_tasks(CELL, folder, inputs)) == 1
    work = Work()
    run(folder, work)
    assert [call for call in work.calls if "train" in call] == ["train b", "train c"]


def test_what_an_interrupted_task_left_is_removed(folder: RunFolder) -> None:
    half = folder.task(CELL, 0)
    half.adapter.mkdir(parents=True)
    (half.adapter / "junk").touch()
    run(folder)
    assert [path.name for path in half.adapter.iterdir()] == ["weights"]


def test_other_settings_are_refused(folder: RunFolder) -> None:
    run(folder)
    with pytest.raises(InputError, match="task a was run with other settings, other data or another base"):
        done_tasks(CELL, folder, lambda tasks: "others")


def test_a_damaged_file_of_a_task_is_refused_by_name(folder: RunFolder) -> None:
    with pytest.raises(StudyError):
        run(folder, Work(fail_at="c"))
    (folder.task(CELL, 0).adapter / "weights").write_text("7")
    with pytest.raises(
        InputError, match=r"00-a/adapter/weights: is damaged: .*; restore it, or remove .*00-a to train"
    ):
        run(folder)


def test_a_task_that_begins_again_is_told(folder: RunFolder) -> None:
    with pytest.raises(StudyError):
        run(folder, Work(fail_at="b"))
    said: list[str] = []
    done = done_tasks(CELL, folder, inputs)
    run_cell(CELL, done, Memory(), NoMethod(), folder, Work(), inputs, say=said.append)
    assert said == [f"{folder.task(CELL, 1).path}: was begun and not finished, and has no checkpoint; it begins again"]


@pytest.mark.parametrize("content", ["", "[]", '{"steps": 1}'])
def test_a_damaged_marker_is_refused_by_name(folder: RunFolder, content: str) -> None:
    run(folder)
    folder.task(CELL, 1).done.write_text(content)
    with pytest.raises(InputError, match="01-b/done"):
        done_tasks(CELL, folder, inputs)


def test_going_on_from_other_weights_is_refused(folder: RunFolder) -> None:
    with pytest.raises(StudyError):
        run(folder, Work(fail_at="c"))
    (folder.task(CELL, 0).adapter / "weights").write_text("7")
    (folder.task(CELL, 0).path / "checksums.json").unlink()
    with pytest.raises(InputError, match="00-a/adapter: the weights are not those that were saved; remove .*00-a to"):
        run(folder)


def test_each_task_and_each_seed_has_random_numbers_of_its_own(folder: RunFolder) -> None:
    work = Work()
    run(folder, work)
    assert work.seeds == {task: task_seed(1, task) for task in CELL.tasks}
    assert len({task_seed(seed, task) for seed in range(20) for task in CELL.tasks}) == 60


def test_markers_are_plain_json(folder: RunFolder) -> None:
    (record, *_) = run(folder)
    data = json.loads(folder.task(CELL, 0).done.read_text())
    assert TaskRecord.read(data, "") == record


# Methods


def test_what_a_method_keeps_is_written_before_the_task_counts_as_done(folder: RunFolder) -> None:
    with pytest.raises(StudyError):
        run(folder, Work(fail_at="b"), method=Notes())
    assert (folder.task(CELL, 0).method / "state").is_file()


def test_a_method_takes_up_what_it_kept_of_the_tasks_done(folder: RunFolder) -> None:
    with pytest.raises(StudyError):
        run(folder, Work(fail_at="c"), method=Notes())
    method = Notes()
    run(folder, method=method)
    assert method.loaded == ["00-a", "01-b"]


# Pinned versions


class Versions(Server):
    """What the folders of some tasks hold, read when it was made."""

    def __init__(self, folders: Mapping[str, Path]) -> None:
        self.weights = {task: (folder / "weights").read_text() for task, folder in folders.items()}
        self.closed = False

    def select(self, task: str) -> None:
        pass

    def fingerprint(self, task: str) -> str:
        return f"{task} {self.weights.get(task)}"

    def isolated(self, task: str) -> bool:
        return True

    def close(self) -> None:
        self.closed = True


class Sharing(Memory):
    """Its fingerprints change with every task; its folders hold what each was."""

    def __init__(self) -> None:
        super().__init__()
        self.versions: list[Versions] = []

    def fingerprint(self, task: str) -> str:
        return f"{task} {len(self.trained)}"

    def pinned(self, folders: Mapping[str, Path]) -> Server:
        self.versions.append(Versions(folders))
        return self.versions[-1]


def test_pinned_versions_are_those_of_the_folders(folder: RunFolder) -> None:
    records = run(folder, learner=Sharing())
    pinned = [record.pinned for record in records if record.pinned]
    assert [probed.fingerprint for probed in pinned[2].probed.values()] == ["a 1", "b 2", "c 3"]
    assert [probed.fingerprint for probed in records[2].probed.values()] == ["a 3", "b 3", "c 3"]
    assert [one.fingerprint for one in pinned[2].measured] == ["a 1", "b 2", "c 3"]
    assert [list(one.probed) for one in pinned] == [["a"], ["a", "b"], ["a", "b", "c"]]


def test_pinned_versions_are_measured_under_a_name_of_their_own(folder: RunFolder) -> None:
    work = Work()
    run(folder, work, Sharing())
    assert {cell.approach for cell in work.cells} == {"lora", "lora@pinned"}


def test_pinned_versions_are_closed_even_when_measuring_fails(folder: RunFolder) -> None:
    class Failing(Work):
        def measure(self, server: Server, cell: Cell, after: str, task: str) -> Measured:
            if cell.approach == "lora@pinned":
                raise StudyError("the loss is nan")
            return super().measure(server, cell, after, task)

    learner = Sharing()
    with pytest.raises(StudyError):
        run(folder, Failing(), learner)
    assert [versions.closed for versions in learner.versions] == [True]
    assert not folder.task(CELL, 0).is_done()


def test_where_nothing_is_shared_nothing_is_pinned(folder: RunFolder) -> None:
    assert {record.pinned for record in run(folder)} == {None}
