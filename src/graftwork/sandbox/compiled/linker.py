"""What a compiler's driver would run, so that it can be run one by one: no process in the sandbox may start another."""

import shlex
import shutil
import subprocess
from pathlib import Path

__all__ = ["asked", "linker", "tool", "would_run"]


def asked(driver: str, *arguments: str) -> str:
    """What a driver says."""
    return subprocess.run([driver, *arguments], capture_output=True, text=True, check=True).stdout.strip()


def tool(driver: str, name: str) -> str:
    """Where a driver has one of its parts; it gives the bare name of what is in the search path."""
    return shutil.which(asked(driver, f"-print-prog-name={name}")) or name


def would_run(driver: str, *arguments: str) -> list[str]:
    """The first command that a driver would run."""
    printed = subprocess.run([driver, "-###", *arguments], capture_output=True, text=True, check=True).stderr
    lines = [line for line in printed.splitlines() if line.startswith(" ")]
    return next(command for command in map(shlex.split, lines) if not command[0].startswith("COLLECT"))


def linker(driver: str, *arguments: str) -> tuple[list[str], list[Path]]:
    """The command that links these into ``program``, and the folders that it is in.

    The plugin for optimizing whole programs is left out, because it starts processes.
    """
    command = [tool(driver, "ld"), *would_run(driver, *arguments, "-o", "program")[1:]]
    kept = [one for one in command if not one.startswith("-plugin") and "liblto_plugin" not in one]
    return kept, [Path(kept[0]).resolve().parent]
