"""The ways to keep a program in: bubblewrap, else Landlock, both with the filter of system calls and limits; else none.

- **bubblewrap**: a file system with nothing but the runtime in it, read-only, and namespaces of its own for processes,
  network, users and IPC (https://github.com/containers/bubblewrap), with Landlock inside where the kernel has it.
- **landlock**: the same file system as everybody's, of which only the runtime can be opened
  (https://docs.kernel.org/userspace-api/landlock.html).

In both a program can start no process, open no socket, signal nobody but itself, write no file. What they do not stop:
a flaw of the kernel; and with Landlock a program can tell whether a path exists, though not what is there.
"""

import os
import secrets
import shutil
from abc import ABC, abstractmethod
from collections.abc import Mapping, Sequence
from pathlib import Path
from types import MappingProxyType
from typing import Any, ClassVar, final

from graftwork.sandbox.runtime import interpreter

__all__ = ["TIERS", "Bubblewrap", "Landlock", "Tier"]

DEVICES = ("/dev/null", "/dev/zero", "/dev/random", "/dev/urandom")
ENVIRONMENT = {"PATH": "/usr/bin:/bin", "LANG": "C.UTF-8", "HOME": "/", "TZ": "UTC", "OPENSSL_CONF": "/dev/null"} | {
    "MALLOC_ARENA_MAX": "1"  # each further arena would take 64 MiB of address space from the limit
}
_NOBODY = 65_534
_FIRST_USER, _NUM_USERS = 1 << 30, 1 << 29
"""Users that own nothing, one for each process, so that the kernel counts the threads of each apart."""


class Tier(ABC):
    """One way to keep a program in."""

    name: ClassVar[str]

    @abstractmethod
    def command(self, readable: Sequence[Path], enter: str, folder: Path | None) -> list[str]:
        """The command that runs the text ``enter`` by the bare interpreter, kept in as far as outside can do it.

        What it may write is ``folder`` alone, or nothing.
        """

    @abstractmethod
    def settings(self, readable: Sequence[Path]) -> dict[str, Any]:
        """What is left for inside: the user to become, what it may read, whether to count threads, need of Landlock."""


@final
class Bubblewrap(Tier):
    """Namespaces and mounts by ``bwrap``; run by the superuser, it needs no user namespace."""

    name = "bubblewrap"

    def command(self, readable: Sequence[Path], enter: str, folder: Path | None) -> list[str]:
        """See `Tier`."""
        apart = ["--unshare-pid", "--unshare-net", "--unshare-ipc", "--unshare-uts", "--unshare-cgroup-try"]
        if os.geteuid() == 0:
            apart += ["--cap-drop", "ALL", "--cap-add", "CAP_SETUID", "--cap-add", "CAP_SETGID"]
        else:
            apart += ["--unshare-user", "--uid", str(_NOBODY), "--gid", str(_NOBODY)]
        there = [*readable, *map(Path, DEVICES), *([folder] if folder else [])]
        parents = dict.fromkeys(folder for path in there for folder in reversed(path.parents[:-1]))
        paths = [part for folder in parents for part in ("--dir", str(folder))]  # made for its own user alone otherwise
        paths += [part for path in readable for part in ("--ro-bind-try", str(path), str(path))]
        paths += ["--bind", str(folder), str(folder)] if folder else []
        devices = [part for path in DEVICES for part in ("--dev-bind", path, path)]
        kept = ["--die-with-parent", "--new-session", "--hostname", "sandbox"]
        program = shutil.which("bwrap") or "bwrap"
        return [program, *apart, *kept, *paths, *devices, "--remount-ro", "/", "--chdir", "/", "--", *_bare(enter)]

    def settings(self, readable: Sequence[Path]) -> dict[str, Any]:
        """See `Tier`."""
        user = _unused_user() if os.geteuid() == 0 else None
        return {"user": user, "reads_all": False, "count_tasks": False, "needs_landlock": False}


@final
class Landlock(Tier):
    """Landlock and the filter of system calls, by the process itself."""

    name = "landlock"

    def command(self, readable: Sequence[Path], enter: str, folder: Path | None) -> list[str]:
        """See `Tier`."""
        return _bare(enter)

    def settings(self, readable: Sequence[Path]) -> dict[str, Any]:
        """See `Tier`."""
        superuser = os.geteuid() == 0
        return {
            "user": _unused_user() if superuser else None,
            "reads_all": superuser and not all(map(_anybody_reads, readable)),
            "count_tasks": not superuser,
            "needs_landlock": True,
        }


def _bare(enter: str) -> list[str]:
    return [str(interpreter()), "-I", "-S", "-c", enter]


def _unused_user() -> int:
    """A user that nobody is; ``nobody`` where this container has few users."""
    ranges = [line.split() for line in Path("/proc/self/uid_map").read_text(encoding="ascii").splitlines()]
    whole = any(int(first) == 0 and int(count) >= _FIRST_USER + _NUM_USERS for first, _, count in ranges)
    return _FIRST_USER + secrets.randbelow(_NUM_USERS) if whole else _NOBODY


def _anybody_reads(path: Path) -> bool:
    """Whether other users can get to a path; one that is not there is in nobody's way."""
    return not path.exists() or all(place.stat().st_mode & 0o001 for place in (path, *path.parents))


TIERS: Mapping[str, Tier] = MappingProxyType({tier.name: tier for tier in (Bubblewrap(), Landlock())})
"""The tiers by name, the strongest first."""
