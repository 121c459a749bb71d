"""What a method keeps from task to task, as tensors on disk."""

from collections.abc import Mapping
from pathlib import Path

import safetensors.torch
import torch
from safetensors import SafetensorError

from graftwork.errors import InputError
from graftwork.files import write_whole

__all__ = ["read_tensors", "write_tensors"]


def write_tensors(path: Path, tensors: Mapping[str, torch.Tensor]) -> None:
    """Write named tensors, whole.

    Raises:
        NoSpaceError: the disk is full or the place cannot be written.
    """
    stored = {name: tensor.detach().cpu().contiguous() for name, tensor in tensors.items()}
    write_whole(path, safetensors.torch.save(stored))


def read_tensors(path: Path) -> dict[str, torch.Tensor]:
    """Read named tensors.

    Raises:
        InputError: the file is missing or damaged.
    """
    try:
        tensors: dict[str, torch.Tensor] = safetensors.torch.load_file(path)
    except (SafetensorError, OSError) as error:
        right = f"remove {path.parents[1]} to train again from there"
        raise InputError(f"not what was saved ({error})", str(path), right) from None
    return tensors
