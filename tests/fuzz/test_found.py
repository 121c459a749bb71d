"""What fuzzing found, one test each, and the sizes that are too large to make by the hundred."""

import gzip
import io
import json
import os
import zipfile
from pathlib import Path
from typing import Any

import pyarrow
import pytest
from pyarrow import parquet

from graftwork.components.card import model_card
from graftwork.components.lora import LoRAConfig
from graftwork.components.store import AdapterRecord, read_adapter
from graftwork.config import override, parse_yaml
from graftwork.data.cleaning import CleaningConfig
from graftwork.data.sources.archive import archive_files
from graftwork.data.sources.benchmarks import benchmark_problem, read_benchmark
from graftwork.data.sources.open import parse_source
from graftwork.data.sources.rows import FileSource, search_file
from graftwork.data.summaries import summary_of
from graftwork.errors import InputError
from graftwork.files import read_json, read_json_lines
from graftwork.languages import get_language
from graftwork.models.load import load_base
from graftwork.results.checksums import fault_in
from graftwork.results.predictions import read_prediction_file
from graftwork.study.config import read_recipe
from tests.fuzz.target import Target, attempt
from tests.fuzz.targets.adapters import _load, _unsealed
from tests.fuzz.targets.archives import _TAR, CODE, _tar_member
from tests.fuzz.targets.recipes import _LAUGHS, _MERGES, ALL_TAGS
from tests.fuzz.targets.records import _STATE, _TENSORS, _checkpoint

PYTHON = get_language("python")


def soon(action: Any, folder: Path) -> None:
    """Run something with the watch that every case has: no hang, no write elsewhere, no other exception."""
    attempt(Target("one", None, lambda case, inside: action()), None, folder)  # type: ignore[arg-type]


@pytest.mark.parametrize("text", [_LAUGHS, _MERGES], ids=["values", "merges"])
def test_aliases_that_grow_out_of_hand_are_refused(text: bytes, tmp_path: Path) -> None:
    (tmp_path / "a.yaml").write_bytes(text)
    with pytest.raises(InputError, match="more than 100,000 values"):
        read_recipe(str(tmp_path / "a.yaml"))


def test_aliases_that_do_not_are_followed() -> None:
    assert parse_yaml("a: &x {rank: 4}\nb: *x\nc: {<<: *x, alpha: 8}\n", "x")["c"] == {"rank": 4, "alpha": 8}


@pytest.mark.parametrize("text", ["a: &a [*a]", "&a {b: *a}"])
def test_a_value_that_stands_in_itself_is_refused(text: str) -> None:
    with pytest.raises(InputError, match="stands in itself"):
        parse_yaml(text, "x")


@pytest.mark.parametrize("text", ["[" * 5000, "{a: " * 3000, "- " * 3000, "[" * 60 + "]" * 60])
def test_yaml_that_is_nested_too_deeply_is_refused(text: str) -> None:
    with pytest.raises(InputError, match="nested too deeply"):
        parse_yaml(text, "x")


def test_a_key_that_stands_twice_is_refused() -> None:
    with pytest.raises(InputError, match=r"x, line 3: the key 'seeds' stands there twice"):
        parse_yaml("seeds: [1]\nname: a\nseeds: [2]\n", "x")


@pytest.mark.parametrize("text", [*ALL_TAGS, "a: \0", "\x1a"])
def test_a_value_that_is_not_of_the_type_it_says_is_refused_or_read(text: str, tmp_path: Path) -> None:
    soon(lambda: parse_yaml(text, "x"), tmp_path)


def test_a_path_of_an_assignment_may_not_be_endless() -> None:
    with pytest.raises(InputError, match="too long"):
        override({}, ["a." * 5000 + "a=1"])


def test_a_list_item_with_a_number_of_thousands_of_digits_is_refused() -> None:
    with pytest.raises(InputError, match="no item"):
        override({"a": [1]}, [f"a.{'9' * 5000}=1"])


def test_a_recipe_of_one_line_of_100_mb_is_refused_unread(tmp_path: Path) -> None:
    path = tmp_path / "a.yaml"
    with path.open("wb") as file:
        file.write(b"name: ")
        file.truncate(100_000_000)
    with pytest.raises(InputError, match="larger than 1,000,000 bytes"):
        read_recipe(str(path))


def test_a_row_of_100_mb_is_read_and_left_out(tmp_path: Path) -> None:
    path = tmp_path / "a.jsonl"
    path.write_bytes(b'{"description": "Return the sum of all.", "target": "' + b"x " * 50_000_000 + b'"}\n')
    assert search_file(FileSource(path=str(path)), PYTHON, CleaningConfig()).dropped == {"function too long": 1}


@pytest.mark.parametrize("start", [":a:`x", "{@code ", "<a ", "[a", "``", "+a", "@return {", "@description "])
def test_markup_that_does_not_end_takes_no_longer_than_other_text(start: str, tmp_path: Path) -> None:
    soon(lambda: summary_of(start + " " * 100_000), tmp_path)


