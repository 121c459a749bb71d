"""Package managers' own clients, run as they are configured."""

import subprocess
from collections.abc import Sequence
from pathlib import Path

from graftwork.errors import InputError

__all__ = ["run_client"]

TIMEOUT_SECONDS = 600


def run_client(arguments: Sequence[str], folder: Path, what: str) -> str:
    """Run a client in a folder and return what it prints.

    Raises:
        InputError: it is missing, fails (its last line of error is given) or takes more than ten minutes.
    """
    try:
        done = subprocess.run(
            arguments,
            cwd=folder,
            capture_output=True,
            text=True,
            errors="replace",
            timeout=TIMEOUT_SECONDS,
            check=False,
        )
    except OSError as error:
        raise InputError(f"{arguments[0]} cannot be run ({error.strerror})", what) from None
    except subprocess.TimeoutExpired:
        raise InputError(f"not fetched within {TIMEOUT_SECONDS} seconds", what) from None
    if done.returncode != 0:
        raise InputError(f"cannot be fetched ({_complaint(done.stderr)})", what)
    return done.stdout


def _complaint(errors: str) -> str:
    """The line that says most: the last that is marked as an error, else the last."""
    lines = [" ".join(line.split()) for line in errors.splitlines() if line.strip()]
    marked = [line for line in lines if "error" in line.lower()]
    return (marked or lines or ["no reason given"])[-1][:300]
