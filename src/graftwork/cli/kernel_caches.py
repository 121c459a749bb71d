"""Bounds for the caches of compiled kernels, which otherwise grow with every new shape of a batch."""

import os

__all__ = ["bound_kernel_caches"]

BOUNDS = {"ONEDNN_PRIMITIVE_CACHE_CAPACITY": "64", "LRU_CACHE_CAPACITY": "64"}
"""oneDNN's own cache, and that of PyTorch's layer above it: kernels kept of each, 1,024 unless told otherwise.

Lengths vary, so a study meets hundreds of shapes and each is kept at a few hundred kilobytes. With 25 trainings and
evaluations of new adapters in one process: 535 MB resident with 32, 667 MB with 256, 1,017 MB with 1,024 and rising, in
the same processor time (17.1 to 18.5 s each).
"""


def bound_kernel_caches() -> None:
    """Set the bounds, unless the user has; they act if torch is imported afterwards."""
    for name, bound in BOUNDS.items():
        os.environ.setdefault(name, bound)
