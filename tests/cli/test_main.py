import errno
import os
import subprocess
import sys

import pytest
import typer

from graftwork.cli import main as module
from graftwork.study import config
from tests.cli.conftest import Call

COMMANDS = (
    "run",
    "plan",
    "report",
    "analyze",
    "score",
    "mine",
    "pretrain",
    "generate",
    "merge",
    "bench",
    "verify",
)
MODEL_LIBRARIES = ("torch", "transformers", "matplotlib", "scipy", "datasets")


def raising(monkeypatch: pytest.MonkeyPatch, error: BaseException) -> None:
    """Let ``graftwork run`` raise something."""

    def read_recipe(*arguments: object) -> None:
        raise error

    monkeypatch.setattr(config, "read_recipe", read_recipe)


@pytest.mark.parametrize("arguments", [(), ("--help",)])
def test_help_names_every_command(call: Call, arguments: tuple[str, ...]) -> None:
    ended = call(*arguments)
    assert (ended.code, ended.err) == (0, "")
    for command in COMMANDS:
        assert f"\n  {command} " in ended.out


@pytest.mark.parametrize("command", COMMANDS)
def test_every_command_has_help_with_an_example(call: Call, command: str) -> None:
    ended = call(command, "--help")
    assert (ended.code, ended.err) == (0, "")
    assert f"Usage: graftwork {command}" in ended.out
    assert "Example" in ended.out


def test_help_of_no_command_imports_a_model_library() -> None:
    script = f"""
import sys
from graftwork.cli.main import main
for command in {COMMANDS}:
    try:
        main([command, "--help"])
    except SystemExit:
        pass
print(*(name for name in {MODEL_LIBRARIES} if name in sys.modules), file=sys.stderr)
"""
    outcome = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, check=True)
    assert outcome.stderr.split() == []


@pytest.mark.parametrize(
    ("arguments", "text"),
    [
        (("nope",), "'nope'"),
        (("--nope",), "--nope"),
        (("run", "--nope"), "--nope"),
        (("run", "smoke", "another"), "another"),
        (("report",), "DIR"),
        (("score", "file.jsonl"), "--language"),
        (("generate", "prompt", "--max-new-tokens", "none"), "--max-new-tokens"),
        (("generate", "prompt", "--max-new-tokens", "0"), "--max-new-tokens"),
        (("run", "--seeds"), "--seeds"),
    ],
)
def test_wrong_usage_is_one_line(call: Call, arguments: tuple[str, ...], text: str) -> None:
    ended = call(*arguments)
    assert ended.code == 2
    assert text in ended.line()


@pytest.mark.parametrize("error", [KeyboardInterrupt(), typer.Abort(), EOFError()])
def test_an_interruption_is_one_line(call: Call, monkeypatch: pytest.MonkeyPatch, error: BaseException) -> None:
    raising(monkeypatch, error)
    ended = call("run")
    assert ended.code == 130
    assert ended.err.strip() == (
        "graftwork: interrupted; what a study has done is kept, and the same command goes on from there"
    )


@pytest.mark.parametrize("filename", ["some/file", None])
def test_an_error_of_the_system_is_one_line(call: Call, monkeypatch: pytest.MonkeyPatch, filename: str | None) -> None:
    raising(monkeypatch, OSError(errno.ENOSPC, os.strerror(errno.ENOSPC), filename))
    ended = call("run")
    assert ended.code == 2
    assert ended.line() == ("some/file: " if filename else "") + "No space left on device"


@pytest.mark.parametrize("error", [ValueError("a bug"), OSError("a bug")])
def test_a_bug_shows_where_it_is(call: Call, monkeypatch: pytest.MonkeyPatch, error: Exception) -> None:
    raising(monkeypatch, error)
    with pytest.raises(type(error), match="a bug"):
        module.main(["run"])


def test_the_arguments_are_those_of_the_process(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(sys, "argv", ["graftwork", "report", "--help"])
    with pytest.raises(SystemExit):
        module.main()
    assert "Usage: graftwork report" in capsys.readouterr().out
