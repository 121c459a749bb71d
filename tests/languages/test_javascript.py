import pytest

from graftwork.languages import DocumentedFunction
from graftwork.languages.javascript import JAVASCRIPT

HOLDERS = {
    "function f() { return 1; }": "f",
    "function* f() { yield 1; }": "f",
    "async function f() { return 1; }": "f",
    "export function f() { return 1; }": "f",
    "export default function f() { return 1; }": "f",
    "export default function () { return 1; }": "default",
    "export default () => 1;": "default",
    "export const f = () => 1;": "f",
    "const f = function () { return 1; };": "f",
    "const a = 1, f = () => 1;": "f",
    "var f = async (x) => x;": "f",
    "module.exports = function () { return 1; };": "module.exports",
    "A.prototype.f = function () { return 1; };": "A.prototype.f",
    "exports.f = () => 1;": "exports.f",
}
MEMBERS = {
    "f() { return 1; }": "f",
    "static async f() { return 1; }": "f",
    "get f() { return 1; }": "f",
    "#f() { return 1; }": "#f",
    "f = () => 1": "f",
}


def only(source: str) -> DocumentedFunction:
    (function,) = JAVASCRIPT.documented_functions(source)
    return function


@pytest.mark.parametrize("code", HOLDERS)
def test_whatever_holds_a_function_is_found_whole(code: str) -> None:
    function = only(f"/** Doc. */\n{code}\n")
    assert (function.name, function.code) == (HOLDERS[code], code)


@pytest.mark.parametrize("code", MEMBERS)
def test_members_of_classes_are_found_and_parse_alone(code: str) -> None:
    function = only(f"class A {{\n  /** Doc. */\n  {code}\n}}\n")
    assert (function.name, function.code) == (MEMBERS[code], code)
    assert JAVASCRIPT.parses(function.code)


@pytest.mark.parametrize("code", ["f: function () { return 1; }", "f() { return 1; }", "f: async () => 1"])
def test_properties_of_objects_are_found_and_parse_alone(code: str) -> None:
    function = only(f"x = {{\n  /** Doc. */\n  {code},\n}};\n")
    assert (function.name, function.code) == ("f", code)
    assert JAVASCRIPT.parses(function.code)


@pytest.mark.parametrize(
    "comment", ["/** Say it. */", "/* Say it. */", "// Say it.", "/**\n * Say it.\n **/", "/**\n   Say it.\n */"]
)
def test_all_comments_right_above_document(comment: str) -> None:
    assert only(f"{comment}\nfunction f() {{}}\n").documentation == "Say it."


def test_lines_of_comment_are_joined() -> None:
    assert only("// One\n// two.\nfunction f() {}\n").documentation == "One\ntwo."


@pytest.mark.parametrize(
    "between",
    ["// eslint-disable-line\n", "/* istanbul ignore next */\n", "// oxlint-disable-line\n// c8 ignore next\n", "\n"],
)
def test_orders_to_tools_and_a_blank_line_may_stand_between(between: str) -> None:
    assert only(f"/** Say it. */\n{between}function f() {{}}\n").documentation == "Say it."


@pytest.mark.parametrize(
    "above",
    ["// eslint-disable-line", "/* eslint-disable */", "/*! Licence */", "//-----", "x = 1; // Say it.", "// It.\n"],
)
def test_other_comments_document_nothing(above: str) -> None:
    assert list(JAVASCRIPT.documented_functions(f"{above}\nfunction f() {{}}\n")) == []


def test_a_variable_that_holds_no_function_is_none() -> None:
    assert list(JAVASCRIPT.documented_functions("/** Doc. */\nconst path = require('path')\n")) == []


def test_the_signature_ends_with_the_brace_and_before_comments() -> None:
    assert only("/** Doc. */\nfunction f(a) /* why */ { return a; }\n").signature == "function f(a) {"
    assert only("/** Doc. */\nconst f = async (a) => { return a; };\n").signature == "const f = async (a) => {"


def test_complexity_counts_each_way_to_part() -> None:
    code = (
        "function f(a) {\n  for (const x of a) { do { a--; } while (x ?? y); }\n"
        "  switch (a) { case 1: break; default: break; }\n  try { g(); } catch { h(); }\n  return a ? 1 : b || c;\n}"
    )
    assert JAVASCRIPT.cyclomatic_complexity(code) == 1 + 7
