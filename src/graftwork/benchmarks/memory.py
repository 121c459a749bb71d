"""Peak memory of a function, each in a process of its own: ``python -m graftwork.benchmarks.memory MODULE:FUNCTION``.

What is counted begins once the libraries are imported: the model, the data and the work.
"""

import importlib
import json
import os
import subprocess
import sys
from pathlib import Path
from typing import Any

from graftwork.errors import StudyError

__all__ = ["peak_memory", "peak_memory_ratio"]

STATUS = Path("/proc/self/status")


def peak_memory(target: str, **arguments: Any) -> int:
    """The most memory that a call takes beyond imported libraries, in bytes (Linux).

    Args:
        target: ``module:function``; the function makes everything it needs and does the work.
        arguments: the function's, plain data.

    Raises:
        StudyError: the function failed.
    """
    command = [sys.executable, "-m", __name__, target, json.dumps(arguments)]
    done = subprocess.run(command, capture_output=True, text=True, check=False, env=dict(os.environ))
    if done.returncode:
        raise StudyError(f"{target} failed: {done.stderr.strip().splitlines()[-1:]}")
    return int(done.stdout.split()[-1])


def peak_memory_ratio(ours: str, peer: str, **arguments: Any) -> float:
    """Our peak memory by the peer's, for the same arguments."""
    return peak_memory(ours, **arguments) / peak_memory(peer, **arguments)


def _measure(target: str, arguments: dict[str, Any]) -> int:
    module, _, function = target.partition(":")
    call = getattr(importlib.import_module(module), function)
    before = _status("VmRSS")
    call(**arguments)
    return _status("VmHWM") - before


def _status(field: str) -> int:
    """A line of the process's own account, in bytes."""
    line = next(line for line in STATUS.read_text().splitlines() if line.startswith(f"{field}:"))
    return int(line.split()[1]) * 1024


if __name__ == "__main__":
    print(_measure(sys.argv[1], json.loads(sys.argv[2])))
