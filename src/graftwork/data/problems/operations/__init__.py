"""The space of generated problems: value types, and the operations that lead from one to another.

An operation is language-free: what it does (``apply``, the definition every program is held to), how English says
it (``phrases``), and which parameters it may take. How each programming language writes it stands in ``renderers``.
Divisions and remainders of negative numbers differ between languages, so no operation depends on them.
"""

from graftwork.data.problems.operations.on_mapping import operations_on_mapping
from graftwork.data.problems.operations.on_number import operations_on_number
from graftwork.data.problems.operations.on_numbers import operations_on_numbers
from graftwork.data.problems.operations.on_text import operations_on_text
from graftwork.data.problems.operations.on_words import operations_on_words
from graftwork.data.problems.operations.operation import INPUT_PHRASES, TYPES, Operation

__all__ = ["INPUT_PHRASES", "OPERATIONS", "TYPES", "Operation"]

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
