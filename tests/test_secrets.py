"""Tokens and passwords never come out again: not in messages, not in records, not in logs."""

import json
from pathlib import Path

import pytest

from graftwork.cli.main import main
from graftwork.data.sources.index import fetch_source_archive
from graftwork.errors import InputError, one_line
from graftwork.results import collect_environment
from graftwork.study.config import embedded_recipes, read_recipe, recipe_text

TOKEN = "hf_" + "Zq7" * 11
PASSWORD = "s3cr3t-w0rd"


@pytest.fixture(autouse=True)
def _environment(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("HF_TOKEN", "HUGGING_FACE_HUB_TOKEN"):
        monkeypatch.setenv(name, TOKEN)


def test_a_hub_token_is_taken_out_of_messages() -> None:
    error = InputError(f"cannot be loaded (401 for token {TOKEN})", f"hub:a/b?token={TOKEN}", f"not {TOKEN}")
    assert TOKEN not in str(error)


def test_a_token_of_another_form_is_taken_out_if_it_is_set(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("HF_TOKEN", PASSWORD)
    assert PASSWORD not in str(InputError(f"Bearer {PASSWORD} was refused"))


@pytest.mark.parametrize("address", [f"https://me:{PASSWORD}@host/simple/", f"http://{PASSWORD}@host:80/x"])
def test_credentials_in_addresses_are_taken_out_of_messages(address: str) -> None:
    text = str(InputError(f"{address!r} cannot be reached", address))
    assert PASSWORD not in text
    assert "host" in text


def test_the_environment_record_holds_no_variable() -> None:
    assert TOKEN not in json.dumps(collect_environment().model_dump(mode="json"))


def test_no_recipe_as_it_is_kept_holds_a_token() -> None:
    assert TOKEN not in "".join(recipe_text(read_recipe(name)) for name in list(embedded_recipes())[:3])


@pytest.mark.parametrize("port", ["", ":9"])
def test_the_password_of_an_index_is_not_said(port: str, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setenv("PIP_INDEX_URL", f"http://me:{PASSWORD}@localhost{port}/simple")
    monkeypatch.setenv("PIP_EXTRA_INDEX_URL", "")
    monkeypatch.setenv("PIP_CONFIG_FILE", "/dev/null")
    with pytest.raises(InputError) as caught:
        fetch_source_archive("nothing", None, tmp_path)
    assert PASSWORD not in str(caught.value)
    assert caught.value.__cause__ is None


def test_the_command_line_says_no_token(capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit) as ended:
        main(["run", f"https://me:{PASSWORD}@host/{TOKEN}.yaml"])
    shown = "".join(capsys.readouterr())
    assert ended.value.code == 2
    assert "no such recipe" in shown
    assert TOKEN not in shown
    assert PASSWORD not in shown


def test_a_line_is_one_line_of_printable_text() -> None:
    assert one_line("a\n b\x1b[31m\u202e\ud800") == "a b\\x1b[31m\\u202e\\ud800"


def test_a_line_is_not_endless() -> None:
    assert len(one_line("x" * 10**6)) < 2_100
