"""The space of generated problems: value types, and the operations that lead from one to another.

An operation is language-free: what it does (``apply``, the definition every program is held to), how English says
it (``phrases``), and which parameters it may take. How each programming language writes it stands in ``renderers``.
Languages differ in divisions and remainders of negative numbers, in the order of letters beyond ASCII and in what they
count as the length of such a text; PHP sorts texts that look like numbers as numbers. So no operation depends on the
first, and no input holds the others.
"""

from graftwork.data.problems.operations.on_mapping import operations_on_mapping
from graftwork.data.problems.operations.on_number import operations_on_number
from graftwork.data.problems.operations.on_numbers import operations_on_numbers
from graftwork.data.problems.operations.on_pairs import operations_on_pairs
from graftwork.data.problems.operations.on_text import operations_on_text
from graftwork.data.problems.operations.on_words import operations_on_words
from graftwork.data.problems.operations.operation import INPUT_PHRASES, TYPES, Operation

__all__ = ["INPUT_PHRASES", "OPERATIONS", "PAIR_OPERATIONS", "TYPES", "Operation"]

OPERATIONS: dict[str, Operation] = {
    operation.name: operation
    for operation in (
        *operations_on_numbers(),
        *operations_on_number(),
        *operations_on_text(),
        *operations_on_words(),
        *operations_on_mapping(),
    )
}
"""By name; a basic problem is a chain of them."""

PAIR_OPERATIONS: dict[str, Operation] = {operation.name: operation for operation in operations_on_pairs()}
"""By name: those that take the second input of a problem with two."""
