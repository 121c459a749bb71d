"""Fingerprints: digests of weights, so that the same fingerprint means the same function."""

from collections.abc import Mapping
from typing import Any

import torch
from torch import nn

from graftwork.files import digest

__all__ = ["model_fingerprint", "tensors_fingerprint"]


def tensors_fingerprint(tensors: Mapping[str, torch.Tensor]) -> str:
    """Digest named tensors: names, types, shapes and bytes, whatever the order they come in or the device they are on.

    Tensors that share their memory (tied weights) are read once and count like equal copies, so a model has one
    fingerprint whether its weights are tied in memory or stored twice.
    """
    seen: dict[tuple[Any, ...], str] = {}
    parts: list[str] = []
    for name in sorted(tensors):
        tensor = tensors[name].detach()
        memory = (tensor.data_ptr(), tensor.dtype, tensor.shape, tensor.stride(), tensor.device)
        if memory not in seen or tensor.numel() == 0:
            seen[memory] = digest(_bytes(tensor))
        parts += [name, str(tensor.dtype), str(list(tensor.shape)), seen[memory]]
    return digest(*parts)


def model_fingerprint(model: nn.Module) -> str:
    """Digest the whole state of a model, parameters and buffers, as it is now."""
    return tensors_fingerprint(model.state_dict())


def _bytes(tensor: torch.Tensor) -> bytes:
    # NumPy has no bfloat16, so every type is looked at as bytes.
    return bytes(tensor.cpu().contiguous().reshape(-1).view(torch.uint8).numpy().data)
