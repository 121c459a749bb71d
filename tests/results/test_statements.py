import pytest

from graftwork.errors import InputError
from graftwork.results.statements import ClaimConfig, Statement, check_claims

SENTENCES = (
    "hybrid > lora on average exact_match of generated",
    "hybrid better than lora on average loss of mined",
    "hybrid-shared > 90 % of hybrid on final exact_match of generated in javascript",
    "hybrid = lora on trainable_parameters",
    "hybrid < lora on train_seconds",
    "hybrid-shared@pinned < hybrid on first_epoch_loss in javascript",
    "forgetting exact_match of generated of lora > 0",
    "validation_loss_at_quarter of mined in python of lora < 1.25",
    "backward_transfer of lora = 0",
    "average bleu of mined of lora > -1e-07",
)
HEADLINE = {"generated": "exact_match"}


def read(text: object) -> Statement:
    return Statement.model_validate(text)


def claims(text: str, headline: dict[str, str] = HEADLINE, subsets: tuple[str, ...] = ("mined", "generated")) -> None:
    one = ClaimConfig.read({"id": "one", "said": "So.", "claim": text}, "claims")
    check_claims([one], ["lora", "hybrid"], ["python", "javascript"], subsets, headline)


@pytest.mark.parametrize("text", SENTENCES)
def test_a_sentence_is_written_as_it_was_read(text: str) -> None:
    assert str(read(text)) == text
    assert read(text).model_dump_json() == f'"{text}"'


def test_a_mapping_says_the_same_as_its_sentence() -> None:
    parts = {"a": "hybrid", "relation": ">", "b": "lora", "statistic": "average", "metric": "chrf", "subset": "mined"}
    assert read(parts) == read("hybrid > lora on average chrf of mined")


def test_names_may_be_written_with_spaces() -> None:
    assert str(read("backward transfer exact match of lora > 5 %")) == "backward_transfer exact_match of lora > 0.05"
    assert read("hybrid is better than lora on first-epoch loss").statistic == "first_epoch_loss"


def test_better_is_less_of_a_loss_and_more_of_a_match() -> None:
    assert read("a better than b on average loss of mined").sign == -1
    assert read("a better than b on average exact_match of mined").sign == 1
    assert read("a better than b on forgetting exact_match of mined").sign == -1
    assert read("a better than b on backward_transfer loss of mined").sign == 1
    assert read("a better than b on train_seconds").sign == -1


def test_what_is_left_out_is_the_headlines() -> None:
    full = read("forgetting of lora > 0").resolved(("mined", "generated"), HEADLINE)
    assert str(full) == "forgetting exact_match of generated of lora > 0"


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("hybrid beats lora", "'hybrid beats lora': is no claim; write 'A > B on"),
        ("hybrid > lora on averge chrf", "unknown statistic 'averge'; did you mean 'average'"),
        ("hybrid > lora on average chrff of mined", "unknown metric 'chrff'; did you mean 'chrf'"),
        ("hybrid > lora on train_seconds bleu", "train_seconds is of no metric"),
        ("hybrid > lora on train_seconds of mined", "train_seconds is of no subset"),
        ("hybrid > lora on final chrf of mined", "final needs a task; add 'in TASK'"),
        ("hybrid > lora on average chrf of mined in python", "average is of no single task"),
        ("average chrf of mined of lora better than 3", "nothing is better than a number"),
    ],
)
def test_what_is_no_claim_is_refused_with_what_would_be(text: str, message: str) -> None:
    with pytest.raises(InputError) as found:
        read(text)
    assert message in str(found.value)


def test_a_mapping_holds_against_one_thing() -> None:
    with pytest.raises(InputError, match="give either b or value"):
        read({"a": "lora", "relation": ">", "statistic": "average"})


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("hybird > lora on average chrf of mined", "unknown approach 'hybird'; did you mean 'hybrid'"),
        ("hybrid > loras on average chrf of mined", "unknown approach 'loras'; did you mean 'lora'"),
        ("hybrid > lora on final chrf of mined in pyton", "unknown task 'pyton'; did you mean 'python'"),
        ("hybrid > lora on average chrf of mine", "unknown subset 'mine'; did you mean 'mined'"),
        ("hybrid > lora on average of mined", "says no metric; name one, or give mined one in headline"),
        ("hybrid better than lora on average complexity of mined", "of complexity neither direction is better"),
    ],
)
def test_what_a_study_does_not_have_is_refused(text: str, message: str) -> None:
    with pytest.raises(InputError) as found:
        claims(text)
    assert message in str(found.value)


def test_ids_are_distinct_and_can_be_anchors() -> None:
    one = ClaimConfig.read({"id": "one", "said": "So.", "claim": SENTENCES[0]}, "claims")
    with pytest.raises(InputError, match="'one' stands there twice"):
        check_claims([one, one], ["lora", "hybrid"], [], ["generated"], {})
    with pytest.raises(InputError, match="cannot use the id 'one two'"):
        check_claims([one.model_copy(update={"id": "one two"})], ["lora", "hybrid"], [], ["generated"], {})
