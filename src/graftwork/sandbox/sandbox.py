"""The sandbox of this machine: the strongest tier that a real run proves, and programs run in it, many at once."""

import os
import tempfile
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor, as_completed
from dataclasses import dataclass, field, replace
from functools import cache
from pathlib import Path
from typing import final

from graftwork.errors import InputError, nearest
from graftwork.sandbox.limits import Limits
from graftwork.sandbox.runtimes import find_runtime
from graftwork.sandbox.tier import TIERS, Tier
from graftwork.sandbox.trial import Trial, ValueTest, Verdict, run_trial

__all__ = ["Sandbox", "find_sandbox", "probe"]

PROBE = """
import os, socket

def refused(action):
    try:
        action()
    except OSError:
        return True
    return False

def probe(path):
    return [
        refused(lambda: open(path)),
        refused(lambda: open("/written", "w")),
        refused(lambda: os.listdir("/proc")),
        refused(lambda: socket.create_connection(("127.0.0.1", 9), 1)),
        refused(socket.socket),
        refused(lambda: os.fork() or os._exit(0)),
        refused(lambda: os.kill(1, 0)),
    ]
"""


@final
@dataclass(frozen=True)
class Sandbox:
    """A tier that works here, with limits.

    Attributes:
        tier: what keeps programs in.
        limits: what each process may use.
        workers: how many programs run at once; one a core if None.
    """

    tier: Tier
    limits: Limits = field(default_factory=Limits)
    workers: int | None = None

    def signature(self, language: str) -> str:
        """What a pass rate in a language depends on beside the programs."""
        limits = self.limits
        kept = f"sandbox:{self.tier.name}|runtime:{find_runtime(language).version}"
        return f"{kept}|cpu:{limits.cpu_seconds}s|wall:{limits.wall_seconds:g}s|memory:{limits.memory_bytes >> 20}MiB"

    def run(self, trials: Sequence[Trial], on_done: Callable[[int], None] = lambda done: None) -> list[Verdict]:
        """Run programs, as many at once as there are workers; what was stopped is run again, once, alone.

        Args:
            trials: programs with their tests.
            on_done: told how many are done.

        Raises:
            InputError: a language cannot be run here.
        """
        verdicts = self._run_at_once(trials, on_done)
        for index, verdict in enumerate(verdicts):
            if verdict.outcome in ("timeout", "killed"):
                verdicts[index] = replace(self._run_one(trials[index]), retried=True)
        return verdicts

    def _run_at_once(self, trials: Sequence[Trial], on_done: Callable[[int], None]) -> list[Verdict]:
        for language in {trial.language for trial in trials}:
            find_runtime(language)
        with ThreadPoolExecutor(self.workers or len(os.sched_getaffinity(0))) as pool:
            futures = [pool.submit(self._run_one, trial) for trial in trials]
            try:
                for done, future in enumerate(as_completed(futures), 1):
                    future.result()
                    on_done(done)
            except BaseException:
                pool.shutdown(cancel_futures=True)
                raise
            return [future.result() for future in futures]

    def _run_one(self, trial: Trial) -> Verdict:
        return run_trial(trial, find_runtime(trial.language), self.tier, self.limits)


@cache
def probe(name: str) -> str:
    """Try a tier by running a program that tries what it must not; return what is wrong, nothing if it holds.

    Raises:
        InputError: there is no such tier.
    """
    if name not in TIERS:
        raise InputError(f"no tier {name!r}", "sandbox", nearest(name, TIERS))
    with tempfile.NamedTemporaryFile() as secret:
        Path(secret.name).chmod(0o644)
        case = (f'["{secret.name}"]', str([True] * 7).lower())
        trial = Trial("python", PROBE, ValueTest("probe", (case,)))
        try:
            return run_trial(trial, find_runtime("python"), TIERS[name], Limits()).reason
        except (OSError, InputError) as error:
            return " ".join(str(error).split())


def find_sandbox(limits: Limits | None = None, tier: str | None = None, workers: int | None = None) -> Sandbox:
    """Find the strongest tier that works on this machine; each is tried once, by really running it.

    Args:
        limits: what each process may use; the usual if None.
        tier: this one and no other.
        workers: how many programs run at once; one a core if None.

    Raises:
        InputError: none works: then no generated code is run.
    """
    wrong: list[str] = []
    for name in TIERS if tier is None else (tier,):
        reason = probe(name)
        if not reason:
            return Sandbox(TIERS[name], limits or Limits(), workers)
        wrong.append(f"{name}: {reason}")
    what = f"no sandbox works here, so no generated code is run ({'; '.join(wrong)})"
    raise InputError(what, "sandbox", "install bubblewrap, or use Linux 5.13 or newer with Landlock")
