"""What languages with braces share."""

from abc import ABC
from typing import ClassVar

from graftwork.data.problems.translators.translator import Translator

__all__ = ["BracesTranslator"]


class BracesTranslator(Translator, ABC):
    """Blocks in braces, conditions in brackets where the language wants them."""

    condition: ClassVar[str] = "({})"

    def branch(self, condition: str, body: list[str]) -> list[str]:
        """An ``if``."""
        return self.braced(f"if {self.condition.format(condition)}", body)

    def repeat(self, condition: str, body: list[str]) -> list[str]:
        """A ``while``."""
        return self.braced(f"while {self.condition.format(condition)}", body)

    def braced(self, head: str, body: list[str]) -> list[str]:
        """A block."""
        return [f"{head} {{", *(f"{self.indent}{line}" for line in body), "}"]
