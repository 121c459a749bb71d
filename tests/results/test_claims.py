from pathlib import Path

import pytest
import yaml

from graftwork.results.claims import answer_claims
from graftwork.results.items import ItemScores
from graftwork.results.quantities import pointers
from graftwork.results.records import Claim, Results
from tests.report.synthetic import RECIPE, make_results, write_run

SEEDS = tuple(range(1, 11))


@pytest.fixture(scope="module")
def results() -> Results:
    return make_results(SEEDS, 40)


@pytest.fixture(scope="module")
def items(tmp_path_factory: pytest.TempPathFactory) -> ItemScores:
    folder = write_run(tmp_path_factory.mktemp("claims") / "run", SEEDS, 40)
    found = ItemScores(folder.predictions, folder.losses)
    found.refresh()
    return found


def claiming(results: Results, *texts: str) -> Results:
    claims = [{"id": f"c{number}", "said": "So it was said.", "claim": text} for number, text in enumerate(texts)]
    return results.model_copy(update={"recipe": RECIPE + yaml.safe_dump({"claims": claims})})


def answer(results: Results, items: ItemScores | None, *texts: str) -> tuple[Claim, ...]:
    return answer_claims(claiming(results, *texts), items)


def test_a_difference_in_the_direction_claimed_supports_it(results: Results, items: ItemScores) -> None:
    (one,) = answer(results, items, "hybrid > extra-layer on average exact_match of generated")
    assert (one.verdict, one.family, one.seeds) == ("supported", 1, 10)
    assert one.reason == "so in 10 of 10 seeds"
    assert one.difference == pytest.approx((one.a_mean or 0) - (one.b_mean or 0))
    assert (one.p_adjusted or 1) < 0.05
    assert (one.noise_floor or 1) < (one.difference or 0)


def test_the_opposite_refutes_it(results: Results, items: ItemScores) -> None:
    (one,) = answer(results, items, "extra-layer > hybrid on average exact_match of generated")
    assert (one.verdict, one.reason) == ("refuted", "the opposite in 10 of 10 seeds")


def test_better_follows_the_metric(results: Results) -> None:
    up, down = answer(results, None, "lora < hybrid on train_seconds", "lora better than hybrid on train_seconds")
    assert (up.verdict, down.verdict) == ("supported", "supported")


def test_what_is_within_the_noise_floor_is_not_told_apart(results: Results, items: ItemScores) -> None:
    (one,) = answer(results, items, "hybrid > 99 % of hybrid on average exact_match of generated")
    assert one.verdict == "not told apart"
    assert (one.noise_floor or 0) > (one.difference or 1) > 0


def test_without_items_a_claim_on_scores_stays_open(results: Results) -> None:
    (one,) = answer(results, None, "hybrid > extra-layer on average exact_match of generated")
    assert (one.verdict, one.reason) == ("not told apart", "the noise floor of the metric is not known")


def test_one_seed_is_no_test() -> None:
    (one,) = answer(make_results((1,)), None, "hybrid > lora on train_seconds")
    assert one.verdict == "not told apart"
    assert one.reason.startswith("one seed is no test, 6 or more are")
    assert one.seeds_needed == 6


def test_an_isolated_part_is_proven_not_to_forget(results: Results, items: ItemScores) -> None:
    forgets, keeps, gains = answer(
        results,
        items,
        "forgetting exact_match of generated of lora > 0",
        "forgetting exact_match of generated of lora = 0",
        "backward_transfer exact_match of generated of lora > 0",
    )
    assert [one.verdict for one in (forgets, keeps, gains)] == ["refuted", "supported", "refuted"]
    assert "proven by equal fingerprints and outputs of lora" in forgets.reason
    assert (forgets.p, forgets.family, forgets.difference) == (None, None, 0)
    assert any(row.startswith("/isolation/") for row in forgets.records)


def test_without_the_proof_equal_scores_prove_nothing(results: Results) -> None:
    bare = results.model_copy(update={"isolation": ()})
    (one,) = answer(bare, None, "forgetting exact_match of generated of lora > 0")
    assert (one.verdict, one.reason) == ("not told apart", "equal in every seed, which proves nothing")


