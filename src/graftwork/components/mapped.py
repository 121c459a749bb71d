"""Tensors mapped from a safetensors file.

The safetensors library itself keeps 64 bytes for ever of each tensor that it reads (0.7.0 and 0.8.0, measured), which a
server that goes on changing adapters cannot afford; it checks a file, and the tensors are mapped here. The format is a
length of 8 bytes, a JSON header and the tensors (https://huggingface.co/docs/safetensors).
"""

import json
from math import prod
from pathlib import Path

import torch

__all__ = ["map_file"]

_LENGTH = 8
_KINDS = {"F64": torch.float64, "F32": torch.float32, "F16": torch.float16, "BF16": torch.bfloat16}


def map_file(path: Path) -> dict[str, torch.Tensor]:
    """Return all tensors of a file by name, none of them read; what is written into them stays out of the file.

    Raises:
        OSError: there is no such file.
        ValueError: it is not a whole safetensors file of floating-point tensors.
    """
    size = path.stat().st_size
    with path.open("rb") as file:
        length = int.from_bytes(file.read(_LENGTH), "little")
        if not 0 < length <= size - _LENGTH:
            raise ValueError("its header is not whole")
        header = json.loads(file.read(length))
    content = torch.from_file(str(path), shared=False, size=size, dtype=torch.uint8)
    start = _LENGTH + length
    try:
        return {name: _tensor(content, start, **about) for name, about in header.items() if name != "__metadata__"}
    except (KeyError, TypeError, AttributeError, RuntimeError) as error:
        raise ValueError(f"its header is damaged: {error}") from None


def _tensor(
    content: torch.Tensor, start: int, dtype: str, shape: list[int], data_offsets: tuple[int, int]
) -> torch.Tensor:
    kind = _KINDS[dtype]
    first, last = (start + offset for offset in data_offsets)
    if last - first != prod(shape) * kind.itemsize or not start <= first <= last <= len(content):
        raise ValueError("a tensor lies where it cannot")
    part = content[first:last]
    if first % kind.itemsize:  # a header of any length is allowed, and then nothing can be mapped
        part = part.clone()
    return part.view(kind).reshape(shape)
