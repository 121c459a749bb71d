"""None of the hostile programs gets through, whichever tier keeps it in, and none holds up the rest."""

import re
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from graftwork.errors import InputError
from graftwork.sandbox import TIERS, CodeTest, Limits, Sandbox, Trial, Verdict, find_runtime, find_sandbox
from graftwork.sandbox import sandbox as sandbox_module
from graftwork.sandbox.trial import run_trial

from . import attacks, compiled_attacks, further_attacks
from .attacks import RESOURCES, Attack
from .conftest import WORKING

LIMITS = Limits(cpu_seconds=1, wall_seconds=6, output_bytes=100_000, memory_bytes=1 << 29)
AT_ONCE = 4
CPU_TIME = "processor time"


def is_there(language: str) -> bool:
    try:
        find_runtime(language)
    except InputError:
        return False
    return True


LANGUAGES = {language: is_there(language) for language in ("python", "javascript", "typescript", "ruby", "php")}
ATTACKS = [attack for attack in (*attacks.ATTACKS, *further_attacks.ATTACKS) if LANGUAGES[attack.language]]


def trial_of(attack: Attack) -> Trial:
    name = "attack" if "attack()" in attack.test else "solve"
    return Trial(attack.language, attack.program, CodeTest(attack.test, names=(name,)))


def sandboxed_processes() -> set[str]:
    """The processes that run our way into the sandbox, by their ids."""
    found = set()
    for folder in Path("/proc").glob("[0-9]*"):
        try:
            if b"give up everything that a program does not need" in (folder / "cmdline").read_bytes():
                found.add(folder.name)
        except OSError:
            continue
    return found


@pytest.fixture(scope="module", params=WORKING)
def verdicts(request: pytest.FixtureRequest) -> Iterator[dict[str, Verdict]]:
    """The verdicts on all attacks in one tier, several attacks running at once."""
    tier = TIERS[request.param]

    def run(attack: Attack) -> Verdict:
        return run_trial(trial_of(attack), find_runtime(attack.language), tier, LIMITS)

    with ThreadPoolExecutor(AT_ONCE) as pool:
        yield dict(zip((attack.name for attack in ATTACKS), pool.map(run, ATTACKS), strict=True))


@pytest.mark.parametrize("attack", ATTACKS, ids=lambda attack: attack.name)
def test_no_attack_gets_through(verdicts: dict[str, Verdict], attack: Attack) -> None:
    verdict = verdicts[attack.name]
    assert verdict.outcome != "passed"
    # On a machine that does much else, the clock may run out before a second of processor time was given.
    assert re.search(attack.reason.replace(CPU_TIME, f"{CPU_TIME}|ran for more than"), verdict.reason), verdict
    assert verdict.seconds < LIMITS.wall_seconds + 2


def test_there_are_more_than_a_hundred_attacks_in_eight_languages_and_more() -> None:
    every = [*attacks.ATTACKS, *further_attacks.ATTACKS]
    assert len({attack.name for attack in every}) == len(every) >= 100
    assert len({attack.language for attack in (*every, *compiled_attacks.ATTACKS)}) >= 8


def test_where_no_tier_holds_no_attack_is_even_started(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sandbox_module, "probe", lambda name: "not here")
    before = sandboxed_processes()
    with pytest.raises(InputError, match="no generated code is run"):
        find_sandbox(LIMITS).run([trial_of(attack) for attack in ATTACKS])
    assert sandboxed_processes() <= before


def test_hostile_programs_do_not_slow_the_rest(sandbox: Sandbox) -> None:
    hostile = [trial_of(attack) for attack in RESOURCES[:4]]
    harmless = [Trial("python", "def f(x): return x", CodeTest(f"assert f({n}) == {n}")) for n in range(12)]
    limited = Sandbox(sandbox.tier, LIMITS, workers=2)
    started = time.monotonic()
    with ThreadPoolExecutor(4) as beside:
        attacks = [beside.submit(run_trial, trial, find_runtime("python"), sandbox.tier, LIMITS) for trial in hostile]
        verdicts = limited.run(harmless)
    assert {verdict.outcome for verdict in verdicts} == {"passed"}
    assert {attack.result().outcome for attack in attacks}.isdisjoint({"passed"})
    assert time.monotonic() - started < 3 * LIMITS.wall_seconds


def test_nothing_of_an_attack_is_left_running(sandbox: Sandbox) -> None:
    before = sandboxed_processes()
    program = "import threading, time\nthreading.Thread(target=time.sleep, args=(60,)).start()\ndef f(): return 0"
    run_trial(Trial("python", program, CodeTest("assert f() == 1")), find_runtime("python"), sandbox.tier, LIMITS)
    left = [name for name in sandboxed_processes() - before if is_child(name)]
    assert left == []


def is_child(name: str) -> bool:
    """Whether a process of that id, if any, descends from this one."""
    import psutil

    return any(str(child.pid) == name for child in psutil.Process().children(recursive=True))
