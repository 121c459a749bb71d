"""Operations on a list of whole numbers."""

from collections.abc import Callable
from itertools import pairwise
from typing import Any

from graftwork.data.problems.operations.operation import FEW, SMALL, Operation

__all__ = ["operations_on_numbers"]


def operations_on_numbers() -> list[Operation]:
    """Return them, in the order in which problems draw from them."""

    def to_numbers(name: str, phrases: tuple[str, ...], apply: Callable[..., Any], k: Any = (None,)) -> Operation:
        return Operation(name, "numbers", "numbers", phrases, apply, k)

    return [
        to_numbers(
            "keep_even",
            (
                "keep only the even numbers",
                "throw away the odd numbers",
                "select the even values",
                "drop everything odd",
            ),
            lambda x, k: [n for n in x if n % 2 == 0],
        ),
        to_numbers(
            "keep_odd",
            (
                "keep only the odd numbers",
                "throw away the even numbers",
                "select the odd values",
                "drop everything even",
            ),
            lambda x, k: [n for n in x if n % 2 != 0],
        ),
        to_numbers(
            "keep_above",
            ("keep the numbers above {k}", "keep only what is greater than {k}", "select the values larger than {k}"),
            lambda x, k: [n for n in x if n > k],
            SMALL,
        ),
        to_numbers(
            "keep_below",
            ("keep the numbers below {k}", "keep only what is less than {k}", "select the values smaller than {k}"),
            lambda x, k: [n for n in x if n < k],
            SMALL,
        ),
        to_numbers(
            "keep_multiples",
            ("keep the multiples of {k}", "keep only the numbers divisible by {k}", "select what {k} divides"),
            lambda x, k: [n for n in x if n % k == 0],
            SMALL[1:],
        ),
        to_numbers(
            "keep_positive",
            ("keep the positive numbers", "keep only what is above zero", "drop zeros and negative numbers"),
            lambda x, k: [n for n in x if n > 0],
        ),
        to_numbers(
            "multiply_each",
            ("multiply each number by {k}", "scale every value by {k}", "make each number {k} times as large"),
            lambda x, k: [n * k for n in x],
            SMALL,
        ),
        to_numbers(
            "add_to_each",
            ("add {k} to each number", "increase every value by {k}", "raise each number by {k}"),
            lambda x, k: [n + k for n in x],
            SMALL,
        ),
        to_numbers(
            "subtract_from_each",
            ("subtract {k} from each number", "decrease every value by {k}", "lower each number by {k}"),
            lambda x, k: [n - k for n in x],
            SMALL,
        ),
        to_numbers(
            "square_each",
            ("square each number", "replace every value by its square", "multiply each number by itself"),
            lambda x, k: [n * n for n in x],
        ),
        to_numbers(
            "negate_each",
            ("negate each number", "flip the sign of every value", "replace each number by its opposite"),
            lambda x, k: [-n for n in x],
        ),
        to_numbers(
            "absolute_each",
            (
                "take the absolute value of each number",
                "ignore the signs of the numbers",
                "make every value non-negative",
            ),
            lambda x, k: [abs(n) for n in x],
        ),
        to_numbers(
            "at_most_each",
            ("cap each number at {k}", "limit every value to at most {k}", "replace numbers over {k} by {k}"),
            lambda x, k: [min(n, k) for n in x],
            SMALL,
        ),
        to_numbers(
            "at_least_each",
            ("raise numbers under {k} to {k}", "make every value at least {k}", "replace numbers under {k} by {k}"),
            lambda x, k: [max(n, k) for n in x],
            SMALL,
        ),
        to_numbers(
            "sort_ascending",
            ("sort the numbers in ascending order", "order the values from smallest to largest", "sort the numbers"),
            lambda x, k: sorted(x),
        ),
        to_numbers(
            "sort_descending",
            (
                "sort the numbers in descending order",
                "order the values from largest to smallest",
                "sort the numbers downwards",
            ),
            lambda x, k: sorted(x, reverse=True),
        ),
        to_numbers(
            "reverse_numbers",
            ("reverse the list", "put the numbers in reverse order", "turn the order of the numbers around"),
            lambda x, k: x[::-1],
        ),
        to_numbers(
            "first_numbers",
            ("take the first {k} numbers", "keep only the first {k} values", "cut the list after {k} numbers"),
            lambda x, k: x[:k],
            FEW,
        ),
        to_numbers(
            "last_numbers",
            ("take the last {k} numbers", "keep only the last {k} values", "keep the final {k} numbers"),
            lambda x, k: x[-k:],
            FEW,
        ),
        to_numbers(
            "skip_numbers",
            ("skip the first {k} numbers", "leave out the first {k} values", "remove {k} numbers from the front"),
            lambda x, k: x[k:],
            FEW,
        ),
        to_numbers(
            "distinct_numbers",
            ("remove repeated numbers", "keep each number only once", "drop the duplicate values"),
            lambda x, k: list(dict.fromkeys(x)),
        ),
        to_numbers(
            "every_other_number",
            ("take every other number", "keep every second value from the first on", "skip every second number"),
            lambda x, k: x[::2],
        ),
        to_numbers(
            "running_totals",
            ("compute the running totals", "replace each number by the sum so far", "build the cumulative sums"),
            lambda x, k: [sum(x[: i + 1]) for i in range(len(x))],
        ),
        to_numbers(
            "neighbour_differences",
            (
                "take the differences between neighbours",
                "subtract each number from the next one",
                "compute the steps between values",
            ),
            lambda x, k: [b - a for a, b in pairwise(x)],
        ),
        to_numbers(
            "rotate_numbers",
            ("move the first number to the end", "rotate the list by one to the left"),
            lambda x, k: x[1:] + x[:1],
        ),
        Operation(
            "sum_numbers",
            "numbers",
            "number",
            ("add up the numbers", "compute the sum of the values", "find the total"),
            lambda x, k: sum(x),
        ),
        Operation(
            "largest_number",
            "numbers",
            "number",
            ("find the largest number", "pick the maximum", "get the biggest value"),
            lambda x, k: max(x, default=0),
        ),
        Operation(
            "smallest_number",
            "numbers",
            "number",
            ("find the smallest number", "pick the minimum", "get the lowest value"),
            lambda x, k: min(x, default=0),
        ),
        Operation(
            "count_numbers",
            "numbers",
            "number",
            ("count the numbers", "find how many values there are", "get the length of the list"),
            lambda x, k: len(x),
        ),
        Operation(
            "count_distinct",
            "numbers",
            "number",
            ("count the distinct numbers", "find how many different values there are"),
            lambda x, k: len(set(x)),
        ),
        Operation(
            "count_above",
            "numbers",
            "number",
            ("count the numbers above {k}", "find how many values are greater than {k}"),
            lambda x, k: sum(1 for n in x if n > k),
            SMALL,
        ),
        Operation(
            "join_numbers",
            "numbers",
            "text",
            ("join the numbers with commas", "write the values separated by commas"),
            lambda x, k: ",".join(str(n) for n in x),
        ),
    ]
