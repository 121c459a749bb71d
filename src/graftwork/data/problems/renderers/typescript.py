"""TypeScript's way of writing the operations: JavaScript's, in a function that declares its types."""

from collections.abc import Sequence

from graftwork.data.problems.renderers.javascript import JAVASCRIPT
from graftwork.data.problems.renderers.renderer import Parameter, Renderer

__all__ = ["TYPES", "TYPESCRIPT"]

TYPES = {
    "numbers": "number[]",
    "number": "number",
    "text": "string",
    "words": "string[]",
    "mapping": "Record<string, number>",
}


def _frame(parameters: Sequence[Parameter], result: str, lines: Sequence[str]) -> str:
    declared = ", ".join(f"{name}: {TYPES[kind]}" for name, kind in parameters)
    return "\n".join([f"function solve({declared}): {TYPES[result]} {{", *(f"  {line}" for line in lines), "}"])


TYPESCRIPT = Renderer(
    language="typescript",
    expressions=JAVASCRIPT.expressions,
    frame=_frame,
    assign=lambda number, result, expression: f"const {result}{number + 1} = {expression};",
    give_back=JAVASCRIPT.give_back,
    variable=JAVASCRIPT.variable,
)