def test_sizes_are_counted_and_not_tested(results: Results) -> None:
    more, less = answer(
        results, None, "hybrid > lora on trainable_parameters", "trainable_parameters of hybrid < 1000000"
    )
    assert (more.verdict, more.reason, more.p, more.seeds) == ("supported", "counted, not tested", None, 0)
    assert less.verdict == "refuted"
    found = [results.parameters[int(row.rpartition("/")[2])] for row in more.records]
    assert [(row.approach, row.component) for row in found] == [("hybrid", "all"), ("lora", "all")]


def test_what_is_certain_is_not_corrected_for(results: Results, items: ItemScores) -> None:
    texts = ("hybrid > lora on trainable_parameters", "forgetting of lora > 0", "lora < hybrid on train_seconds")
    *_, tested = answer(results, items, *texts)
    assert (tested.family, tested.p_adjusted) == (1, tested.p)
    *_, first, _ = answer(results, items, *texts, "lora > extra-layer on train_seconds")
    assert first.family == 2
    assert first.p == pytest.approx(2 / 2**10)
    assert first.p_adjusted == pytest.approx(2 * 2 / 2**10)


def test_a_claim_on_the_first_epoch_reads_its_steps_alone(results: Results) -> None:
    (one,) = answer(results, None, "hybrid < extra-layer on first_epoch_loss in javascript")
    cell = [p for p in results.curves if (p.approach, p.task, p.seed) == ("hybrid", "javascript", 1)]
    # 400 steps in 3 epochs: 13 points of 10 steps, and a third of the next one.
    losses = [point.loss or 0 for point in cell[1:15]]
    first = (sum(10 * loss for loss in losses[:13]) + (400 / 3 - 130) * losses[13]) / (400 / 3)
    seed_one = results.model_copy(update={"curves": tuple(p for p in results.curves if p.seed == 1)})
    (alone,) = answer(seed_one, None, "hybrid < extra-layer on first_epoch_loss in javascript")
    assert alone.a_mean == pytest.approx(first)
    assert one.verdict == "supported"
    assert one.noise_floor is None


def test_validation_losses_early_on_are_those_measured(results: Results) -> None:
    start, quarter = answer(
        results,
        None,
        "validation_loss_at_start of generated in python of lora > 3",
        "validation_loss_at_quarter of generated in python of lora > 3",
    )
    assert start.a_mean == pytest.approx(3.4)
    assert (quarter.a_mean or 9) < 3.4


def test_one_tasks_final_score_is_the_matrix_entry(results: Results, items: ItemScores) -> None:
    (one,) = answer(results, items, "final exact_match of generated in python of sequential < 0.5")
    values = [
        row.value
        for row in results.scores
        if (row.approach, row.after, row.task, row.subset, row.metric)
        == ("sequential", "javascript", "python", "generated", "exact_match")
    ]
    assert one.a_mean == pytest.approx(sum(value or 0 for value in values) / 10)
    assert one.verdict == "supported"
    assert len(one.records) == 10


def test_nothing_measured_answers_nothing(results: Results) -> None:
    bare = results.model_copy(update={"scores": (), "summary": (), "comparisons": ()})
    (one,) = answer(bare, None, "hybrid > lora on average exact_match of generated")
    assert (one.verdict, one.seeds, one.difference) == ("not told apart", 0, None)


def test_the_rows_that_it_was_answered_from_are_pointed_to(results: Results, items: ItemScores) -> None:
    (one,) = answer(results, items, "hybrid > lora on average exact_match of generated")
    table, index = one.records[0].strip("/").split("/")
    found = getattr(results, table)[int(index)]
    assert (found.statistic, {found.a, found.b}) == ("average", {"hybrid", "lora"})
    assert found.difference == pytest.approx(-(one.difference or 0))


def test_rows_that_follow_each_other_are_one_pointer() -> None:
    assert pointers("curves", [3, 4, 5, 9, 11, 12]) == ("/curves/3-5", "/curves/9", "/curves/11-12")


def test_a_recipe_without_claims_has_no_answers(results: Results) -> None:
    assert answer_claims(results) == ()


def test_claims_survive_the_folder(results: Results, tmp_path: Path) -> None:
    folder = write_run(tmp_path / "run", items=2)
    asked = claiming(folder.read_results(), "hybrid > lora on train_seconds")
    folder.write_results(asked.model_copy(update={"claims": answer_claims(asked)}))
    assert folder.read_results().claims == answer_claims(asked)
