"""Properties that every language has."""

import pytest

from graftwork.languages import get_language, language_names
from graftwork.languages.language import dedent

# One documented function a language, with one decision and one logical operator.
FILES = {
    "python": 'def f(a, b):\n    """Say it.\n\n    :param a: x\n    """\n'
    "    if a and b:\n        return 1\n    return 2\n",
    "javascript": "/**\n * Say it.\n *\n * @param {x} a\n */\n"
    "function f(a, b) {\n  if (a && b) return 1;\n  return 2;\n}\n",
    "ruby": "# Say it.\n#\n# @param a\ndef f(a, b)\n  return 1 if a && b\n  2\nend\n",
    "php": "<?php\n/**\n * Say it.\n *\n * @param int $a\n */\n"
    "function f($a, $b) {\n  if ($a && $b) return 1;\n  return 2;\n}\n",
    "java": "class A {\n  /**\n   * Say it.\n   *\n   * @param a x\n   */\n"
    "  int f(boolean a, boolean b) {\n    if (a && b) return 1;\n    return 2;\n  }\n}\n",
    "typescript": "/**\n * Say it.\n *\n * @param a\n */\n"
    "function f(a: boolean, b: boolean): number {\n  if (a && b) return 1;\n  return 2;\n}\n",
    "rust": "/// Say it.\n///\n/// The param `a`.\n"
    "fn f(a: bool, b: bool) -> i32 {\n    if a && b {\n        return 1;\n    }\n    2\n}\n",
    "cpp": "/**\n * Say it.\n *\n * @param a x\n */\n"
    "int f(bool a, bool b) {\n  if (a && b) return 1;\n  return 2;\n}\n",
    "csharp": 'class A {\n  /// Say it.\n  ///\n  /// <param name="a">x</param>\n'
    "  int f(bool a, bool b) {\n    if (a && b) return 1;\n    return 2;\n  }\n}\n",
    "go": "package p\n\n// Say it.\n//\n// @param a\n"
    "func f(a, b bool) int {\n\tif a && b {\n\t\treturn 1\n\t}\n\treturn 2\n}\n",
}


@pytest.fixture(params=language_names())
def language_name(request: pytest.FixtureRequest) -> str:
    return str(request.param)


def test_the_function_is_found_with_all_of_its_documentation(language_name: str) -> None:
    (function,) = get_language(language_name).documented_functions(FILES[language_name])
    assert function.name == "f"
    assert function.documentation.startswith("Say it.\n\n")
    assert "param" in function.documentation


def test_the_code_holds_no_documentation_and_parses(language_name: str) -> None:
    language = get_language(language_name)
    (function,) = language.documented_functions(FILES[language_name])
    assert "Say it" not in function.code
    assert language.parses(function.code)


def test_the_code_starts_with_the_signature_in_the_named_line(language_name: str) -> None:
    source = FILES[language_name]
    (function,) = get_language(language_name).documented_functions(source)
    assert function.code.startswith(function.signature)
    assert function.signature in source.split("\n")[function.line - 1]


def test_carriage_returns_change_nothing(language_name: str) -> None:
    language = get_language(language_name)
    windows = FILES[language_name].replace("\n", "\r\n")
    assert list(language.documented_functions(windows)) == list(language.documented_functions(FILES[language_name]))


def test_documentation_is_taken_off_a_function(language_name: str) -> None:
    language = get_language(language_name)
    (function,) = language.documented_functions(FILES[language_name])
    above = {"python": "", "ruby": "# Say it.\n", "go": "// Say it.\n"}.get(language_name, "/** Say it. */\n")
    documented = FILES["python"] if language_name == "python" else above + function.code
    assert language.without_documentation(documented) == function.code


def test_complexity_counts_the_condition_and_the_operator(language_name: str) -> None:
    language = get_language(language_name)
    (function,) = language.documented_functions(FILES[language_name])
    assert language.cyclomatic_complexity(function.code) == 3


def test_nothing_parses_as_no_code(language_name: str) -> None:
    language = get_language(language_name)
    assert not language.parses("")
    assert not language.parses(" \n")


def test_an_unfinished_function_does_not_parse(language_name: str) -> None:
    language = get_language(language_name)
    (function,) = language.documented_functions(FILES[language_name])
    assert not language.parses(function.code[: function.code.index("(") + 1])


def test_hostile_text_is_parsed_without_an_error(language_name: str) -> None:
    language = get_language(language_name)
    for text in ("\ud800", "\0", "(" * 5000, "🦀" * 10):
        assert language.cyclomatic_complexity(text) >= 1
        assert list(language.documented_functions(text)) == []


def test_the_grammar_version_names_package_and_version(language_name: str) -> None:
    package, version = get_language(language_name).grammar_version.split()
    assert package.replace("c-sharp", "csharp") == f"tree-sitter-{language_name}"
    assert version[0].isdigit()


def test_lines_in_long_strings_lose_no_more_than_they_have() -> None:
    source = b"  f('''\n x\n    y''')"
    assert dedent(source, 2, len(source)) == "f('''\nx\n  y''')"
