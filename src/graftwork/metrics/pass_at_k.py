"""Executed pass rates: the share of programs that pass their tests, and pass@k. What parses is another measure."""

from collections.abc import Sequence

__all__ = ["mean_pass_at_k", "pass_at_k"]


def pass_at_k(num_samples: int, num_passed: int, k: int) -> float:
    """The chance that at least one of ``k`` samples passes, estimated without bias from ``num_samples`` of them.

    1 - C(n - c, k) / C(n, k) of Chen et al. 2021 (https://arxiv.org/abs/2107.03374), as a product of factors between
    0 and 1, so that nothing overflows.

    Args:
        num_samples: n, how many programs were sampled for a problem.
        num_passed: c, how many of them pass.
        k: how many one may choose.

    Raises:
        ValueError: not 0 <= num_passed <= num_samples, or not 1 <= k <= num_samples: then there is no estimate.
    """
    if not 0 <= num_passed <= num_samples:
        raise ValueError(f"{num_passed} of {num_samples} samples cannot pass")
    if not 1 <= k <= num_samples:
        raise ValueError(f"pass@{k} cannot be told from {num_samples} samples")
    failing = 1.0
    # C(n - c, k) / C(n, k) has k factors, or as well c: the samples that pass are those left out of the k drawn.
    for i in range(min(k, num_passed)):
        failing *= max(num_samples - max(k, num_passed) - i, 0) / (num_samples - i)
    return 1.0 - failing


def mean_pass_at_k(counts: Sequence[tuple[int, int]], k: int) -> float | None:
    """The mean of `pass_at_k` over problems, each (samples, passed); None where one has fewer than ``k`` samples.

    Raises:
        ValueError: there is no problem, or more samples pass than there are.
    """
    if not counts:
        raise ValueError("no problems")
    if any(num_samples < k for num_samples, _ in counts):
        return None
    return sum(pass_at_k(num_samples, num_passed, k) for num_samples, num_passed in counts) / len(counts)
