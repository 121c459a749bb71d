"""What the processor is made for."""

import torch

__all__ = ["has_any"]


def has_any(*instructions: str) -> bool:
    """Whether the processor has any of these instructions, by PyTorch's names; an older PyTorch cannot tell."""
    if not hasattr(torch.cpu, "get_capabilities"):
        return False
    capabilities = torch.cpu.get_capabilities()
    return any(capabilities.get(one, False) for one in instructions)
