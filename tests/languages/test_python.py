import pytest

from graftwork.languages import DocumentedFunction
from graftwork.languages.python import PYTHON


def only(source: str) -> DocumentedFunction:
    (function,) = PYTHON.documented_functions(source)
    return function


def test_methods_are_dedented() -> None:
    source = 'class A:\n    def f(self):\n        """Doc."""\n        if self:\n            return 1\n'
    assert only(source).code == "def f(self):\n    if self:\n        return 1"


def test_blank_lines_after_the_docstring_go_with_it() -> None:
    assert only('def f():\n    """Doc."""\n\n    return 1\n').code == "def f():\n    return 1"


def test_comments_after_the_docstring_stay() -> None:
    assert only('def f():\n    """Doc."""\n    # why\n    return 1\n').code == "def f():\n    # why\n    return 1"


def test_a_body_of_documentation_alone_becomes_pass() -> None:
    assert only('def f():\n    """Doc."""\n').code == "def f():\n    pass"


def test_a_statement_in_the_line_of_the_docstring_stays() -> None:
    assert only('def f(): """Doc."""; return 1\n').code == "def f(): return 1"


def test_the_signature_may_span_lines() -> None:
    source = 'async def f(\n    a: int,\n) -> dict[str, int]:  # why\n    """Doc."""\n    return {}\n'
    assert only(source).signature == "async def f(\n    a: int,\n) -> dict[str, int]:"


def test_raw_docstrings_document() -> None:
    assert only('def f():\n    r"""A \\d."""\n    return 1').documentation == "A \\d."


@pytest.mark.parametrize("literal", ['f"""Doc {x}."""', 'b"""Doc."""', '"""  """', "1", "x = '''Doc'''"])
def test_other_first_statements_document_nothing(literal: str) -> None:
    assert list(PYTHON.documented_functions(f"def f():\n    {literal}\n    return 1\n")) == []


def test_functions_within_functions_are_found() -> None:
    source = 'def f():\n    """Outer."""\n    def g():\n        """Inner."""\n        return 1\n    return g\n'
    assert [function.name for function in PYTHON.documented_functions(source)] == ["f", "g"]


def test_a_function_without_documentation_stays_as_it_is() -> None:
    assert PYTHON.without_documentation("def f():\n    return 1\n") == "def f():\n    return 1"


def test_the_documentation_at_the_end_of_the_text_is_taken_out() -> None:
    assert PYTHON.without_documentation('def f():\n    """Doc."""') == "def f():\n    pass"


def test_complexity_counts_each_way_to_part() -> None:
    code = (
        "def f(a):\n    for x in a:\n        while x:\n            x -= 1\n"
        "    try:\n        pass\n    except E:\n        pass\n"
        "    match a:\n        case 1:\n            pass\n        case _:\n            pass\n"
        "    return [y for y in a if y] if a else 0\n"
    )
    assert PYTHON.cyclomatic_complexity(code) == 1 + 7
