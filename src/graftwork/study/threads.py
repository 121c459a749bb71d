"""On how many threads one operation of the model is computed; it decides the last bits of what comes out."""

from collections.abc import Iterator
from contextlib import contextmanager

import torch

__all__ = ["on_threads"]


@contextmanager
def on_threads(number: int) -> Iterator[None]:
    """Compute on so many threads in this block."""
    before = torch.get_num_threads()
    if number != before:
        torch.set_num_threads(number)
    try:
        yield
    finally:
        if number != before:
            torch.set_num_threads(before)