def test_json_that_is_nested_too_deeply_is_refused(tmp_path: Path) -> None:
    (tmp_path / "a.json").write_bytes(b"[" * 100_000)
    with pytest.raises(InputError, match="not JSON"):
        read_json(tmp_path / "a.json")


def test_damaged_steps_are_refused(tmp_path: Path) -> None:
    (tmp_path / "steps.jsonl").write_bytes(b'{"step": 1}\n{"st\xff\n')
    with pytest.raises(InputError, match="is damaged"):
        read_json_lines(tmp_path / "steps.jsonl")


def test_a_checksum_of_a_device_is_not_waited_for() -> None:
    fault = fault_in(Path(os.devnull).parent / "zero", ["0"])
    assert fault is not None
    assert fault.what == "is no file"


def test_a_checksum_of_a_path_with_nul_is_a_missing_file() -> None:
    fault = fault_in(Path("a\0b"), ["0"])
    assert fault is not None
    assert fault.what == "is missing"


@pytest.mark.parametrize("done", [{}, {"step": "x"}, {"step": 1e400}])
def test_a_checkpoint_that_does_not_say_how_far_it_came_is_refused(done: Any, tmp_path: Path) -> None:
    with pytest.raises(InputError):
        _checkpoint(({**_STATE, "done": done}, _TENSORS), tmp_path)


def test_parquet_with_text_that_is_no_utf8_is_refused(tmp_path: Path) -> None:
    text = pyarrow.StringArray.from_buffers(1, *pyarrow.array([b"\xff\xfe"]).buffers()[1:3])
    parquet.write_table(pyarrow.table({"description": text, "target": text}), tmp_path / "a.parquet")
    for read in (
        lambda: read_prediction_file(tmp_path / "a.parquet"),
        lambda: read_benchmark(str(tmp_path / "a.parquet")),
        lambda: search_file(FileSource(path=str(tmp_path / "a.parquet")), PYTHON, CleaningConfig()),
    ):
        with pytest.raises(InputError):
            read()


def test_a_benchmark_whose_gzip_is_damaged_within_is_refused(tmp_path: Path) -> None:
    data = bytearray(gzip.compress(os.urandom(300)))
    data[12:20] = b"\xff" * 8
    (tmp_path / "a.jsonl.gz").write_bytes(data)
    with pytest.raises(InputError, match="cannot be read"):
        read_benchmark(str(tmp_path / "a.jsonl.gz"))


