from graftwork.data.sources.benchmarks import benchmark_problem
from graftwork.data.sources.errata import ERRATA, corrected

from .benchmark_rows import HUMANEVAL_X


def test_a_known_mistake_is_corrected_as_it_is_read() -> None:
    for one in ERRATA:
        row = {**HUMANEVAL_X, "task_id": one.id, one.column: f"before {one.wrong} after"}
        assert corrected(row)[one.column] == f"before {one.right} after"
        assert one.right in str(benchmark_problem(row, "row").reference)


def test_the_same_text_elsewhere_is_left_as_it_is() -> None:
    for one in ERRATA:
        row = {**HUMANEVAL_X, one.column: one.wrong}
        assert corrected(row) == row


def test_what_is_right_already_is_left_as_it_is() -> None:
    for one in ERRATA:
        row = {**HUMANEVAL_X, "task_id": one.id, one.column: one.right}
        assert corrected(row) == row


def test_no_test_is_touched() -> None:
    assert {one.column for one in ERRATA} == {"canonical_solution"}
