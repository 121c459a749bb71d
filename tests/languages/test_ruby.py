import pytest

from graftwork.languages.ruby import RUBY


@pytest.mark.parametrize(
    ("code", "name"),
    [
        ("def self.f(a)\n    a\n  end", "f"),
        ("def f?\n    true\n  end", "f?"),
        ("def f(a) = a + 1", "f"),
        ("private def f\n    1\n  end", "f"),
    ],
)
def test_methods_in_classes_are_found(code: str, name: str) -> None:
    (function,) = RUBY.documented_functions(f"class A\n  # Say it.\n  {code}\nend\n")
    assert (function.name, function.documentation) == (name, "Say it.")
    assert RUBY.parses(function.code)


def test_orders_to_tools_are_left_out() -> None:
    source = "# rubocop:disable Metrics\n#--\n# Say it.\n# :nodoc:\ndef f\n  1\nend\n"
    (function,) = RUBY.documented_functions(source)
    assert function.documentation == "Say it."


def test_a_comment_in_the_body_is_not_in_the_signature() -> None:
    (function,) = RUBY.documented_functions("# Say it.\ndef f(a)\n  # why\n  a\nend\n")
    assert (function.signature, function.code) == ("def f(a)", "def f(a)\n  # why\n  a\nend")


def test_a_method_without_a_body_is_none() -> None:
    assert list(RUBY.documented_functions("# Say it.\ndef f; end\n")) == []


def test_complexity_counts_each_way_to_part() -> None:
    code = (
        "def f(a)\n  x if a\n  until a\n  end\n  case a\n  when 1 then 2\n  else 3\n  end\n"
        "  a ? b : c\nrescue E\n  a or b\nend"
    )
    assert RUBY.cyclomatic_complexity(code) == 1 + 6
