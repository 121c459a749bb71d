from graftwork.languages.rust import RUST


def test_attributes_may_stand_between_documentation_and_function() -> None:
    source = "/// Say it.\n/// Twice.\n#[inline]\n#[cfg(\n    test\n)]\npub fn f(a: i32) -> i32 {\n    a\n}\n"
    (function,) = RUST.documented_functions(source)
    assert (function.name, function.documentation) == ("f", "Say it.\nTwice.")
    assert function.code == "pub fn f(a: i32) -> i32 {\n    a\n}"
    assert function.signature == "pub fn f(a: i32) -> i32 {"


def test_plain_comments_are_no_documentation() -> None:
    assert list(RUST.documented_functions("// Say it.\nfn f() {}\n")) == []


def test_a_block_documents_a_method() -> None:
    (function,) = RUST.documented_functions("impl A {\n    /** Say it. */\n    fn f(&self) {\n        1\n    }\n}\n")
    assert function.code == "fn f(&self) {\n    1\n}"
    assert RUST.parses(function.code)


def test_a_signature_in_a_trait_is_no_function() -> None:
    assert list(RUST.documented_functions("trait A {\n    /// Say it.\n    fn f(&self);\n}\n")) == []


def test_complexity_counts_arms_question_marks_and_let_else() -> None:
    code = (
        "fn f(a: i32) -> i32 {\n match a { 1 => 2, 3 | 4 => 1, _ => 3 };\n b?;\n let Some(c) = d else { return 1 }; }"
    )
    assert RUST.cyclomatic_complexity(code) == 5
