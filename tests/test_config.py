from pathlib import Path
from typing import Annotated, Any, Literal

import pytest
from pydantic import Field, ValidationError, field_validator

from graftwork.config import Config, override, read_yaml
from graftwork.errors import InputError


class Lora(Config):
    kind: Literal["lora"] = "lora"
    rank: int = Field(default=8, ge=1)


class Layer(Config):
    kind: Literal["extra-layer"] = "extra-layer"
    stack: Literal["encoder", "decoder"] = "encoder"


Part = Annotated[Lora | Layer, Field(discriminator="kind")]


class Training(Config):
    epochs: int = 1
    rates: dict[str, float] = {}


class Study(Config):
    name: str
    training: Training = Training()
    parts: tuple[Part, ...] = ()
    named: dict[str, Part] = {}
    maybe: Training | None = None
    places: Literal["all"] | Annotated[tuple[Literal["above", "below"], ...], Field(min_length=1)] = "all"

    @field_validator("name")
    @classmethod
    def _speakable(cls, name: str) -> str:
        if not name:
            raise ValueError("Say a name")
        return name


def refused(data: Any) -> str:
    with pytest.raises(InputError) as caught:
        Study.read(data, "study.yaml")
    assert "\n" not in str(caught.value)
    return str(caught.value)


def test_plain_data_becomes_records() -> None:
    study = Study.read({"name": "s", "parts": [{"kind": "lora", "rank": 2}, {"kind": "extra-layer"}]}, "study.yaml")
    assert study == Study(name="s", parts=(Lora(rank=2), Layer()))


def test_a_record_is_frozen() -> None:
    with pytest.raises(ValidationError, match="frozen"):
        Study(name="s").name = "t"  # type: ignore[misc]


def test_a_record_reads_back_from_what_it_writes() -> None:
    study = Study(name="s", parts=(Lora(rank=2),), named={"a": Layer()}, maybe=Training(epochs=3))
    assert Study.read(study.model_dump(mode="json"), "again") == study


@pytest.mark.parametrize(
    ("data", "text"),
    [
        ({"name": "s", "trainin": {}}, "study.yaml: unknown key 'trainin'; did you mean 'training'?"),
        (
            {"name": "s", "qqq": 1},
            "study.yaml: unknown key 'qqq'; known are maybe, name, named, parts, places, training",
        ),
        (
            {"name": "s", "training": {"epoch": 2}},
            "study.yaml: training: unknown key 'epoch'; did you mean 'epochs'?",
        ),
        (
            {"name": "s", "maybe": {"epoch": 2}},
            "study.yaml: maybe: unknown key 'epoch'; did you mean 'epochs'?",
        ),
        (
            {"name": "s", "parts": [{"kind": "extra-layer"}, {"kind": "lora", "rnak": 2}]},
            "study.yaml: parts.1.lora: unknown key 'rnak'; did you mean 'rank'?",
        ),
        (
            {"name": "s", "named": {"a": {"kind": "extra-layer", "rank": 2}}},
            "study.yaml: named.a.extra-layer: unknown key 'rank'; known are kind, stack",
        ),
    ],
)
def test_an_unknown_key_is_refused_with_the_keys_known_there(data: Any, text: str) -> None:
    assert refused(data) == text


def test_a_wrong_value_is_named_with_its_place() -> None:
    assert refused({"name": "s", "training": {"epochs": "many"}}) == (
        "study.yaml: training.epochs: input should be a valid integer, "
        "unable to parse string as an integer (given: 'many')"
    )


def test_a_value_out_of_range_says_the_range() -> None:
    text = refused({"name": "s", "parts": [{"kind": "lora", "rank": 0}]})
    assert text == "study.yaml: parts.0.lora.rank: input should be greater than or equal to 1 (given: 0)"


def test_a_wrong_choice_says_the_choices() -> None:
    text = refused({"name": "s", "parts": [{"kind": "extra-layer", "stack": "both"}]})
    assert text == "study.yaml: parts.0.extra-layer.stack: input should be 'encoder' or 'decoder' (given: 'both')"


def test_a_wrong_kind_says_the_kinds() -> None:
    text = refused({"name": "s", "parts": [{"kind": "qqq"}]})
    assert text == "study.yaml: parts.0: unknown kind 'qqq'; known are extra-layer, lora"


def test_a_missing_key_is_named() -> None:
    assert refused({}) == "study.yaml: name: field required"


@pytest.mark.parametrize("data", [None, [], "text", 3])
def test_what_is_no_mapping_is_refused(data: Any) -> None:
    assert refused(data).startswith("study.yaml: input should be a valid dictionary")


def test_a_key_that_is_no_text_is_refused() -> None:
    assert refused({"name": "s", 3: 4}).startswith("study.yaml: ")


def test_what_a_record_checks_itself_is_said() -> None:
    assert refused({"name": ""}) == "study.yaml: name: value error, Say a name (given: '')"


def test_a_value_of_several_lines_is_shown_in_one() -> None:
    assert refused({"name": "s", "training": {"epochs": "a\nb"}}).endswith(r"(given: 'a\nb')")


def write(folder: Path, content: str | bytes) -> Path:
    path = folder / "study.yaml"
    path.write_bytes(content.encode() if isinstance(content, str) else content)
    return path


