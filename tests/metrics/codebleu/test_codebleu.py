import pytest

from graftwork.languages import get_language, language_names
from graftwork.metrics.codebleu import codebleu, codebleu_signature, compare, parts
from tests.metrics.codebleu.pairs import make_pairs

PYTHON = get_language("python")
REFERENCE = "def f(a, b):\n    if a > b:\n        return a\n    return b"


def score(prediction: str, reference: str, language: str = "python") -> float:
    return codebleu([compare(prediction, reference, get_language(language))])


@pytest.mark.parametrize("language", ["python", "javascript", "java", "go"])
def test_a_right_prediction_scores_one(language: str) -> None:
    assert all(score(reference, reference, language) == 1 for _, reference in make_pairs(language, 20))


@pytest.mark.parametrize("code", ["x", "x = 1", "pass", "f()", "# x"])
def test_a_right_prediction_scores_one_however_short(code: str) -> None:
    assert score(code, code) == 1


@pytest.mark.parametrize("prediction", ["", " \n\t"])
@pytest.mark.parametrize("reference", [REFERENCE, "pass", "", "\n"])
def test_an_empty_prediction_scores_nothing(prediction: str, reference: str) -> None:
    assert score(prediction, reference) == 0


def test_the_score_is_the_mean_of_four_parts() -> None:
    prediction = REFERENCE.replace("return b", "return a")
    matches = [compare(prediction, REFERENCE, PYTHON)]
    values = [value for value in parts(matches).values() if value is not None]
    assert len(values) == 4
    assert codebleu(matches) == pytest.approx(sum(values) / 4)


def test_a_case_worked_out_by_hand() -> None:
    matches = [compare("x = a", "if a :\n    x = b", PYTHON)]
    # Tokens: x = a | if a : x = b. All of x, =, a match; of the pairs "x =" of "x =" and "= a"; of three, none.
    ngram = (3 / 3 * 1 / 2 * 0.1 / 1 * 0.1 / 1) ** 0.25 * 2.718281828459045 ** (1 - 6 / 3)
    # Of the weight of the reference, 5 for `if` and 5 for the rest, 3; of its 5 pairs 1; of 4 and 3 longer ones none.
    weighted = (3 / 10 * 1 / 5 * 0.1 / 4 * 0.1 / 3) ** 0.25
    # The reference: module, if, block, statement, assignment; the prediction has the last two.
    # Its flow: x from b, and b; what the prediction has is x from a, and a, the same but for names.
    expected = {"ngram": ngram, "weighted-ngram": weighted, "syntax": 2 / 5, "dataflow": 2 / 2}
    assert parts(matches) == pytest.approx(expected)


def test_a_reference_without_data_flow_is_scored_by_the_rest() -> None:
    matches = [compare("def f():\n    return 1", "def f():\n    pass", PYTHON)]
    values = parts(matches)
    assert values.pop("dataflow") is None
    assert codebleu(matches) == pytest.approx(sum(value or 0 for value in values.values()) / 3)


def test_a_set_adds_up_before_it_divides() -> None:
    matches = [compare(text, reference, PYTHON) for text, reference in ((REFERENCE, REFERENCE), ("x = 1", "f(y)"))]
    whole = parts(matches)["syntax"]
    total = [sum(match.subtrees[side] for match in matches) for side in (0, 1)]
    assert whole == total[0] / total[1]
    assert whole != pytest.approx(sum(parts([match])["syntax"] or 0 for match in matches) / 2)


def test_the_order_of_a_set_does_not_matter() -> None:
    matches = [compare(*pair, PYTHON) for pair in make_pairs("python", 10)]
    assert codebleu(matches) == pytest.approx(codebleu(matches[::-1]))


def test_other_names_cost_words_but_neither_syntax_nor_meaning() -> None:
    renamed = parts([compare(REFERENCE.replace("a", "c"), REFERENCE, PYTHON)])
    assert renamed["syntax"] == renamed["dataflow"] == 1
    assert (renamed["ngram"] or 0) < 0.5


def test_a_comment_costs_neither_syntax_nor_meaning() -> None:
    commented = parts([compare(REFERENCE.replace(":\n", ":  # so\n"), REFERENCE, PYTHON)])
    assert commented["syntax"] == commented["dataflow"] == 1


def test_letters_outside_ascii_move_nothing() -> None:
    line = "x = '{}' + a\ny = x + a\nreturn y"
    assert parts([compare(line.format("é🦀"), line.format("e"), PYTHON)])["syntax"] == 1
    german = "größe = 1\nf(größe)"
    assert parts([compare(german, "groesse = 1\nf(groesse)", PYTHON)])["dataflow"] == 1


@pytest.mark.parametrize("language", language_names())
def test_the_signature_says_whether_data_flow_is_a_part(language: str) -> None:
    syntax = get_language(language)
    signature = codebleu_signature(syntax)
    assert ("dataflow:yes" in signature) == (syntax.data_flow is not None) == ("weights:1/4" in signature)
    assert ("dataflow:no" in signature) == ("weights:1/3" in signature)
    assert syntax.grammar_version in signature


@pytest.mark.parametrize("language", language_names())
def test_every_language_is_scored(language: str) -> None:
    code = {"php": "return $a + $b;", "ruby": "return a + b", "python": "return a + b"}.get(language, "return a + b;")
    assert score(code, code, language) == 1
    assert score(code.replace("+", "-"), code, language) < 1
    assert score("\ud800((((", code, language) < 0.5
