"""Which system calls a program may make: a filter for the kernel, as classic BPF (man 2 seccomp).

The list names what is refused. Files are Landlock's and bubblewrap's matter; here stands what they do not cover:
sockets, other processes, new processes, and what changes the machine.
"""

import struct
from collections.abc import Sequence
from dataclasses import dataclass
from typing import final

from graftwork.errors import InputError, nearest

__all__ = ["PROCESS_MARK", "filter_program"]

PROCESS_MARK = 0x5E1F_71D0
"""Stands for the process's own id in the filter; who enters the sandbox puts the id there."""

_LOAD, _EQUAL, _AT_LEAST, _ANY_BIT, _AND, _RETURN = 0x20, 0x15, 0x35, 0x45, 0x54, 0x06
_ALLOW, _KILL, _FAIL = 0x7FFF_0000, 0x8000_0000, 0x0005_0000
_NOTHING, _EPERM, _ENOSYS = 0, 1, 38
_NUMBER, _ARCHITECTURE, _FIRST_ARGUMENT = 0, 4, 16
_X32 = 0x4000_0000
"""Numbers from here on are those of x86's 32-bit pointers in 64-bit mode: the same calls by other numbers."""

_CLONE_THREAD = 0x0001_0000
_STREAM, _TYPE_BITS = 1, 0xF
_PARENT_DEATH_SIGNAL = 1

_REFUSED = {
    # the network; what socketpair makes reaches nobody
    "socket": (41, 198),
    "connect": (42, 203),
    "bind": (49, 200),
    "listen": (50, 201),
    "accept": (43, 202),
    "accept4": (288, 242),
    # other processes
    "ptrace": (101, 117),
    "process_vm_readv": (310, 270),
    "process_vm_writev": (311, 271),
    "process_madvise": (440, 440),
    "process_mrelease": (448, 448),
    "pidfd_getfd": (438, 438),
    "pidfd_send_signal": (424, 424),
    "kcmp": (312, 272),
    "rt_sigqueueinfo": (129, 138),
    "rt_tgsigqueueinfo": (297, 240),
    "setpriority": (141, 140),
    "ioprio_set": (251, 30),
    "sched_setaffinity": (203, 122),
    "sched_setparam": (142, 118),
    "sched_setscheduler": (144, 119),
    "sched_setattr": (314, 274),
    "migrate_pages": (256, 238),
    "move_pages": (279, 239),
    # new processes
    "fork": (57, None),
    "vfork": (58, None),
    # memory that no limit counts, or that outlives the process
    "shmget": (29, 194),
    "shmat": (30, 196),
    "shmctl": (31, 195),
    "semget": (64, 190),
    "msgget": (68, 186),
    "mq_open": (240, 180),
    "memfd_create": (319, 279),
    "memfd_secret": (447, 447),
    # what Landlock leaves open on files that the user owns
    "chmod": (90, None),
    "fchmod": (91, 52),
    "fchmodat": (268, 53),
    "fchmodat2": (452, 452),
    "chown": (92, None),
    "fchown": (93, 55),
    "lchown": (94, None),
    "fchownat": (260, 54),
    "utime": (132, None),
    "utimes": (235, None),
    "futimesat": (261, None),
    "utimensat": (280, 88),
    "setxattr": (188, 5),
    "lsetxattr": (189, 6),
    "fsetxattr": (190, 7),
    "removexattr": (197, 14),
    "lremovexattr": (198, 15),
    "fremovexattr": (199, 16),
    "setxattrat": (463, 463),
    "removexattrat": (466, 466),
    "truncate": (76, 45),
    "flock": (73, 32),
    "name_to_handle_at": (303, 264),
    "open_by_handle_at": (304, 265),
    "fanotify_init": (300, 262),
    "inotify_init": (253, None),
    "inotify_init1": (294, 26),
    # namespaces and mounts
    "unshare": (272, 97),
    "setns": (308, 268),
    "mount": (165, 40),
    "umount2": (166, 39),
    "pivot_root": (155, 41),
    "chroot": (161, 51),
    "open_tree": (428, 428),
    "move_mount": (429, 429),
    "fsopen": (430, 430),
    "fsconfig": (431, 431),
    "fsmount": (432, 432),
    "fspick": (433, 433),
    "mount_setattr": (442, 442),
    # the machine, and doors of the kernel that have been forced before
    "io_uring_setup": (425, 425),
    "io_uring_enter": (426, 426),
    "io_uring_register": (427, 427),
    "bpf": (321, 280),
    "perf_event_open": (298, 241),
    "userfaultfd": (323, 282),
    "keyctl": (250, 219),
    "add_key": (248, 217),
    "request_key": (249, 218),
    "init_module": (175, 105),
    "finit_module": (313, 273),
    "delete_module": (176, 106),
    "kexec_load": (246, 104),
    "kexec_file_load": (320, 294),
    "reboot": (169, 142),
    "swapon": (167, 224),
    "swapoff": (168, 225),
    "acct": (163, 89),
    "quotactl": (179, 60),
    "quotactl_fd": (443, 443),
    "syslog": (103, 116),
    "settimeofday": (164, 170),
    "clock_settime": (227, 112),
    "clock_adjtime": (305, 266),
    "adjtimex": (159, 171),
    "sethostname": (170, 161),
    "setdomainname": (171, 162),
    "iopl": (172, None),
    "ioperm": (173, None),
    "personality": (135, 92),
}
"""System call -> its number on x86-64 and on ARM64."""

