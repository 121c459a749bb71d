import pytest

from graftwork.sandbox.compiled.compiler import SourceError
from graftwork.sandbox.compiled.declaration import (
    Declaration,
    go_declaration,
    rust_declaration,
    rust_function,
    typed_declaration,
)


def test_types_with_commas_stay_whole() -> None:
    made = typed_declaration(
        "#include<map>\nusing namespace std;\nmap<string,int> f(map<char, vector<int>> a, int b){\n"
    )
    assert made == Declaration("f", "map<string,int>", "map<char, vector<int>> a, int b", ("a", "b"))


def test_the_last_function_is_the_one_and_comments_do_not_count() -> None:
    code = "int helper(int x) {\n return f(x); }\n\nint f(int x){\n    /* f(2) {\n 3 */ // f(x) {\n"
    assert typed_declaration(code).name == "f"
    assert typed_declaration(code).names == ("x",)


def test_java_has_words_before_the_type_and_errors_after_the_parameters() -> None:
    made = typed_declaration("class A {\n    public Optional<String> f(String[] a) throws Exception {\n")
    assert (made.name, made.names) == ("f", ("a",))


def test_go_names_several_parameters_of_a_type_at_once() -> None:
    made = go_declaration("// Adds.\nfunc F(a, b int, c []interface{}) [2]interface{} {\n")
    assert made == Declaration("F", "[2]interface{}", "a, b int, c []interface{}", ("a", "b", "c"))


def test_rust_names_types_after_the_parameters() -> None:
    made = rust_declaration(
        "use a::{b};\nfn g(x: i32) -> i32 { x }\n/// Adds.\nfn f<'a>(mut a: Vec<(i32, i32)>, b: &'a str){\n"
    )
    assert made == Declaration(
        "f", "()", "mut a: Vec<(i32, i32)>, b: &'a str", ("a", "b"), ("Vec<(i32, i32)>", "&'a str")
    )


def test_a_function_is_found_inside_a_program_in_rust() -> None:
    program = "// fn f(x: u8) {\npub fn f(x: &[i64]) -> Option<i64>\nwhere i64: Copy {\n    None\n}\nfn g() {}\n"
    assert rust_function(program, "f") == Declaration("f", "Option<i64>", "x: &[i64]", ("x",), ("&[i64]",))
    with pytest.raises(SourceError, match="no function h"):
        rust_function(program, "h")


@pytest.mark.parametrize("setup", ["", "int f(int x);", "int f(int x) { return 1; }", "int f(int, int) {"])
def test_anything_else_is_refused(setup: str) -> None:
    with pytest.raises(SourceError):
        typed_declaration(setup) if "," not in setup else typed_declaration(setup.replace("int, int", "int*, int*"))
    for declaration in (go_declaration, rust_declaration):
        with pytest.raises(SourceError):
            declaration(setup)
