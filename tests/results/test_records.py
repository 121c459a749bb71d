from pathlib import Path

import pytest

from graftwork.errors import InputError
from graftwork.files import read_json
from graftwork.results import records
from graftwork.results.records import Results, Score, json_schema
from tests.report.synthetic import make_results

SCHEMA = Path(__file__).parents[2] / "docs" / "reference" / "results.schema.json"


def score(**changes: object) -> dict[str, object]:
    fields: dict[str, object] = {
        "approach": "lora",
        "order": "python",
        "seed": 1,
        "after": None,
        "task": "python",
        "subset": "mined",
        "metric": "chrf",
        "value": 1.5,
        "n": 3,
        "fingerprint": "ab",
    }
    return fields | changes


def test_the_published_schema_is_current() -> None:
    assert read_json(SCHEMA) == json_schema()


def test_every_field_of_every_record_has_a_description() -> None:
    schema = json_schema()
    models = [schema, *schema["$defs"].values()]
    assert all("description" in field for model in models for field in model["properties"].values())


def test_every_record_has_a_docstring() -> None:
    assert all(getattr(records, name).__doc__ for name in records.__all__ if not name.isupper())


def test_results_survive_json() -> None:
    results = make_results()
    assert Results.model_validate_json(results.model_dump_json()) == results


def test_an_undefined_score_is_null() -> None:
    assert Score.read(score(value=None), "here").value is None


def test_nan_is_refused() -> None:
    with pytest.raises(InputError, match=r"here: value: .*finite"):
        Score.read(score(value=float("nan")), "here")


def test_an_unknown_key_is_named_with_the_nearest_known_one() -> None:
    with pytest.raises(InputError, match="unknown key 'finger_print'; did you mean 'fingerprint'"):
        Score.read(score(finger_print="x"), "here")


def test_records_are_frozen() -> None:
    with pytest.raises(ValueError, match="frozen"):
        Score.read(score(), "here").value = 2.0
