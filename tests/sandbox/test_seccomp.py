import struct

import pytest

from graftwork.errors import InputError
from graftwork.sandbox.seccomp import PROCESS_MARK, filter_program

ALLOWED, KILLED, REFUSED, MISSING = 0x7FFF_0000, 0x8000_0000, 0x0005_0001, 0x0005_0026
X86, ARM = ("x86_64", 0xC000_003E), ("aarch64", 0xC000_00B7)


def answer(machine: tuple[str, int], number: int, *arguments: int, compiling: bool = False) -> int:
    """What the kernel would make of a system call: the filter, run by the rules of classic BPF."""
    data = struct.pack("=IIQ6Q", number, machine[1], 0, *arguments, *[0] * (6 - len(arguments)))
    program = list(struct.iter_unpack("=HBBI", filter_program(machine[0], compiling)))
    at = accumulator = 0
    while True:
        code, if_true, if_false, value = program[at]
        at += 1
        match code:
            case 0x20:
                (accumulator,) = struct.unpack_from("=I", data, value)
            case 0x54:
                accumulator &= value
            case 0x06:
                return value
            case _:
                holds = {0x15: accumulator == value, 0x35: accumulator >= value, 0x45: bool(accumulator & value)}[code]
                at += if_true if holds else if_false


@pytest.mark.parametrize(("machine", "read"), [(X86, 0), (ARM, 63)])
def test_what_is_not_named_is_allowed(machine: tuple[str, int], read: int) -> None:
    assert answer(machine, read) == ALLOWED


@pytest.mark.parametrize(("machine", "socket"), [(X86, 41), (ARM, 198)])
def test_sockets_are_refused(machine: tuple[str, int], socket: int) -> None:
    assert answer(machine, socket, 2, 1) == REFUSED


@pytest.mark.parametrize(("machine", "clone"), [(X86, 56), (ARM, 220)])
def test_threads_are_started_and_processes_are_not(machine: tuple[str, int], clone: int) -> None:
    assert answer(machine, clone, 0x003D_0F00) == ALLOWED  # what pthread_create asks for
    assert answer(machine, clone, 17) == REFUSED
    assert answer(machine, 435) == MISSING


def test_a_process_may_signal_itself_alone() -> None:
    assert answer(X86, 62, PROCESS_MARK, 9) == ALLOWED
    assert [answer(X86, 62, other, 9) for other in (0, 1, 0xFFFF_FFFF)] == [REFUSED] * 3


def test_pairs_of_sockets_are_streams() -> None:
    flags = 0o2004000
    assert answer(X86, 53, 1, 1 | flags) == ALLOWED
    assert answer(X86, 53, 1, 2 | flags) == REFUSED


def test_the_signal_at_the_parents_death_stays() -> None:
    assert answer(X86, 157, 1, 0) == REFUSED
    assert answer(X86, 157, 15, 0) == ALLOWED


def test_no_call_gets_by_under_another_number() -> None:
    assert answer(X86, 0x4000_0000 + 41, 2, 1) == REFUSED
    assert answer(("x86_64", ARM[1]), 63) == KILLED


def test_compilers_are_told_that_rights_were_changed_though_they_were_not() -> None:
    assert answer(X86, 91, 3, 0o777) == REFUSED
    assert answer(X86, 91, 3, 0o777, compiling=True) == REFUSED - 1  # error 0: it looks as if it had been done
    assert answer(X86, 90, compiling=True) == REFUSED


def test_another_kind_of_machine_is_refused() -> None:
    with pytest.raises(InputError, match="no sandbox for 'sparc' processors"):
        filter_program("sparc")
