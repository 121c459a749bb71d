"""Writing a small Python function in other languages: one file each, statement by statement."""

from graftwork.data.problems.translators.cpp import CppTranslator
from graftwork.data.problems.translators.go import GoTranslator
from graftwork.data.problems.translators.java import JavaTranslator
from graftwork.data.problems.translators.javascript import JavaScriptTranslator
from graftwork.data.problems.translators.php import PhpTranslator
from graftwork.data.problems.translators.ruby import RubyTranslator
from graftwork.data.problems.translators.rust import RustTranslator
from graftwork.data.problems.translators.translator import Translator
from graftwork.data.problems.translators.typescript import TypeScriptTranslator

__all__ = ["TRANSLATORS", "Translator"]

TRANSLATORS: dict[str, Translator] = {
    "javascript": JavaScriptTranslator(),
    "ruby": RubyTranslator(),
    "php": PhpTranslator(),
    "java": JavaTranslator(),
    "typescript": TypeScriptTranslator(),
    "go": GoTranslator(),
    "rust": RustTranslator(),
    "cpp": CppTranslator(),
}
