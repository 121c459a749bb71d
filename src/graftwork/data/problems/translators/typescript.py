"""TypeScript: as JavaScript, with the types that cannot be inferred."""

import ast
from typing import final

from graftwork.data.problems.translators.javascript import ScriptTranslator

__all__ = ["TypeScriptTranslator"]


@final
class TypeScriptTranslator(ScriptTranslator):
    """TypeScript."""

    def annotation(self, value: ast.expr) -> str:
        """What an empty array will hold."""
        return ": number[]" if isinstance(value, ast.List) else ""