def test_yaml_is_read_as_plain_data(tmp_path: Path) -> None:
    assert read_yaml(write(tmp_path, "name: é\nparts: [{kind: lora}]\n")) == {"name": "é", "parts": [{"kind": "lora"}]}


@pytest.mark.parametrize(
    ("content", "text"),
    [
        ("a: [1\nb: 2", r"study\.yaml, line 2: not YAML \(.*\)$"),
        ("a: b: c", r"study\.yaml, line 1: not YAML \(mapping values are not allowed here\)$"),
        ("a: *b", r"study\.yaml, line 1: not YAML \(found undefined alias 'b'\)$"),
        ("a: !!python/object:os.system x", r"study\.yaml, line 1: not YAML \(could not determine a constructor .*\)$"),
        ("a: \x00", r"study\.yaml: not YAML \(special characters are not allowed\)$"),
        ("a: 2025-02-31", r"study\.yaml: a value cannot be read \(day is out of range for month\)$"),
        (b"\xff\xfa", r"study\.yaml: cannot be read \(.*\)$"),
    ],
)
def test_what_is_not_yaml_is_refused_in_one_line(content: str | bytes, text: str, tmp_path: Path) -> None:
    with pytest.raises(InputError, match=text) as caught:
        read_yaml(write(tmp_path, content))
    assert "\n" not in str(caught.value)


def test_a_missing_file_is_refused(tmp_path: Path) -> None:
    with pytest.raises(InputError, match=r"nothing\.yaml: no such file$"):
        read_yaml(tmp_path / "nothing.yaml")


def test_a_folder_is_no_yaml(tmp_path: Path) -> None:
    with pytest.raises(InputError, match="cannot be read"):
        read_yaml(tmp_path)


@pytest.mark.parametrize(
    ("assignment", "expected"),
    [
        ("name=t", {"name": "t", "training": {"epochs": 1}, "parts": [{"rank": 1}, {"rank": 2}]}),
        ("training.epochs=3", {"name": "s", "training": {"epochs": 3}, "parts": [{"rank": 1}, {"rank": 2}]}),
        ("parts.1.rank=5", {"name": "s", "training": {"epochs": 1}, "parts": [{"rank": 1}, {"rank": 5}]}),
        ("parts=[]", {"name": "s", "training": {"epochs": 1}, "parts": []}),
        ("training=", {"name": "s", "training": None, "parts": [{"rank": 1}, {"rank": 2}]}),
        ("name=a=b", {"name": "a=b", "training": {"epochs": 1}, "parts": [{"rank": 1}, {"rank": 2}]}),
    ],
)
def test_an_assignment_changes_one_place(assignment: str, expected: dict[str, Any]) -> None:
    data = {"name": "s", "training": {"epochs": 1}, "parts": [{"rank": 1}, {"rank": 2}]}
    assert override(data, [assignment]) == expected


def test_values_are_written_in_yaml() -> None:
    assert override({}, ["a=1", "b=true", "c=null", "d=[x, 2]", "e={f: 1.5}"]) == {
        "a": 1,
        "b": True,
        "c": None,
        "d": ["x", 2],
        "e": {"f": 1.5},
    }


def test_missing_mappings_on_the_way_are_made() -> None:
    assert override({"a": None}, ["a.b.c=1", "d.e=2"]) == {"a": {"b": {"c": 1}}, "d": {"e": 2}}


def test_the_last_assignment_counts() -> None:
    assert override({}, ["a=1", "a=2"]) == {"a": 2}


def test_the_given_data_stay_as_they_are() -> None:
    data = {"parts": [{"rank": 1}]}
    override(data, ["parts.0.rank=2"])
    assert data == {"parts": [{"rank": 1}]}


@pytest.mark.parametrize(
    ("assignment", "text"),
    [
        ("epochs", r"--set: cannot use 'epochs'; write key=value"),
        ("=3", r"--set: cannot use '=3'; write key=value"),
        ("name=[", r"--set: the value of 'name=\[' is not YAML"),
        ("name=2025-13-01", r"--set: the value of 'name=2025-13-01' is not YAML"),
        ("parts.2.rank=1", r"--set: no item '2' in 'parts.2.rank=1'; the list has items 0 to 1"),
        ("parts.-1=1", r"--set: no item '-1' in 'parts.-1=1'; the list has items 0 to 1"),
        ("parts.²=1", r"--set: no item '²' in 'parts.²=1'; the list has items 0 to 1"),
        ("name.first=1", r"--set: 'first' in 'name.first=1' is below a plain value"),
    ],
)
def test_an_assignment_that_cannot_be_made_is_refused(assignment: str, text: str) -> None:
    with pytest.raises(InputError, match=text):
        override({"name": "s", "parts": [{}, {}]}, [assignment])


def test_an_unknown_kind_is_met_with_the_nearest() -> None:
    message = refused({"name": "s", "parts": [{"kind": "lorra"}]})
    assert message == "study.yaml: parts.0: unknown kind 'lorra'; did you mean 'lora'?"


def test_of_a_word_or_a_list_the_item_that_is_wrong_is_named() -> None:
    message = refused({"name": "s", "places": ["above", "beside"]})
    assert message == "study.yaml: places.1: input should be 'above' or 'below' (given: 'beside')"


def test_of_a_word_or_a_list_the_word_is_named_without_the_forms() -> None:
    assert refused({"name": "s", "places": "non"}) == "study.yaml: places: input should be 'all' (given: 'non')"
