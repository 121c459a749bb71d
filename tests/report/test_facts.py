from graftwork.report import facts
from graftwork.report.view import View
from graftwork.results.records import Repeat
from tests.report.synthetic import pinned


def test_data_is_counted_by_task_and_subset(view: View) -> None:
    assert facts.data_table(view).rows[0][:6] == ("python", "mined", "python", "1,200", "150", "12")


def test_what_was_left_out_is_told_with_the_reason(view: View) -> None:
    table = facts.dropped_table(view)
    assert table is not None
    assert table.rows[0] == ("python", "mined", "near duplicate", "212")


def test_nothing_left_out_is_no_table(view: View) -> None:
    tasks = tuple(row.model_copy(update={"dropped": {}}) for row in view.results.tasks)
    assert facts.dropped_table(View(view.results.model_copy(update={"tasks": tasks}))) is None


def test_parameters_are_exact(view: View) -> None:
    assert facts.parameter_table(view).rows[0] == ("lora", "lora", "415,744", "9,328,128", "4.5\u00a0%")


def test_a_sum_stands_only_under_several_components(view: View) -> None:
    rows = facts.parameter_table(view).rows
    assert [row[1] for row in rows if row[0] == "lora"] == ["lora"]
    assert [row[1] for row in rows if row[0] == "hybrid"] == ["lora", "extra-layer", "all"]


def test_the_environment_names_base_and_versions(view: View) -> None:
    rows = {row[0]: row[1] for row in facts.environment_table(view).rows}
    assert rows["base"] == "default: 8,912,384 parameters, pretrained on 61.0\u00a0M tokens"
    assert "torch" in rows["packages"]


def test_the_environment_tells_what_kept_generated_code_in(view: View) -> None:
    def told(signatures: dict[str, str]) -> str:
        results = view.results.model_copy(update={"signatures": signatures})
        return dict(facts.environment_table(View(results)).rows)["generated code"]

    signature = "sandbox:landlock|runtime:python 3.11.7|cpu:2s"
    assert told({"pass_rate": signature}) == "run in the sandbox, kept in by landlock"
    assert told({}) == "not run"


def test_the_time_adds_up(view: View) -> None:
    table = facts.timing_table(view)
    assert table is not None
    assert table.rows[-1] == ("all", "11\u00a0min 27\u00a0s", "100\u00a0%")


def test_no_timings_are_no_table(bare: View) -> None:
    assert facts.timing_table(bare) is None


def test_metrics_are_defined_with_their_signatures(view: View) -> None:
    rows = {row[0]: row for row in facts.definition_table(view).rows}
    assert rows["BLEU"][3].startswith("nrefs:1")
    assert rows["validation loss"][2] == "lower"


def test_statistics_are_defined(view: View) -> None:
    labels = [row[0] for row in facts.statistic_definitions(view).rows]
    assert labels[:2] == ["final average", "forgetting"]


def test_statistics_of_a_headline_stand_in_one_table(view: View) -> None:
    table = facts.statistics_tables(view)[1]
    row = next(row for row in table.rows if row[0] == "lora")
    assert row == ("lora", "2.267", "0", "0", "0", "0", "1.24")


def test_an_undefined_statistic_is_left_out_and_that_is_said(view: View) -> None:
    table = facts.statistics_tables(view)[0]
    assert "retention" not in {column.label for column in table.columns}
    assert "left out" in table.note


def test_statistics_of_several_seeds_have_margins(view_of_three: View) -> None:
    row = next(row for row in facts.statistics_tables(view_of_three)[1].rows if row[0] == "sequential")
    assert all("\u00a0±\u00a0" in cell for cell in (row[1], row[2], row[3], row[6]))


def test_what_is_compared_is_told_in_words(view: View) -> None:
    assert facts.approach_table(view).rows[4][1:3] == ("all weights", "sequential")


def test_pinned_versions_have_no_sizes_of_their_own(view: View) -> None:
    table = facts.parameter_table(View(pinned(view.results)))
    assert table == facts.parameter_table(view)


def test_statistics_are_told_with_their_units(view: View) -> None:
    table = facts.statistics_tables(view)[1]
    assert table.caption == "Statistics, mined: validation loss (nats a token)"
    assert table.note.startswith("Forgetting and transfer are in nats a token")


def test_evaluating_again_is_told_with_the_texts_that_changed(view: View) -> None:
    again = Repeat(
        approach="lora",
        order="python",
        seed=1,
        task="python",
        fingerprint="f",
        subset="mined",
        metric="exact_match",
        conditions=("as recorded", "again", "batches of 8"),
        values=(0.25, 0.25, 0.26),
        floor=0.01,
        changed_texts=(0, 2),
    )
    table = facts.repeat_table(View(view.results.model_copy(update={"repeats": (again,)})))
    assert table is not None
    assert table.rows == (("mined", "exact match", "25.0\u00a0%", "1.0", "0, 2"),)
    assert "again, batches of 8." in table.note


def test_without_evaluating_again_there_is_no_such_table(view: View) -> None:
    assert facts.repeat_table(view) is None
