from graftwork.report.isolation import isolation_proofs, isolation_table, proof_table
from graftwork.report.view import View


def test_the_last_task_proves_nothing_and_does_not_count(view_of_three: View) -> None:
    assert {proof.checked for proof in isolation_proofs(view_of_three)} == {3}
    assert {row[1] for row in isolation_table(view_of_three).rows} == {"python"}


def test_isolated_approaches_are_proven(view: View) -> None:
    words = {proof.approach: proof.words for proof in isolation_proofs(view)}
    assert (words["lora"], words["sequential"]) == ("yes, proven", "no, by design")


def test_a_changed_fingerprint_breaks_isolation(view: View) -> None:
    rows = tuple(row.model_copy(update={"fingerprint_at_end": "other"}) for row in view.results.isolation)
    broken = View(view.results.model_copy(update={"isolation": rows}))
    assert proof_table(broken).rows[0] == ("lora", "yes", "1", "0 of 1", "1 of 1", "BROKEN")


def test_both_fingerprints_are_shown(view: View) -> None:
    row = next(row for row in isolation_table(view).rows if row[0] == "lora")
    assert row[3] == row[4]
    assert row[5:] == ("same", "identical (32 of 32)", "yes")


def test_with_several_orders_the_order_is_named(view: View) -> None:
    study = view.results.study.model_copy(update={"orders": ("python+javascript", "javascript+python")})
    several = View(view.results.model_copy(update={"study": study}))
    assert isolation_table(several).rows[0][1:3] == ("python", "python → javascript")
