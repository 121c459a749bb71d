import math

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from graftwork.errors import InputError
from graftwork.metrics import METRICS, Scores, score_predictions
from graftwork.metrics.ast_similarity import NODE_CAP
from graftwork.metrics.bleu import corpus_bleu
from graftwork.metrics.chrf import corpus_chrf

OF_TEXTS = {name: metric for name, metric in METRICS.items() if name not in ("pass_rate", "loss")}


@pytest.fixture(scope="module")
def scores(predictions: list[str], references: list[str]) -> Scores:
    return score_predictions(predictions, references, "python", prompts=predictions[1:] + predictions[:1])


def test_every_metric_of_texts_is_there_in_the_order_of_the_table(scores: Scores) -> None:
    assert list(scores.corpus) == list(OF_TEXTS)


def test_every_metric_is_signed(scores: Scores) -> None:
    assert set(scores.signatures) == set(scores.corpus)


def test_every_value_is_in_its_range(scores: Scores) -> None:
    for name, value in scores.corpus.items():
        assert METRICS[name].lowest <= value <= (METRICS[name].highest or math.inf)


def test_items_hold_one_value_for_each_metric_that_has_items(scores: Scores) -> None:
    names = {metric.item for metric in OF_TEXTS.values() if metric.item}
    assert all(set(item) == names for item in scores.items)


def test_means_are_those_of_the_items_that_define_them(scores: Scores) -> None:
    for name, metric in OF_TEXTS.items():
        if metric.over == "mean" and metric.item:
            defined = [value for item in scores.items if (value := item[metric.item]) is not None]
            assert scores.corpus[name] == pytest.approx(sum(defined) / len(defined))
            assert scores.skipped.get(name, 0) == scores.n - len(defined)


def test_corpus_metrics_are_those_of_all_items(scores: Scores, predictions: list[str], references: list[str]) -> None:
    assert scores.corpus["bleu"] == corpus_bleu(predictions, references)[0]
    assert scores.corpus["chrf"] == corpus_chrf(predictions, references)[0]


def test_right_predictions_score_full_marks(references: list[str]) -> None:
    corpus = score_predictions(references, references, "python").corpus
    assert corpus["exact_match"] == corpus["edit_similarity"] == corpus["ast_similarity"] == corpus["parse_rate"] == 1
    assert corpus["complexity"] == corpus["reference_complexity"]


def test_empty_predictions_score_nothing_and_leave_complexity_undefined(references: list[str]) -> None:
    corpus = score_predictions([""] * len(references), references, "python", prompts=references).corpus
    assert {name for name, value in corpus.items() if value != 0} == {"empty_rate", "reference_complexity"}
    assert "complexity" not in corpus
    assert "copy_rate" not in corpus


def test_what_does_not_parse_has_no_complexity() -> None:
    scores = score_predictions(["if if", "if a:\n    b"], ["x", "x"], "python")
    assert [item["complexity"] for item in scores.items] == [None, 2]
    assert scores.corpus["complexity"] == 2
    assert scores.corpus["parse_rate"] == 0.5
    assert scores.skipped["complexity"] == 1


def test_without_prompts_copying_is_undefined() -> None:
    scores = score_predictions(["a b c d e"], ["x"], "python")
    assert scores.items[0]["copied"] is None
    assert "copy_rate" not in scores.corpus


def test_trees_over_the_cap_are_left_out_and_counted() -> None:
    long = "x\n" * NODE_CAP
    scores = score_predictions([long, "y", long], ["x", "y", long], "python")
    assert [item["ast_similarity"] for item in scores.items] == [None, 1, 1]
    assert scores.corpus["ast_similarity"] == 1
    assert scores.skipped["ast_similarity"] == 1


def test_the_language_decides() -> None:
    code = ["function f(a) { return a ? 1 : 2; }"]
    assert score_predictions(code, code, "javascript").corpus["parse_rate"] == 1
    assert score_predictions(code, code, "python").corpus["parse_rate"] == 0


def test_items_of_equal_predictions_can_be_changed_apart() -> None:
    scores = score_predictions(["a", "a"], ["b", "b"], "python")
    scores.items[0]["empty"] = None
    assert scores.items[1]["empty"] == 0


def test_an_unknown_language_is_named_with_the_nearest() -> None:
    with pytest.raises(InputError, match="did you mean 'python'"):
        score_predictions(["a"], ["a"], "pyton")


def test_nothing_to_score_is_an_error() -> None:
    with pytest.raises(ValueError, match="no predictions"):
        score_predictions([], [], "python")


def test_lengths_that_differ_are_an_error() -> None:
    with pytest.raises(ValueError, match="2 predictions, 1 references"):
        score_predictions(["a", "b"], ["a"], "python")
    with pytest.raises(ValueError, match="1 prompts"):
        score_predictions(["a", "b"], ["a", "b"], "python", prompts=["c"])


@settings(max_examples=40, deadline=None)
@given(st.lists(st.tuples(st.text(max_size=40), st.text(max_size=40), st.text(max_size=40)), min_size=1, max_size=4))
def test_any_text_can_be_scored(rows: list[tuple[str, str, str]]) -> None:
    predictions, references, prompts = zip(*rows, strict=True)
    scores = score_predictions(predictions, references, "javascript", prompts=prompts)
    assert all(math.isfinite(value) for value in scores.corpus.values())
