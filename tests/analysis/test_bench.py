from dataclasses import replace

from graftwork.analysis.bench import Bench
from graftwork.analysis.versions import acting
from graftwork.evaluation.evaluate import evaluate_task
from tests.analysis.conftest import Ran
from tests.study.support import Watcher


def test_scores_of_what_the_study_generated_are_those_of_generating_it(ran: Ran) -> None:
    version = ran.versions["hybrid"][0]
    with acting(version, ran.bench.base):
        known = ran.bench.scores(version.task, version.fingerprint)
        again = ran.bench.scores(version.task, "a function that the study does not know")
    assert known == again


def test_scores_are_those_of_the_study_on_the_same_items(ran: Ran) -> None:
    bench, config = ran.bench, ran.bench.config
    evaluation = evaluate_task(
        bench.base.model, bench.base.tokenizer, bench.few["python"], config.prompt, config.decoding, 128
    )
    assert bench.scores("python", "base, generated again") == evaluation.scores


def test_at_most_so_many_items_are_looked_at(ran: Ran) -> None:
    assert set(ran.bench.items("python", "bleu").values()) == {2}


def test_an_equal_function_is_generated_once(ran: Ran) -> None:
    watcher = Watcher()
    few = ran.bench
    bench = Bench(few.config, few.base, few.tasks, 2, [], watcher)
    assert bench.scores("python", "x") is bench.scores("python", "x")


def test_what_another_function_generated_is_not_taken(ran: Ran) -> None:
    rows = [replace(row, prediction="return 1") for row in ran.folder.read_predictions()]
    bench = Bench(ran.bench.config, ran.bench.base, ran.bench.tasks, 2, rows, Watcher())
    assert bench.scores("python", "not known") == ran.bench.scores("python", "not known either")
    assert bench.scores("python", ran.bench.base.fingerprint) != bench.scores("python", "not known")
