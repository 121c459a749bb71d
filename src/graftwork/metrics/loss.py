"""The loss of a set of items as a mean over them."""

from collections.abc import Sequence

__all__ = ["loss_pseudo_values"]


def loss_pseudo_values(losses: Sequence[float], tokens: Sequence[int]) -> list[float]:
    """Return what each item adds to the loss a token of all: their mean is that loss, and their spread its noise.

    The loss of a set is a ratio of two sums, nats over tokens; to first order it varies with the items drawn as the
    mean of its linearised values L + tᵢ/t̄ · (lᵢ - L) does (Cochran 1977, "Sampling Techniques", section 6.4).

    Args:
        losses: mean cross-entropy a target token of each item, in nats.
        tokens: target tokens of each item.
    """
    total = sum(tokens)
    whole = sum(loss * count for loss, count in zip(losses, tokens, strict=True)) / total
    share = len(tokens) / total
    return [whole + count * share * (loss - whole) for loss, count in zip(losses, tokens, strict=True)]
