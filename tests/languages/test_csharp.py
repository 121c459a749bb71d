from graftwork.languages.csharp import CSHARP


def test_a_method_keeps_its_attributes_and_loses_its_documentation() -> None:
    source = "class A {\n  /// <summary>Say it.</summary>\n  [Pure]\n  public int F(int a) {\n    return a;\n  }\n}\n"
    (function,) = CSHARP.documented_functions(source)
    assert (function.name, function.documentation) == ("F", "<summary>Say it.</summary>")
    assert function.code == "[Pure]\npublic int F(int a) {\n  return a;\n}"
    assert CSHARP.parses(function.code)


def test_a_body_may_be_an_expression() -> None:
    (function,) = CSHARP.documented_functions("class A {\n  /** Say it. */\n  int F() => 1;\n}\n")
    assert function.code == "int F() => 1;"


def test_methods_without_a_body_are_none() -> None:
    assert list(CSHARP.documented_functions("interface A {\n  /// Say it.\n  int F();\n}\n")) == []


def test_complexity_counts_cases_and_arms_and_not_the_default() -> None:
    code = (
        "int F(int a) { switch (a) { case 1: break; default: break; } return a switch { 1 => 2, > 3 => 1, _ => 3 }; }"
    )
    assert CSHARP.cyclomatic_complexity(code) == 4
