"""One process in the sandbox, and watching some of them until one has said its result."""

import fcntl
import json
import os
import platform
import selectors
import signal
import subprocess
import time
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Literal, final

from graftwork.sandbox.limits import Limits
from graftwork.sandbox.runtime import Role, Runtime, text_inside
from graftwork.sandbox.seccomp import PROCESS_MARK, filter_program
from graftwork.sandbox.tier import DEVICES, ENVIRONMENT, Tier

__all__ = ["Ended", "Process", "Stopped", "start", "watch"]

Ended = Literal["result", "silent", "time", "output"]
"""How a watch ended: a result came, the process ended without one, the clock ran out, or too much was printed."""

Stopped = Literal["timeout", "killed"]
"""What ends a process before it is done: its processor time, or somebody outside, such as a kernel short of memory."""

_CHUNK = 1 << 16
_GRACE_SECONDS = 0.5
_OUT_OF_TIME = {-signal.SIGXCPU, 128 + signal.SIGXCPU}
_KILLED = {-signal.SIGKILL, 128 + signal.SIGKILL}
_TAIL_BYTES = 4_000


@final
@dataclass(eq=False)
class Process:
    """A process in the sandbox.

    Attributes:
        popen: the process, or bubblewrap around it.
        limits: what it may use.
        started: when, on the monotonic clock.
        printed: how many bytes it has printed.
        tail: the last of them.
        result: what it has said as its result so far.
    """

    popen: "subprocess.Popen[bytes]"
    limits: Limits
    started: float = field(default_factory=time.monotonic)
    printed: int = 0
    tail: bytes = b""
    result: bytearray = field(default_factory=bytearray)

    def kill(self) -> None:
        """End it and, with bubblewrap, all that is in its namespace; wait until it is gone."""
        self.popen.kill()
        self.popen.wait()
        for pipe in (self.popen.stdout, self.popen.stderr):
            if pipe is not None:
                pipe.close()

    @property
    def last_words(self) -> str:
        """The last line that it printed."""
        return self.tail.decode("utf-8", "replace").strip().rpartition("\n")[2]

    @property
    def stopped(self) -> Stopped | None:
        """What ended it before it was done, None if it ended by itself or goes on; given a moment to be gone first."""
        try:
            code = self.popen.wait(_GRACE_SECONDS)
        except subprocess.TimeoutExpired:
            return None
        if code in _OUT_OF_TIME:
            return "timeout"
        lived = time.monotonic() - self.started
        # Who ignores the warning is killed a second later, by a signal that comes for other reasons too.
        return None if code not in _KILLED else "timeout" if lived > self.limits.cpu_seconds else "killed"


def start(
    tier: Tier,
    runtime: Runtime,
    role: Role,
    job: dict[str, Any],
    limits: Limits,
    channel: Sequence[int] = (),
    folder: Path | None = None,
) -> Process:
    """Start a process.

    Args:
        tier: what keeps it in.
        runtime: what runs it.
        role: which of our two programs it runs.
        job: what that program is to do.
        limits: what it may use.
        channel: descriptors to read from and to write to, between the program and its tests.
        folder: where it starts and may write; it may write nowhere if None.
    """
    kind, memory = runtime.memory(limits)
    writable = [DEVICES[0]]
    entering = {
        "channel": list(channel),
        "folder": folder and str(folder),
        "limits": {**limits.model_dump(), "memory_kind": kind, "memory_bytes": memory},
        "readable": [*map(str, runtime.readable), *DEVICES],
        "writable": writable,
        "filter": filter_program(platform.machine(), compiling=folder is not None).hex(),
        "mark": PROCESS_MARK,
        "modules": runtime.modules(role),
        "command": runtime.command(role, limits),
        "environment": ENVIRONMENT | dict(runtime.compiler.environment if runtime.compiler else ()),
        **tier.settings(runtime.readable),
    }
    order = _sealed(json.dumps({"enter": entering, "job": job}).encode())
    try:
        popen = subprocess.Popen(
            tier.command(runtime.readable, text_inside("enter.py"), folder),
            stdin=order,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            pass_fds=channel,
            env=ENVIRONMENT,
            cwd="/",
            start_new_session=True,
        )
    finally:
        os.close(order)
    return Process(popen, limits)


def _sealed(content: bytes) -> int:
    """A file in memory that can be read and no more."""
    file = os.memfd_create("order", os.MFD_CLOEXEC | os.MFD_ALLOW_SEALING)
    while content:
        content = content[os.write(file, content) :]
    os.lseek(file, 0, os.SEEK_SET)
    fcntl.fcntl(
        file, fcntl.F_ADD_SEALS, fcntl.F_SEAL_SEAL | fcntl.F_SEAL_SHRINK | fcntl.F_SEAL_GROW | fcntl.F_SEAL_WRITE
    )
    return file


def watch(processes: Sequence[Process], deadline: float) -> Ended:
    """Read what processes print until the last of them has said its result; kill none.

    Args:
        processes: started ones.
        deadline: on the monotonic clock.
    """
    speaker = processes[-1]
    with selectors.DefaultSelector() as selector:
        for process in processes:
            for pipe in (process.popen.stdout, process.popen.stderr):
                assert pipe is not None
                selector.register(pipe, selectors.EVENT_READ, (process, pipe is process.popen.stdout))
        while (left := deadline - time.monotonic()) > 0:
            for key, _ in selector.select(left):
                process, is_result = key.data
                data = os.read(key.fd, _CHUNK)
                if not data:
                    selector.unregister(key.fileobj)
                    if process is speaker and is_result:
                        return "silent"
                elif not _takes(process, data, is_result):
                    return "output"
                elif process is speaker and is_result and data.endswith(b"\n"):
                    return "result"
    return "time"


def _takes(process: Process, data: bytes, is_result: bool) -> bool:
    """Keep what came; False if it is too much."""
    if is_result:
        process.result += data
        return len(process.result) <= process.limits.reply_bytes
    process.printed += len(data)
    process.tail = (process.tail + data)[-_TAIL_BYTES:]
    return process.printed <= process.limits.output_bytes
