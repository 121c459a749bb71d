"""A batch that does not fit in memory is computed in two halves, whose gradients add up to that of the whole."""

from collections.abc import Callable, Sequence

import torch

from graftwork.errors import StudyError
from graftwork.training.batches import Encoded

__all__ = ["in_memory", "is_out_of_memory"]

CPU_MESSAGES = ("not enough memory", "can't allocate memory", "out of memory")
"""What PyTorch says where the processor's memory is at an end; it has no error of its own for it."""


def is_out_of_memory(error: BaseException) -> bool:
    """Whether an error says that memory is at an end, on whatever device."""
    if isinstance(error, torch.OutOfMemoryError | MemoryError):
        return True
    return isinstance(error, RuntimeError) and any(text in str(error) for text in CPU_MESSAGES)


def in_memory(
    backward: Callable[[Sequence[int], float], float],
    indices: Sequence[int],
    examples: Sequence[Encoded],
    forget: Callable[[], None],
) -> tuple[float, int]:
    """Take the gradient of a batch's mean loss, whole or, if memory does not hold it, once more in two halves.

    With n₁ and n₂ target tokens in the halves, the mean over all is (n₁ · mean₁ + n₂ · mean₂) / (n₁ + n₂), and its
    gradient is likewise; what differs from the whole is rounding and, with dropout, which numbers are dropped.

    Args:
        backward: given rows and a factor, adds the gradient of factor · mean loss of the rows (with a method's penalty,
            which is a mean over target tokens or the same for every batch), and returns the mean loss.
        indices: the rows.
        examples: what they are rows of.
        forget: removes the gradient of what was begun.

    Returns:
        The mean loss, and in how many parts it was computed.

    Raises:
        StudyError: the halves do not fit either.
    """
    try:
        return backward(indices, 1.0), 1
    except (RuntimeError, MemoryError) as error:
        if not is_out_of_memory(error):
            raise
    # Only here, when the error is gone, so is what it held of the failed pass.
    forget()
    if torch.cuda.is_available():
        torch.cuda.empty_cache()
    middle = (len(indices) + 1) // 2
    halves = [half for half in (indices[:middle], indices[middle:]) if half]
    tokens = [sum(len(examples[index].target) for index in half) for half in halves]
    shares = [one / sum(tokens) for one in tokens]
    try:
        return sum(share * backward(half, share) for half, share in zip(halves, shares, strict=True)), len(halves)
    except (RuntimeError, MemoryError) as error:
        if not is_out_of_memory(error):
            raise
        rows = ", ".join(map(str, sorted(indices)[:8]))
        what = f"out of memory, even in halves (training examples {rows}, …)"
        raise StudyError(f"{what}; give a smaller training.batch_rows") from None