_LOOKED_INTO = {
    "clone": (56, 220),
    "clone3": (435, 435),
    "kill": (62, 129),
    "tkill": (200, 130),
    "tgkill": (234, 131),
    "prlimit64": (302, 261),
    "prctl": (157, 167),
    "socketpair": (53, 199),
}
"""System calls that are refused for some arguments only."""


@final
@dataclass(frozen=True)
class _Architecture:
    column: int
    audit_number: int


_ARCHITECTURES = {
    "x86_64": _Architecture(0, 0xC000_003E),
    "aarch64": _Architecture(1, 0xC000_00B7),
}


def _instruction(code: int, value: int, if_true: int = 0, if_false: int = 0) -> bytes:
    return struct.pack("=HBBI", code, if_true, if_false, value)


def _argument(index: int) -> bytes:
    """Load the low half of an argument; ids, flags and types fit in it, and the kernel reads no more of them."""
    return _instruction(_LOAD, _FIRST_ARGUMENT + 8 * index)


def _fail(errno: int = _EPERM) -> bytes:
    return _instruction(_RETURN, _FAIL | errno)


def _allow() -> bytes:
    return _instruction(_RETURN, _ALLOW)


def _only(index: int, values: Sequence[int]) -> bytes:
    """Allow if the argument is one of the values."""
    tests = b"".join(_instruction(_EQUAL, value, 0, 1) + _allow() for value in values)
    return _argument(index) + tests + _fail()


def _looked_into() -> dict[str, bytes]:
    """What is done with each call that is looked into; every way through ends in a return."""
    own = _only(0, [PROCESS_MARK])
    return {
        "clone": _argument(0) + _instruction(_ANY_BIT, _CLONE_THREAD, 0, 1) + _allow() + _fail(),
        "clone3": _fail(_ENOSYS),  # its flags cannot be seen from here; without it, C libraries use clone
        "kill": own,
        "tkill": own,
        "tgkill": own,
        "prlimit64": _only(0, [0, PROCESS_MARK]),
        "prctl": _argument(0) + _instruction(_EQUAL, _PARENT_DEATH_SIGNAL, 0, 1) + _fail() + _allow(),
        "socketpair": _argument(1)
        + _instruction(_AND, _TYPE_BITS)
        + _instruction(_EQUAL, _STREAM, 0, 1)
        + _allow()
        + _fail(),
    }


def filter_program(machine: str, compiling: bool = False) -> bytes:
    """Return the filter for a kind of machine (as ``platform.machine`` names it): 8 bytes an instruction.

    For a compiler, changing the rights of an open file does nothing and is said to have been done: rustc copies its
    output with rights and all, and would end where that fails.

    Raises:
        InputError: there is no filter for it.
    """
    if machine not in _ARCHITECTURES:
        raise InputError(f"no sandbox for {machine!r} processors", "sandbox", nearest(machine, _ARCHITECTURES))
    kind = _ARCHITECTURES[machine]
    head = _instruction(_LOAD, _ARCHITECTURE) + _instruction(_EQUAL, kind.audit_number, 1, 0)
    head += _instruction(_RETURN, _KILL) + _instruction(_LOAD, _NUMBER)
    if machine == "x86_64":
        head += _instruction(_AT_LEAST, _X32, 0, 1) + _fail()
    bodies = {numbers[kind.column]: _fail() for numbers in _REFUSED.values()}
    bodies |= {_LOOKED_INTO[name][kind.column]: body for name, body in _looked_into().items()}
    if compiling:
        bodies[_REFUSED["fchmod"][kind.column]] = _fail(_NOTHING)
    blocks = [
        _instruction(_EQUAL, number, 0, len(body) // 8) + body for number, body in bodies.items() if number is not None
    ]
    return head + b"".join(blocks) + _allow()
