"""Inside: give up everything that a program does not need, then become the program.

Run as text by a bare interpreter (``-I -S -c``), before anything that is not ours runs; nothing here may import from
the package. Standard input holds the whole order as JSON, so no part of it shows among the machine's processes.
"""

import ctypes
import json
import os
import resource
import struct
import sys
import types
from collections.abc import Sequence
from typing import Any

SET_NO_NEW_PRIVILEGES, SET_PARENT_DEATH_SIGNAL, SET_SECCOMP = 38, 1, 22
KEEP_CAPABILITIES, AMBIENT_CAPABILITIES, RAISE = 8, 47, 2
KILL = 9
FILTER = 2
CREATE_RULESET, ADD_RULE, RESTRICT_SELF = 444, 445, 446
PATH_BENEATH, ASK_VERSION = 1, 1
EXECUTE, WRITE_FILE, READ_FILE, READ_DIRECTORY = 1, 2, 4, 8
REMOVE_FOLDER, REMOVE_FILE, MAKE_FOLDER, MAKE_REGULAR, TRUNCATE = 1 << 4, 1 << 5, 1 << 7, 1 << 8, 1 << 14
LARGEST_FILE = 1 << 26
CAPABILITY_VERSION = 0x2008_0522
OVERRIDE, READ_SEARCH = 1 << 1, 1 << 2

c = ctypes.CDLL(None, use_errno=True)


def system_call(name: str, *arguments: Any) -> int:
    """Call a function of the C library; a negative result ends the process."""
    result: int = getattr(c, name)(*arguments)
    if result < 0:
        raise OSError(ctypes.get_errno(), f"{name}{arguments[:1]}")
    return result


def limit(kind: int, value: int, more: int = 0) -> None:
    """Set a limit, and one that cannot be got around a little above it."""
    hard = resource.getrlimit(kind)[1]
    highest = value + more if hard == resource.RLIM_INFINITY else min(value + more, hard)
    resource.setrlimit(kind, (min(value, highest), highest))


def count_tasks(user: int) -> int:
    """How many threads the user has; the kernel's limit counts them all."""
    total = 0
    for name in filter(str.isdecimal, os.listdir("/proc")):
        try:
            if os.stat(f"/proc/{name}").st_uid == user:
                total += len(os.listdir(f"/proc/{name}/task"))
        except OSError:
            continue
    return total


def set_limits(limits: dict[str, Any], others: int, writes: bool) -> None:
    limit(resource.RLIMIT_CPU, limits["cpu_seconds"], more=1)  # a warning by signal first, which names the reason
    limit(resource.RLIMIT_AS if limits["memory_kind"] == "space" else resource.RLIMIT_DATA, limits["memory_bytes"])
    limit(resource.RLIMIT_NPROC, limits["threads"] + others)
    limit(resource.RLIMIT_FSIZE, LARGEST_FILE if writes else 0)
    for kind in (resource.RLIMIT_CORE, resource.RLIMIT_MEMLOCK, resource.RLIMIT_MSGQUEUE):
        limit(kind, 0)
    limit(resource.RLIMIT_NOFILE, 64)


def become(user: int, reads_all: bool) -> None:
    """Take on a user that owns nothing, and lose all capabilities.

    Where only the superuser can get to the interpreter, the right to do so stays, of files that Landlock leaves open.
    """
    kept = reading_capability() if reads_all else 0
    system_call("prctl", KEEP_CAPABILITIES, int(bool(kept)), 0, 0, 0)
    os.setgroups([])
    os.setresgid(user, user, user)
    os.setresuid(user, user, user)
    if kept:
        header = ctypes.create_string_buffer(struct.pack("=Ii", CAPABILITY_VERSION, 0))
        system_call("capset", header, ctypes.create_string_buffer(struct.pack("=6I", kept, kept, kept, 0, 0, 0)))
        system_call("prctl", AMBIENT_CAPABILITIES, RAISE, kept.bit_length() - 1, 0, 0)


def reading_capability() -> int:
    """The capability, as a bit, to read what belongs to others: the narrow one if it is there."""
    with open("/proc/self/status", encoding="ascii") as file:
        held = next(int(line.split()[1], 16) for line in file if line.startswith("CapEff"))
    return held & READ_SEARCH or held & OVERRIDE


