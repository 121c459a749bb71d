from graftwork.languages.php import PHP


def test_methods_are_found_with_their_modifiers() -> None:
    source = (
        "<?php\nclass A {\n    /**\n     * Say it.\n     */\n"
        "    public static function f(): int\n    {\n        return 1;\n    }\n}\n"
    )
    (function,) = PHP.documented_functions(source)
    assert function.code == "public static function f(): int\n{\n    return 1;\n}"
    assert function.signature == "public static function f(): int {"


def test_snippets_parse_with_and_without_the_opening_tag() -> None:
    assert PHP.parses("function f() { return 1; }")
    assert PHP.parses("<?php\nfunction f() { return 1; }")


def test_text_is_no_code() -> None:
    assert not PHP.parses("return the sum of")


def test_methods_without_a_body_are_none() -> None:
    assert list(PHP.documented_functions("<?php\ninterface A {\n  /** Say it. */\n  function f();\n}\n")) == []


def test_complexity_counts_each_way_to_part() -> None:
    code = (
        "function f($a) {\n  foreach ($a as $b) {}\n  $c = match(true) { 1 => 2, default => 3 };\n"
        "  try { g(); } catch (E $e) {}\n  return $a ?? 1;\n}"
    )
    assert PHP.cyclomatic_complexity(code) == 1 + 4
