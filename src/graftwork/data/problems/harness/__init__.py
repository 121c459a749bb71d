"""Running reference programs (our own, never a model's) on their tests: many in one process, in any language found."""

from graftwork.data.problems.harness.case import Case
from graftwork.data.problems.harness.compiled import COMPILED
from graftwork.data.problems.harness.harness import Failure, Harness, Toolchain, run_cases
from graftwork.data.problems.harness.interpreted import INTERPRETED

__all__ = ["HARNESSES", "Case", "Failure", "Harness", "Toolchain", "run_cases"]

HARNESSES: dict[str, Harness] = {harness.language: harness for harness in (*INTERPRETED, *COMPILED)}
"""By language: what runs its programs."""