def test_a_benchmark_that_unpacks_to_more_than_half_a_gigabyte_is_refused(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("graftwork.data.sources.benchmarks.MAX_BYTES", 1_000_000)
    (tmp_path / "a.jsonl.gz").write_bytes(gzip.compress(b" " * 2_000_000))
    with pytest.raises(InputError, match="unpacks to more than"):
        read_benchmark(str(tmp_path / "a.jsonl.gz"))


@pytest.mark.parametrize("code", ["(" * 5000, "x = " + "-" * 100_000 + "1", "a\0b"])
def test_a_benchmark_with_code_that_no_parser_takes_is_refused(code: str) -> None:
    with pytest.raises(InputError, match="cannot be right"):
        benchmark_problem({"task_id": 1, "text": "a", "code": code, "test_list": []}, "row 1")


@pytest.mark.parametrize(("language", "said"), [("rust", "cannot be right"), ("ruby", "no text")])
def test_a_benchmark_with_a_number_for_its_tests_is_refused(language: str, said: str) -> None:
    row = {"name": "a", "language": language, "prompt": "x", "tests": 7}
    with pytest.raises(InputError, match=said):
        benchmark_problem(row, "row 1")


@pytest.mark.parametrize("size", [2**63, 2**80, -1, -(2**40)])
@pytest.mark.parametrize("kind", [b"0", b"L", b"x", b"S", b"5"])
def test_a_tar_member_of_an_impossible_size_ends_the_reading(size: int, kind: bytes, tmp_path: Path) -> None:
    member = _tar_member(b"a.py", b"", kind, size)
    path = tmp_path / "a.tar.gz"
    path.write_bytes(gzip.compress(member + _TAR))
    soon(lambda: archive_files(path, PYTHON, "a"), tmp_path)


def test_a_tar_of_names_of_names_of_names_is_refused(tmp_path: Path) -> None:
    (tmp_path / "a.tgz").write_bytes(gzip.compress(_tar_member(b"././@LongLink", b"a.py\0", b"L", None) * 3000))
    with pytest.raises(InputError, match="cannot be read as an archive"):
        archive_files(tmp_path / "a.tgz", PYTHON, "a")


def test_a_name_in_a_tar_that_is_no_utf8_can_be_written_down(tmp_path: Path) -> None:
    (tmp_path / "a.tgz").write_bytes(gzip.compress(_TAR))
    assert [one.origin for one in archive_files(tmp_path / "a.tgz", PYTHON, "x")] == ["x:a.py", "x:b\ufffd.py"]


def test_a_zip_member_without_a_name_is_left_out(tmp_path: Path) -> None:
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w") as archive:
        entry = zipfile.ZipInfo("a")
        entry.filename = ""
        archive.writestr(entry, CODE)
    (tmp_path / "a.zip").write_bytes(buffer.getvalue())
    assert archive_files(tmp_path / "a.zip", PYTHON, "x") == []


@pytest.mark.parametrize("method", [zipfile.ZIP_LZMA, zipfile.ZIP_BZIP2, zipfile.ZIP_DEFLATED])
def test_a_zip_member_that_is_damaged_is_refused_whatever_packed_it(method: int, tmp_path: Path) -> None:
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w", method) as archive:
        archive.writestr("a.py", CODE)
    data = bytearray(buffer.getvalue())
    data[40:60] = b"\xff" * 20
    (tmp_path / "a.zip").write_bytes(data)
    with pytest.raises(InputError, match="cannot be read as an archive"):
        archive_files(tmp_path / "a.zip", PYTHON, "x")


@pytest.mark.parametrize("said", ["[" * 100_000, "[]", "null", "{"])
def test_a_record_in_the_header_of_our_own_format_that_is_damaged_is_refused(said: str, tmp_path: Path) -> None:
    from safetensors.torch import load, save

    config, weights = _unsealed(True)
    (tmp_path / "adapter_config.json").write_text(json.dumps(config))
    (tmp_path / "adapter_model.safetensors").write_bytes(save(load(weights), metadata={"graftwork": said}))
    with pytest.raises(InputError, match="header is damaged"):
        read_adapter(tmp_path)


@pytest.mark.parametrize("text", ["a|b", "<img src=x>", "```", "a\n# b", "`x`", "[a](b)"])
def test_no_text_of_an_adapter_takes_part_in_its_cards_structure(text: str) -> None:
    lora = LoRAConfig(targets=("q", text))
    record = AdapterRecord(
        graftwork_version="1",
        name="a",
        base=text,
        base_fingerprint=text,
        weights_sha256=None,
        components={"lora": lora},
        shared={},
    )
    card = model_card(record, {}, "f", peft=False).partition("\n---\n")[2]
    assert len(card.split("\n")) == 28
    assert "<img" not in card.partition("```python")[0]
    row = next(line for line in card.split("\n") if line.startswith("| lora"))
    assert row.replace("\\|", "").count("|") == 5


@pytest.mark.parametrize("rank", [2**20, 2**31, 10**30])
def test_memory_is_not_taken_for_what_a_configuration_only_says(rank: int, tmp_path: Path) -> None:
    config, weights = _unsealed(False)
    with pytest.raises(InputError):
        _load((json.dumps({**config, "r": rank}).encode(), weights), tmp_path)


def test_layers_that_a_configuration_only_says_are_not_made(tmp_path: Path) -> None:
    config, weights = _unsealed(True)
    components = {**config["components"], "extra": {**config["components"]["extra"], "count": 10**9}}
    with pytest.raises(InputError, match="1000000000 layers"):
        _load((json.dumps({**config, "components": components}).encode(), weights), tmp_path)


@pytest.mark.parametrize("pattern", [r"([a-z.0-9A-Z_]+)+X", r"(.*)*(.*)*(.*)*Y"])
@pytest.mark.parametrize("key", ["target_modules", "rank_pattern", "exclude_modules", "layers_pattern"])
def test_a_pattern_that_never_ends_is_refused(key: str, pattern: str, tmp_path: Path) -> None:
    config, weights = _unsealed(False)
    more = {"layers_to_transform": [1], "target_modules": None} if key == "layers_pattern" else {}
    value = {pattern: 1} if key == "rank_pattern" else pattern
    data = json.dumps({**config, "rank_pattern": {}, **more, key: value}).encode()
    soon(lambda: _load((data, weights), tmp_path), tmp_path)


@pytest.mark.parametrize("name", ["a" * 5000, "x/" + "a" * 300, "~nobody-of-that-name/x", "a\0b"])
def test_a_path_that_no_system_has_is_refused(name: str) -> None:
    for read in (
        lambda: parse_source(name),
        lambda: read_recipe(name),
        lambda: load_base(name),
        lambda: search_file(FileSource(path=f"{name}.jsonl"), PYTHON, CleaningConfig()),
    ):
        with pytest.raises(InputError):
            read()


def test_a_pattern_that_a_later_python_reads_otherwise_is_taken_without_a_word() -> None:
    assert LoRAConfig(rank_pattern={"[[a]q": 1}).rank_pattern == {"[[a]q": 1}
