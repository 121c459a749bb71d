"""The languages that can be run, each by what is found on this machine."""

from collections.abc import Callable, Mapping
from functools import partial
from types import MappingProxyType

from graftwork.errors import InputError
from graftwork.sandbox.compiled import COMPILERS
from graftwork.sandbox.interpreted import find_javascript, find_php, find_python, find_ruby, find_typescript
from graftwork.sandbox.runtime import Runtime, system_folders

__all__ = ["RUNTIMES", "find_runtime"]


def _compiled(language: str) -> Runtime:
    compiler = COMPILERS[language]()
    if compiler is None:
        raise InputError(f"no compiler found for {language!r}", "sandbox", "install one, new enough")
    readable = (*system_folders(), *compiler.running)
    return Runtime(
        language, compiler.version, readable, lambda role: [], lambda role, limits: [], compiler.memory, compiler
    )


RUNTIMES: Mapping[str, Callable[[], Runtime]] = MappingProxyType(
    {
        "python": find_python,
        "javascript": find_javascript,
        "typescript": find_typescript,
        "ruby": find_ruby,
        "php": find_php,
    }
    | {language: partial(_compiled, language) for language in COMPILERS}
)
"""Language -> what finds its runtime on this machine."""


def find_runtime(language: str) -> Runtime:
    """Find what runs a language.

    Raises:
        InputError: programs of this language cannot be run, or what runs them is not installed.
    """
    if language not in RUNTIMES:
        raise InputError(f"no way to run {language!r}", "sandbox", f"known are {', '.join(sorted(RUNTIMES))}")
    return RUNTIMES[language]()
