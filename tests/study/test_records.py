from graftwork.results.names import Cell
from graftwork.study.records import StudyState, training_flops_a_token
from tests.study.conftest import Whole


def test_a_frozen_base_saves_the_gradient_of_its_weights() -> None:
    assert training_flops_a_token(100, {"lora": 10}) == 4 * 110 + 2 * 10
    assert training_flops_a_token(100, {"base": 100}) == 6 * 100


def test_only_cells_with_a_task_done_have_begun() -> None:
    cell = Cell("lora", "a+b", 1)
    assert StudyState("now", tasks_done={cell: []}).begun == {}


def test_sizes_are_told_by_kind_and_together(whole: Whole) -> None:
    rows = {(row.approach, row.component): row for row in whole.results.parameters}
    hybrid = [rows["hybrid", kind].trainable for kind in ("lora", "extra-layer")]
    assert rows["hybrid", "all"].trainable == sum(hybrid)
    assert rows["hybrid", "all"].total == whole.results.base.parameters + sum(hybrid)


def test_full_fine_tuning_trains_all_of_the_base(whole: Whole) -> None:
    (row,) = [row for row in whole.results.parameters if (row.approach, row.component) == ("sequential", "all")]
    assert row.trainable == row.total == whole.results.base.parameters
    assert row.percent == 100


def test_approaches_are_told_in_words(whole: Whole) -> None:
    words = {approach.name: approach.components for approach in whole.results.study.approaches}
    assert words["hybrid-shared"] == ("lora, rank 2 (one a task)", "extra-layer, count 1 (shared)")
    assert words["hybrid-shared@pinned"] == ("lora, rank 2 (one a task)", "extra-layer, count 1 (shared, pinned)")
    assert words["sequential"] == ("every weight of the base",)


def test_how_often_a_component_is_made_is_told_for_every_method(methods: Whole) -> None:
    words = {approach.name: approach.components for approach in methods.results.study.approaches}
    assert words["sequential-lora"] == ("lora, rank 2 (one for all tasks)",)
    assert words["joint-lora"] == ("lora, rank 2 (a new one before each task)",)
    assert words["o-lora"] == ("lora, rank 2 (one more a task, on those before)",)
    assert words["joint"] == ("every weight of the base",)


def test_the_data_are_counted(whole: Whole) -> None:
    rows = {(row.name, row.subset): row for row in whole.results.tasks}
    assert (rows["python", "generated"].train, rows["python", "generated"].test) == (8, 3)
    assert "12 functions" in rows["javascript", "mined"].source


def test_a_signature_that_differs_between_languages_is_told_for_each(whole: Whole) -> None:
    parts = whole.results.signatures["ast_similarity"].split("; ")
    assert [language in text for language, text in zip(("python", "javascript"), parts, strict=True)] == [True, True]


def test_signatures_tell_how_each_metric_was_computed(whole: Whole) -> None:
    assert {"bleu", "chrf", "meteor", "ast_similarity"} <= whole.results.signatures.keys()
