import time

import pytest

from graftwork.languages import get_language
from graftwork.metrics.codebleu.data_flow import data_flow, normalised


def flows(code: str, language: str = "python") -> list[tuple[str, str, tuple[str, ...]]]:
    syntax = get_language(language)
    assert syntax.data_flow is not None
    tree = syntax.parse(code)
    return [(flow.name, flow.relation, tuple(flow.sources)) for flow in data_flow(tree.root_node, syntax.data_flow)]


def computed(code: str, language: str = "python") -> dict[str, tuple[str, ...]]:
    """The variables that are computed or defined from others, the last time each is."""
    return {name: sources for name, _, sources in flows(code, language) if sources and sources != (name,)}


def test_an_assignment_is_computed_from_all_of_its_values() -> None:
    assert flows("x = a + b * 2") == [
        ("x", "computed from", ("a", "b", "2")),
        ("a", "comes from", ()),
        ("b", "comes from", ()),
        ("2", "comes from", ()),
    ]


def test_a_use_comes_from_where_the_variable_was_set() -> None:
    assert flows("x = 1\nf(x)") == [
        ("x", "computed from", ("1",)),
        ("1", "comes from", ()),
        ("x", "comes from", ("x",)),
    ]


def test_what_neither_has_a_source_nor_is_one_is_left_out() -> None:
    assert flows("f(x)") == []


def test_an_assignment_hides_the_one_before_it() -> None:
    # The first `x` has no source. It is there only as long as a later one may come from it.
    first = ("x", "comes from", ())
    assert first in flows("f(x)\ng(x)")
    assert first not in flows("f(x)\nx = 1\ng(x)")


@pytest.mark.parametrize(
    ("language", "code"),
    [
        ("python", "def f(a, b):\n    if a:\n        {}\n    else:\n        {}\n    g(z)"),
        ("javascript", "function f(a, b) {{ if (a) {{ {} }} else {{ {} }} g(z) }}"),
        ("typescript", "function f(a: A, b: B) {{ if (a) {{ {} }} else {{ {} }} g(z) }}"),
        ("java", "void f(int a, int b) {{ if (a) {{ {} }} else {{ {} }} g(z); }}"),
        ("go", "func f(a, b int) {{ if a {{ {} }} else {{ {} }}; g(z) }}"),
    ],
)
def test_each_way_of_a_branch_starts_where_it_parts(language: str, code: str) -> None:
    end = "" if language in ("python", "go") else ";"
    found = flows(code.format(f"z = 1{end}", f"g(z){end}"), language)
    # In the other way, `z` is new; after it, both ways are joined.
    uses = [sources for name, relation, sources in found if name == "z" and relation == "comes from"]
    assert uses == [(), ("z",)]


def test_a_condition_comes_before_all_ways() -> None:
    assert flows("if a:\n    pass\nelse:\n    f(a)")[-1] == ("a", "comes from", ("a",))


@pytest.mark.parametrize(
    ("branches", "survives"),
    [
        ("if b:\n    x = 1\n", True),
        ("if b:\n    x = 1\nelif c:\n    x = 2\n", True),
        ("if b:\n    x = 1\nelse:\n    x = 2\n", False),
        ("if b:\n    x = 1\nelif c:\n    x = 2\nelse:\n    x = 3\n", False),
    ],
)
def test_without_an_else_one_way_goes_through_nothing(branches: str, survives: bool) -> None:
    assert (("x", "comes from", ()) in flows(f"f(x)\n{branches}g(x)")) == survives


@pytest.mark.parametrize(("end", "survives"), [("", True), (" else x = 3;", False)])
def test_an_if_after_else_sees_to_its_own_ways(end: str, survives: bool) -> None:
    code = f"f(x); if (b) x = 1; else if (c) x = 2;{end} g(x);"
    assert (("x", "comes from", ()) in flows(code, "javascript")) == survives
    assert (("x", "comes from", ()) in flows(f"void f() {{ {code} }}", "java")) == survives


