"""Operations on one whole number."""

from collections.abc import Callable
from typing import Any

from graftwork.data.problems.operations.operation import SMALL, Operation

__all__ = ["operations_on_number"]


def operations_on_number() -> list[Operation]:
    """Return them, in the order in which problems draw from them."""

    def to_number(name: str, phrases: tuple[str, ...], apply: Callable[..., Any], k: Any = (None,)) -> Operation:
        return Operation(name, "number", "number", phrases, apply, k)

    return [
        to_number(
            "multiply_number",
            ("multiply the number by {k}", "scale it by {k}", "take {k} times the number"),
            lambda x, k: x * k,
            SMALL,
        ),
        to_number(
            "add_to_number",
            ("add {k} to the number", "increase it by {k}", "raise the number by {k}"),
            lambda x, k: x + k,
            SMALL,
        ),
        to_number(
            "subtract_from_number",
            ("subtract {k} from the number", "decrease it by {k}", "lower the number by {k}"),
            lambda x, k: x - k,
            SMALL,
        ),
        to_number(
            "square_number", ("square the number", "multiply it by itself", "take its square"), lambda x, k: x * x
        ),
        to_number("negate_number", ("negate the number", "flip its sign", "take the opposite number"), lambda x, k: -x),
        to_number(
            "absolute_number",
            ("take the absolute value", "ignore the sign of the number", "make it non-negative"),
            lambda x, k: abs(x),
        ),
        to_number("at_most_number", ("cap the number at {k}", "limit it to at most {k}"), min, SMALL),
        to_number(
            "at_least_number",
            ("make the number at least {k}", "raise it to {k} if it is lower"),
            max,
            SMALL,
        ),
        to_number(
            "digit_sum",
            ("add up its digits", "compute the sum of the digits"),
            lambda x, k: sum(int(d) for d in str(abs(x))),
        ),
        Operation(
            "digits",
            "number",
            "numbers",
            ("split the number into its digits", "list its digits"),
            lambda x, k: [int(d) for d in str(abs(x))],
        ),
        Operation(
            "count_up",
            "number",
            "numbers",
            ("list the numbers from 1 up to it", "count from 1 to the number"),
            lambda x, k: list(range(1, x + 1)),
        ),
        Operation(
            "number_to_text",
            "number",
            "text",
            ("turn the number into text", "write it as a string"),
            lambda x, k: str(x),
        ),
    ]
