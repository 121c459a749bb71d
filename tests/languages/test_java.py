import pytest

from graftwork.languages.java import JAVA


@pytest.mark.parametrize(
    ("code", "name"),
    [
        ("@Override\npublic int f() {\n    return 1;\n}", "f"),
        ("public A(int a) {\n    this.a = a;\n}", "A"),
        ("static <T> T f(T a) throws E {\n    return a;\n}", "f"),
    ],
)
def test_methods_and_constructors_keep_what_stands_before_them(code: str, name: str) -> None:
    indented = code.replace("\n", "\n  ")
    (function,) = JAVA.documented_functions(f"class A {{\n  /** Say it. */\n  {indented}\n}}\n")
    assert (function.name, function.code) == (name, code)
    assert JAVA.parses(function.code)


def test_methods_without_a_body_are_none() -> None:
    assert list(JAVA.documented_functions("interface A {\n  /** Say it. */\n  int f();\n}\n")) == []


def test_complexity_counts_cases_and_not_the_default() -> None:
    code = "int f(int a) {\n  switch (a) { case 1: return 1; default: return 2; }\n}"
    assert JAVA.cyclomatic_complexity(code) == 2
