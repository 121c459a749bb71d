import pytest

from graftwork.languages.cpp import CPP


@pytest.mark.parametrize(
    ("code", "name"),
    [
        ("template <typename T>\nT Stack<T>::pop() {\n  return last;\n}", "Stack<T>::pop"),
        ("static inline std::vector<int> *f(int a) {\n  return 0;\n}", "f"),
        ("int operator+(int a) {\n  return a;\n}", "operator+"),
        ("const A &f() const {\n  return a;\n}", "f"),
    ],
)
def test_functions_keep_what_stands_before_them(code: str, name: str) -> None:
    (function,) = CPP.documented_functions(f"// Say it.\n{code}\n")
    assert (function.name, function.documentation, function.code) == (name, "Say it.", code)


@pytest.mark.parametrize("comment", ["/// Say it.", "//! Say it.", "/** Say it. */", "/*! Say it. */", "/* Say it. */"])
def test_comments_of_every_style_document(comment: str) -> None:
    (function,) = CPP.documented_functions(f"class A {{\n  {comment}\n  A() : a(1) {{}}\n}};\n")
    assert (function.name, function.documentation) == ("A", "Say it.")
    assert CPP.parses(function.code)


def test_declarations_are_no_functions() -> None:
    assert list(CPP.documented_functions("/// Say it.\nint f(int a);\n/// Made.\nA() = default;\n")) == []


def test_complexity_counts_cases_and_words_for_signs() -> None:
    assert CPP.cyclomatic_complexity("int f(int a) { switch (a) { case 1: break; default: ; } return a and 1; }") == 3
