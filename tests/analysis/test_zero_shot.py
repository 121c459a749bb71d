from graftwork.analysis.bench import Bench
from graftwork.analysis.zero_shot import base_on_all_tasks, on_all_tasks
from tests.analysis.conftest import Ran
from tests.study.support import Watcher


def test_every_adapter_is_scored_on_every_task(ran: Ran) -> None:
    rows = on_all_tasks(ran.bench, ran.versions["extra-layer"])
    assert {(row.adapter, row.task) for row in rows} == {(a, t) for a in ran.bench.tasks for t in ran.bench.tasks}


def test_an_adapter_on_its_own_task_has_the_loss_that_the_study_measured(ran: Ran) -> None:
    # Few enough validation items are there that the bench looks at all of them.
    bench = Bench(ran.bench.config, ran.bench.base, ran.bench.tasks, 100, ran.folder.read_predictions(), Watcher())
    study = {
        (row.after, row.task, row.subset): row.value
        for row in ran.folder.read_results().scores
        if (row.approach, row.seed, row.metric) == ("extra-layer", 1, "loss")
    }
    own = [row for row in on_all_tasks(bench, ran.versions["extra-layer"][:1]) if row.metric == "loss"]
    for row in own:
        if row.adapter == row.task:
            assert row.value == study[row.adapter, row.task, row.subset]


def test_the_base_has_a_row_of_its_own(ran: Ran) -> None:
    rows = base_on_all_tasks(ran.bench)
    assert {(row.approach, row.order, row.seed, row.adapter) for row in rows} == {("base", None, None, None)}
    assert {row.task for row in rows} == set(ran.bench.tasks)