def restrict_files(readable: Sequence[str], writable: Sequence[str], folder: str | None) -> int:
    """Landlock (Linux 5.13 and newer): from here on only these paths can be opened; returns its version, 0 for none."""
    version: int = c.syscall(CREATE_RULESET, None, 0, ASK_VERSION)
    if version < 1:
        return 0
    accesses = (1 << (13 + (version >= 2) + (version >= 3))) - 1 | (version >= 5) << 15
    handled = struct.pack("=QQQ", accesses, 3, 3)  # TCP and, last, signals and abstract sockets of others
    size = 8 if version < 4 else 16 if version < 6 else 24
    ruleset = system_call("syscall", CREATE_RULESET, ctypes.create_string_buffer(handled, 24), size, 0)
    rules = [(path, EXECUTE | READ_FILE | READ_DIRECTORY) for path in readable]
    rules += [(path, READ_FILE | WRITE_FILE) for path in writable]
    if folder is not None:
        making = MAKE_REGULAR | REMOVE_FILE | MAKE_FOLDER | REMOVE_FOLDER | (TRUNCATE if version >= 3 else 0)
        rules.append((folder, READ_FILE | READ_DIRECTORY | WRITE_FILE | making))
    for path, rights in rules:
        if os.path.exists(path):
            opened = os.open(path, os.O_PATH | os.O_CLOEXEC)
            fitting = rights if os.path.isdir(path) else rights & ~READ_DIRECTORY
            rule = ctypes.create_string_buffer(struct.pack("=Qi", fitting, opened))
            system_call("syscall", ADD_RULE, ruleset, PATH_BENEATH, rule, 0)
            os.close(opened)
    system_call("syscall", RESTRICT_SELF, ruleset, 0)
    os.close(ruleset)
    return version


def restrict_calls(program: bytes, mark: int) -> None:
    program = program.replace(mark.to_bytes(4, sys.byteorder), os.getpid().to_bytes(4, sys.byteorder))
    code = ctypes.create_string_buffer(program, len(program))
    head = struct.pack("=H6xQ", len(program) // 8, ctypes.addressof(code))
    system_call("prctl", SET_SECCOMP, FILTER, ctypes.create_string_buffer(head, len(head)), 0, 0)


def place(channel: Sequence[int]) -> None:
    """Give the channels their fixed numbers: 3 to read from, 4 to write to, 5 for the result; 1 is 2 from now on."""
    kept = [os.dup(number) for number in channel]
    result = os.dup(1)
    for number in channel:
        os.close(number)
    high = [os.dup2(number, 20 + index) for index, number in enumerate([*kept, result])]
    for number in [*kept, result]:
        os.close(number)
    for number, target in zip(high, (3, 4, 5) if channel else (5,), strict=True):
        os.dup2(number, target)
        os.close(number)
    os.dup2(2, 1)


def run(modules: Sequence[tuple[str, str]]) -> None:
    """Run texts as modules; the one that is to do the work is named ``__main__``."""
    for name, text in modules:
        module = types.ModuleType(name)
        sys.modules[name] = module
        exec(compile(text, name, "exec"), module.__dict__)


def enter() -> None:
    with open(0, "rb", closefd=False) as file:
        order = json.load(file)
    os.lseek(0, 0, os.SEEK_SET)
    settings = order["enter"]
    place(settings["channel"])
    others = count_tasks(os.getuid()) if settings["count_tasks"] else 0
    if settings["user"] is not None:
        become(settings["user"], settings["reads_all"])
    set_limits(settings["limits"], others, settings["folder"] is not None)
    if settings["folder"] is not None:
        os.umask(0o022)
        os.chdir(settings["folder"])
    system_call("prctl", SET_NO_NEW_PRIVILEGES, 1, 0, 0, 0)
    system_call("prctl", SET_PARENT_DEATH_SIGNAL, KILL, 0, 0, 0)
    version = restrict_files(settings["readable"], settings["writable"], settings["folder"])
    if settings["needs_landlock"] and not version:
        raise OSError("no Landlock in this kernel")
    restrict_calls(bytes.fromhex(settings["filter"]), settings["mark"])
    if settings["command"]:
        os.execve(settings["command"][0], settings["command"], settings["environment"])
    os.environ.clear()  # bubblewrap adds to it
    os.environ.update(settings["environment"])
    run(settings["modules"])


if __name__ == "__main__":
    enter()
