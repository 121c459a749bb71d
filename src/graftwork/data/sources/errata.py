"""What is wrong in published benchmarks, and what it must read; applied when a file is read.

Each entry was found by running the benchmark's own answers with their tests, and says why it is a mistake by what the
problem asks for. A test is never dropped and nothing is corrected that is merely harder to satisfy.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, final

__all__ = ["ERRATA", "Erratum", "corrected"]


@final
@dataclass(frozen=True)
class Erratum:
    """One mistake.

    Attributes:
        id: of the problem.
        column: of the benchmark's file.
        wrong: the text that stands there, once.
        right: the text that must stand there.
        reason: why.
    """

    id: str
    column: str
    wrong: str
    right: str
    reason: str


_HUMANEVAL_X_JAVASCRIPT = (
    Erratum(
        "JavaScript/112",
        "canonical_solution",
        "    return (z, false)\n  }\n  return (z, true)\n",
        "    return [t, false]\n  }\n  return [t, true]\n",
        "gives the flag alone (the comma is an operator), where problem and tests want the text and the flag",
    ),
    Erratum(
        "JavaScript/155",
        "canonical_solution",
        "  while (num > 0) {\n    if (num % 2 == 0) { e++ }\n    else { o++ }\n    num = (num - num % 10) / 10\n  }\n",
        "  do {\n    if (num % 2 == 0) { e++ }\n    else { o++ }\n    num = (num - num % 10) / 10\n  } "
        "while (num > 0)\n",
        "counts no digit in 0, where the tests want one even digit, as the answer in Python gives",
    ),
)
_HUMANEVAL_X_GO = (
    Erratum(
        "Go/95",
        "canonical_solution",
        '            state = "mixed"\n            break\n        } else {\n            break\n        }\n    }\n',
        '            state = "mixed"\n            break\n        }\n    }\n',
        "stops after two keys, so it misses a third of another case in one order of three; Go gives keys in any order",
    ),
)
ERRATA: tuple[Erratum, ...] = _HUMANEVAL_X_JAVASCRIPT + _HUMANEVAL_X_GO
"""All mistakes known. Node's console.assert only prints, which is why those in JavaScript were not seen; the one in Go
shows in one run of three."""


def corrected(row: Mapping[str, Any]) -> Mapping[str, Any]:
    """A row of a benchmark without the mistakes that are known; what reads otherwise already is left as it is."""
    for one in ERRATA:
        text = row.get(one.column) if row.get("task_id") == one.id else None
        if isinstance(text, str) and text.count(one.wrong) == 1:
            row = {**row, one.column: text.replace(one.wrong, one.right)}
    return row
