"""How long the command takes to start."""

import subprocess
import sys

from graftwork.benchmarks.harness import Measurement, Say, Scale, prove, within

__all__ = ["measure"]

LIMIT = 0.3


def measure(scale: Scale, say: Say) -> list[Measurement]:
    """Seconds of ``graftwork --help``, the interpreter's own start included."""
    command = [sys.executable, "-m", "graftwork.cli.main", "--help"]

    def start() -> str:
        return subprocess.run(command, capture_output=True, text=True, check=True).stdout

    def proof() -> None:
        prove("Commands" in start(), "the help shows no commands")

    repetitions = 5 if scale == "full" else 2
    return [within("start/help", start, LIMIT, proof=proof, repetitions=repetitions)]
