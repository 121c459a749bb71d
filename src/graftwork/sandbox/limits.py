"""What a program may use."""

from typing import final

from pydantic import Field

from graftwork.config import Config

__all__ = ["Limits"]


@final
class Limits(Config):
    """The limits of one process in the sandbox; it has no file to write, no network and no child processes at all.

    Attributes:
        cpu_seconds: processor time, whole seconds; what it counts hardly depends on what else the machine does.
        wall_seconds: time on the clock for the program and its tests together, start included.
        memory_bytes: address space (Python), or heap (JavaScript, which may hold 1 GiB more outside it).
        threads: threads of the process.
        output_bytes: what it may print before it is stopped.
        reply_bytes: what its results may take up.
    """

    cpu_seconds: int = Field(default=5, ge=1)
    wall_seconds: float = Field(default=15.0, gt=0)
    memory_bytes: int = Field(default=1 << 30, ge=1 << 27)
    threads: int = Field(default=64, ge=1)
    output_bytes: int = Field(default=1 << 20, ge=0)
    reply_bytes: int = Field(default=1 << 24, ge=1)
