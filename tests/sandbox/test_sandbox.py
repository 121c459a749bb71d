import struct
from collections.abc import Sequence
from pathlib import Path
from typing import Any, final

import pytest

from graftwork.errors import InputError
from graftwork.sandbox import TIERS, CodeTest, Limits, Sandbox, Trial, find_sandbox, probe, process
from graftwork.sandbox import sandbox as module
from graftwork.sandbox.tier import Landlock, Tier

from .conftest import WORKING
from .killer import SLEEPER, killer

RIGHT, WRONG, ENDLESS = "def f(): return 1", "def f(): return 2", "import time\ndef f(): time.sleep(60)"


def trial(program: str, language: str = "python") -> Trial:
    return Trial(language, program, CodeTest("assert f() == 1", names=("f",)))


def test_a_tier_holds_on_this_machine() -> None:
    assert WORKING
    assert find_sandbox().tier.name == WORKING[0]


def test_verdicts_come_in_the_order_of_the_programs(sandbox: Sandbox) -> None:
    verdicts = sandbox.run([trial(RIGHT), trial(WRONG), trial("x"), trial(RIGHT)])
    assert [verdict.outcome for verdict in verdicts] == ["passed", "failed", "failed", "passed"]


def test_only_what_ran_out_of_time_is_tried_again(sandbox: Sandbox) -> None:
    limited = Sandbox(sandbox.tier, Limits(wall_seconds=1), workers=2)
    verdicts = limited.run([trial(WRONG), trial(ENDLESS)])
    assert [(verdict.outcome, verdict.retried) for verdict in verdicts] == [("failed", False), ("timeout", True)]


def test_what_was_killed_from_outside_is_tried_again(sandbox: Sandbox) -> None:
    program = f"{SLEEPER[: SLEEPER.index('time.sleep')]}time.sleep(2)\ndef f(): return 1"
    with killer():
        verdicts = sandbox.run([trial(program)])
    assert [(verdict.outcome, verdict.retried) for verdict in verdicts] == [("passed", True)]


def test_progress_is_told(sandbox: Sandbox) -> None:
    told: list[int] = []
    sandbox.run([trial(RIGHT)] * 3, told.append)
    assert told == [1, 2, 3]


def test_nothing_to_run_is_nothing_run(sandbox: Sandbox) -> None:
    assert sandbox.run([]) == []


def test_a_language_that_cannot_be_run_is_refused_before_anything_runs(sandbox: Sandbox) -> None:
    with pytest.raises(InputError, match="no way to run 'cobol'"):
        sandbox.run([trial(RIGHT), trial(RIGHT, "cobol")])


def test_the_signature_names_the_tier_the_runtime_and_the_limits(sandbox: Sandbox) -> None:
    signature = sandbox.signature("javascript")
    assert signature.startswith(f"sandbox:{sandbox.tier.name}|runtime:node v")
    assert signature.endswith("|cpu:5s|wall:15s|memory:1024MiB")


def test_an_unknown_tier_is_answered_with_the_nearest() -> None:
    with pytest.raises(InputError, match="did you mean 'bubblewrap'"):
        find_sandbox(tier="bubblerap")


def test_without_any_tier_nothing_runs(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "probe", lambda name: "not here")
    with pytest.raises(InputError) as caught:
        find_sandbox()
    assert "no generated code is run (bubblewrap: not here; landlock: not here)" in str(caught.value)
    assert "\n" not in str(caught.value)


def test_a_probe_runs_once() -> None:
    probe(WORKING[0])
    hits = probe.cache_info().hits
    probe(WORKING[0])
    assert probe.cache_info().hits == hits + 1


@final
class Open(Tier):
    """Keeps nothing in."""

    name = "open"

    def command(self, readable: Sequence[Path], enter: str, folder: Path | None) -> list[str]:
        return Landlock().command(readable, enter, folder)

    def settings(self, readable: Sequence[Path]) -> dict[str, Any]:
        paths = {"readable": ["/"], "writable": ["/"]}
        return {"user": None, "reads_all": False, "count_tasks": False, "needs_landlock": False, **paths}


def test_a_tier_that_keeps_nothing_in_is_found_out(monkeypatch: pytest.MonkeyPatch) -> None:
    allow_all = struct.pack("=HBBI", 0x06, 0, 0, 0x7FFF_0000)
    monkeypatch.setattr(process, "filter_program", lambda machine, compiling: allow_all)
    monkeypatch.setattr(module, "TIERS", {"open": Open()})
    assert "gave [false" in probe.__wrapped__("open")


def test_tiers_are_tried_from_the_strongest_on() -> None:
    assert list(TIERS) == ["bubblewrap", "landlock"]
