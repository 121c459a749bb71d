"""Operations on a mapping from names to counts."""

from collections.abc import Callable
from typing import Any

from graftwork.data.problems.operations.operation import LETTERS, SMALL, Operation

__all__ = ["operations_on_mapping"]


def operations_on_mapping() -> list[Operation]:
    """Return them, in the order in which problems draw from them."""

    def to_mapping(name: str, phrases: tuple[str, ...], apply: Callable[..., Any], k: Any = (None,)) -> Operation:
        return Operation(name, "mapping", "mapping", phrases, apply, k)

    return [
        to_mapping(
            "keep_entries_above",
            ("keep the entries above {k}", "keep only entries whose count is greater than {k}"),
            lambda x, k: {n: c for n, c in x.items() if c > k},
            SMALL,
        ),
        to_mapping(
            "keep_entries_below",
            ("keep the entries below {k}", "keep only entries whose count is less than {k}"),
            lambda x, k: {n: c for n, c in x.items() if c < k},
            SMALL,
        ),
        to_mapping(
            "multiply_entries",
            ("multiply every count by {k}", "scale all counts by {k}"),
            lambda x, k: {n: c * k for n, c in x.items()},
            SMALL,
        ),
        to_mapping(
            "add_to_entries",
            ("add {k} to every count", "increase all counts by {k}"),
            lambda x, k: {n: c + k for n, c in x.items()},
            SMALL,
        ),
        to_mapping(
            "keep_names_with",
            ('keep the entries whose name contains "{k}"', 'select the names with an "{k}" in them'),
            lambda x, k: {n: c for n, c in x.items() if k in n},
            LETTERS,
        ),
        Operation(
            "names",
            "mapping",
            "words",
            ("list the names in alphabetical order", "get the sorted names"),
            lambda x, k: sorted(x),
        ),
        Operation(
            "counts",
            "mapping",
            "numbers",
            ("list the counts in ascending order", "get the sorted counts"),
            lambda x, k: sorted(x.values()),
        ),
        Operation(
            "sum_counts",
            "mapping",
            "number",
            ("add up the counts", "compute the total of the counts"),
            lambda x, k: sum(x.values()),
        ),
        Operation(
            "largest_count",
            "mapping",
            "number",
            ("find the largest count", "pick the highest count"),
            lambda x, k: max(x.values(), default=0),
        ),
        Operation(
            "count_entries",
            "mapping",
            "number",
            ("count the entries", "find how many names there are"),
            lambda x, k: len(x),
        ),
    ]