@pytest.mark.parametrize(
    ("language", "code"),
    [
        ("python", "while a:\n    f(x)\n    x = a"),
        ("python", "for b in a:\n    f(x)\n    x = b"),
        ("javascript", "while (a) { f(x); x = a }"),
        ("javascript", "do { f(x); x = a } while (a)"),
        ("javascript", "for (const b of a) { f(x); x = b }"),
        ("javascript", "for (let i = 0; i < a; i++) { f(x); x = i }"),
        ("typescript", "for (let i: number = 0; i < a; i++) { f(x); x = i }"),
        ("java", "void f() { for (int i = 0; i < a; i++) { f(x); x = i; } }"),
        ("java", "void f() { for (A b : a) { f(x); x = b; } }"),
        ("java", "void f() { do { f(x); x = a; } while (a); }"),
        ("go", "func f() { for i := 0; i < a; i++ { f(x); x = i } }"),
        ("go", "func f() { for _, b := range a { f(x); x = b } }"),
    ],
)
def test_what_a_round_leaves_reaches_the_next(language: str, code: str) -> None:
    first_use = next(flow for flow in flows(code, language) if flow[0] == "x")
    assert first_use == ("x", "comes from", ("x",))


@pytest.mark.parametrize(
    ("language", "code"),
    [
        ("python", "x = a"),
        ("python", "x += a"),
        ("python", "f((x := a))"),
        ("python", "for x in a: pass"),
        ("python", "[x for x in a]"),
        ("python", "def f(x=a): pass"),
        ("python", "def f(x: int = a): pass"),
        ("javascript", "x = a"),
        ("javascript", "x += a"),
        ("javascript", "const x = a"),
        ("javascript", "const {x} = a"),
        ("javascript", "function f(x = a) {}"),
        ("javascript", "for (x in a) {}"),
        ("typescript", "const x: X = a"),
        ("typescript", "function f(x: X = a) {}"),
        ("java", "void f() { x = a; }"),
        ("java", "void f() { x -= a; }"),
        ("java", "void f() { int x = a; }"),
        ("java", "void f() { try (X x = a) { } }"),
        ("java", "void f() { for (X x : a) { } }"),
        ("go", "func f() { x = a }"),
        ("go", "func f() { x := a }"),
        ("go", "func f() { x += a }"),
        ("go", "func f() { var x int = a }"),
        ("go", "func f() { for x = range a { } }"),
        ("go", "func f() { select { case x := <-a: } }"),
    ],
)
def test_every_way_to_set_a_variable_is_known(language: str, code: str) -> None:
    assert computed(code, language)["x"] == ("a",)


@pytest.mark.parametrize(
    ("language", "code"),
    [("javascript", "x++"), ("java", "void f() { --x; }"), ("go", "func f() { x++ }"), ("go", "func f() { x-- }")],
)
def test_counting_up_computes_a_variable_from_itself(language: str, code: str) -> None:
    assert ("x", "computed from", ("x",)) in flows(code, language)


@pytest.mark.parametrize(
    ("language", "code"),
    [("python", "x, y = a, b"), ("javascript", "[x, y] = [a, b]"), ("go", "func f() { x, y = a, b }")],
)
def test_lists_of_one_length_are_taken_one_by_one(language: str, code: str) -> None:
    assert computed(code, language) == {"x": ("a",), "y": ("b",)}


def test_lists_of_other_lengths_are_taken_as_one() -> None:
    assert computed("x, y = a") == {"x": ("a",), "y": ("a",)}


def test_what_is_computed_in_a_comprehension_comes_from_its_loop() -> None:
    assert flows("[x for x in a]")[0] == ("x", "comes from", ("x",))


def test_a_string_is_one_value_but_for_what_is_filled_in() -> None:
    assert computed("x = 'a b'")["x"] == ("'a b'",)
    assert "b" in computed("x = f'a {b}'")["x"]


def test_sources_are_named_once_in_the_order_of_the_text() -> None:
    assert computed("x = b + a + b")["x"] == ("b", "a")


def test_names_do_not_matter_but_their_order_does() -> None:
    def numbered(code: str) -> object:
        syntax = get_language("python")
        assert syntax.data_flow is not None
        return normalised(data_flow(syntax.parse(code).root_node, syntax.data_flow))

    assert numbered("x = a + b\nreturn x") == numbered("u = v + w\nreturn u")
    assert numbered("x = a + b\nreturn x") != numbered("x = a + b\nreturn b")


def test_nested_loops_take_no_time_that_doubles() -> None:
    code = "".join(f"{' ' * depth}for i{depth} in a{depth}:\n" for depth in range(60)) + " " * 60 + "x = x + 1"
    start = time.perf_counter()
    assert ("x", "computed from", ("x", "1")) in flows(code)
    assert time.perf_counter() - start < 5


def test_deep_nesting_is_no_error() -> None:
    assert flows("x = " + "(" * 3000 + "a" + ")" * 3000)[0] == ("x", "computed from", ("a",))
    assert flows("if (a) b = 1; else " * 600 + "f(b)", "javascript")
