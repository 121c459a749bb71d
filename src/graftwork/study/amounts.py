"""Amounts as people write them: ``3.1M`` parameters, ``12MB``."""

import re
from typing import Annotated, Any

from pydantic import BeforeValidator, Field

from graftwork.errors import InputError

__all__ = ["Bytes", "Parameters", "bytes_in_words"]

_THOUSANDS = {"": 1, "k": 10**3, "M": 10**6, "G": 10**9}
_BYTES = {"kB": 10**3, "MB": 10**6, "GB": 10**9, "KiB": 2**10, "MiB": 2**20, "GiB": 2**30, "B": 1, "": 1}
_AMOUNT = re.compile(r"\s*(\d[\d_,]*(?:\.\d+)?)\s*([A-Za-z]*)\s*")


def _read(value: Any, units: dict[str, int], where: str, example: str) -> Any:
    if not isinstance(value, str):
        return value
    match = _AMOUNT.fullmatch(value)
    if match is None or match[2] not in units:
        raise InputError(f"cannot use {value!r}", where, f"write it like {example}")
    return round(float(re.sub("[_,]", "", match[1])) * units[match[2]])


def _parameters(value: Any) -> Any:
    return _read(value, _THOUSANDS, "match_parameters", "3.1M, 900k or 3100000")


def _bytes(value: Any) -> Any:
    return _read(value, _BYTES, "stored_bytes", "12MB, 900kB or 12000000")


Parameters = Annotated[int, BeforeValidator(_parameters), Field(ge=1)]
"""A number of parameters; ``k``, ``M`` and ``G`` are thousands, millions and billions."""
Bytes = Annotated[int, BeforeValidator(_bytes), Field(ge=1)]
"""A number of bytes; ``MB`` is a million, ``MiB`` 2 to the 20."""


def bytes_in_words(count: float) -> str:
    """A number of bytes for people: ``12.4 MB``."""
    for unit in ("GB", "MB", "kB"):
        if count >= _BYTES[unit]:
            return f"{count / _BYTES[unit]:.1f} {unit}"
    return f"{count:.0f} B"
