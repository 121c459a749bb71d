"""Programming languages: one file each, found by name."""

from graftwork.errors import InputError, nearest
from graftwork.languages.cpp import CPP
from graftwork.languages.csharp import CSHARP
from graftwork.languages.go import GO
from graftwork.languages.java import JAVA
from graftwork.languages.javascript import JAVASCRIPT
from graftwork.languages.language import DocumentedFunction, Language
from graftwork.languages.php import PHP
from graftwork.languages.python import PYTHON
from graftwork.languages.ruby import RUBY
from graftwork.languages.rust import RUST
from graftwork.languages.typescript import TYPESCRIPT

__all__ = ["DocumentedFunction", "Language", "get_language", "language_names"]

LANGUAGES = {
    language.name: language for language in (PYTHON, JAVASCRIPT, TYPESCRIPT, JAVA, GO, RUBY, PHP, RUST, CPP, CSHARP)
}


def get_language(name: str) -> Language:
    """Return the language of that name.

    Raises:
        InputError: there is none; the nearest name is given.
    """
    if name not in LANGUAGES:
        raise InputError(f"unknown language {name!r}", right=nearest(name, LANGUAGES))
    return LANGUAGES[name]


def language_names() -> tuple[str, ...]:
    """Names of all languages, the study's own two first."""
    return tuple(LANGUAGES)
