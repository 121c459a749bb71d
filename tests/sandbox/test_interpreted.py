"""Ruby, PHP and TypeScript: what tests and programs can say to each other, and that a missing one is named."""

import json
import shutil

import pytest

from graftwork.errors import InputError
from graftwork.sandbox import CodeTest, Limits, Sandbox, Trial, ValueTest, Verdict, find_runtime, find_sandbox
from graftwork.sandbox import interpreted as module
from graftwork.sandbox.trial import run_trial

from .test_hostile import LANGUAGES

HERE = {language for language, there in LANGUAGES.items() if there}
SAME = {"ruby": "def same(x) = x", "php": "function same($x) { return $x; }"}
FIRST_AND_SIZE = {
    "ruby": "def f(a, b) = { b => a.size }",
    "php": "function f($a, $b) { return [$b => count($a)]; }",
    "typescript": "function f(a: number[], b: string): Record<string, number> { return { [b]: a.length }; }",
}


def only(language: str) -> pytest.MarkDecorator:
    """For tests of one language, where it is here."""
    return pytest.mark.parametrize("language", sorted(HERE & {language}))


@pytest.fixture(scope="module")
def strongest() -> Sandbox:
    return find_sandbox(Limits())


def run(sandbox: Sandbox, language: str, program: str, test: CodeTest | ValueTest) -> Verdict:
    return run_trial(Trial(language, program, test), find_runtime(language), sandbox.tier, sandbox.limits)


@pytest.mark.parametrize("language", sorted(HERE & FIRST_AND_SIZE.keys()))
def test_values_are_compared_outside(strongest: Sandbox, language: str) -> None:
    right = ('[[1.5, 2], "a\\"b\\u00e9"]', json.dumps({'a"b\u00e9': 2}))
    wrong = ('[[], "b"]', '{"b": 7}')
    assert run(strongest, language, FIRST_AND_SIZE[language], ValueTest("f", (right,))).reason == ""
    assert run(strongest, language, FIRST_AND_SIZE[language], ValueTest("f", (right, wrong))).reason == (
        'case 2: [[], "b"] gave {"b": 0}, not {"b": 7}'
    )


@only("ruby")
@pytest.mark.parametrize(
    "value",
    ["[nil, true, 7, -10**40, 2.5, 'text', :symbol]", "{1 => [2], 'a' => nil}", "Float::INFINITY", 'Set[1, "\\xff"]'],
)
def test_plain_values_of_ruby_come_and_go_as_they_are(strongest: Sandbox, language: str, value: str) -> None:
    test = CodeTest(f"raise 'wrong' unless same({value}) == {value}", names=("same",))
    assert run(strongest, language, SAME[language], test).reason == ""


@only("php")
@pytest.mark.parametrize(
    "value",
    ["[null, true, 7, 2.0, -1.5, 'text']", "['b' => 1, 'a' => [3 => 4]]", "INF", '"\\xff"', "[]"],
)
def test_plain_values_of_php_come_and_go_as_they_are(strongest: Sandbox, language: str, value: str) -> None:
    test = CodeTest(f"if (same({value}) !== {value}) throw new Exception('wrong');", names=("same",))
    assert run(strongest, language, SAME[language], test).reason == ""


@only("php")
def test_php_has_one_value_for_an_empty_list_and_an_empty_mapping(strongest: Sandbox, language: str) -> None:
    cases = (("[[]]", "[]"), ("[{}]", "{}"), ('[{"a": []}]', '{"a": {}}'))
    assert run(strongest, language, SAME[language], ValueTest("same", cases)).reason == ""
    assert run(strongest, language, SAME[language], ValueTest("same", (("[[]]", "[1]"),))).outcome == "failed"


@only("typescript")
def test_typescript_has_more_than_types_to_strip(strongest: Sandbox, language: str) -> None:
    program = "enum Kind { A = 3, B }\nconst f = (x: number): Kind => (x > 0 ? Kind.A : Kind.B) as Kind;"
    test = CodeTest("const got: number = f(1);\nconsole.assert(got === 3);", names=("f",))
    assert run(strongest, language, program, test).reason == ""


@pytest.mark.parametrize(
    ("language", "program", "test"),
    [
        ("ruby", "def twice(x) = 2 * x", "raise 'wrong' unless twice(method(:twice).call(1)) == 4"),
        ("php", "function twice($x) { return 2 * $x; }", "if (twice(twice(1)) !== 4) throw new Exception('wrong');"),
    ],
)
def test_without_names_all_that_the_tests_use_is_looked_for(
    strongest: Sandbox, language: str, program: str, test: str
) -> None:
    if language in HERE:
        assert run(strongest, language, program, CodeTest(test)).reason == ""


@pytest.mark.parametrize(
    ("language", "program", "test"),
    [
        (
            "ruby",
            "def f(x) = raise(ArgumentError, 'too small')",
            "begin\n  f(1)\nrescue ArgumentError => error\n  raise 'wrong' unless error.message == 'too small'\n"
            "else\n  raise 'wrong'\nend",
        ),
        (
            "php",
            "function f($x) { throw new InvalidArgumentException('too small'); }",
            "try { f(1); } catch (InvalidArgumentException $e) { if ($e->getMessage() === 'too small') return; }\n"
            "throw new Exception('wrong');",
        ),
    ],
)
def test_errors_come_through(strongest: Sandbox, language: str, program: str, test: str) -> None:
    if language in HERE:
        assert run(strongest, language, program, CodeTest(test, names=("f",))).reason == ""


@only("ruby")
def test_a_class_of_tests_without_tests_is_no_pass(strongest: Sandbox, language: str) -> None:
    test = CodeTest("require 'test/unit'\nclass TestF < Test::Unit::TestCase\nend", names=("same",))
    assert run(strongest, language, SAME[language], test).reason == "RuntimeError: no tests"


@pytest.mark.parametrize(("language", "named"), [("ruby", "no Ruby found"), ("php", "no PHP found")])
def test_a_language_that_is_not_installed_is_named(monkeypatch: pytest.MonkeyPatch, language: str, named: str) -> None:
    monkeypatch.setattr(shutil, "which", lambda name, path=None: None)
    with pytest.raises(InputError, match=named):
        getattr(module, f"find_{language}").__wrapped__()


def test_a_node_that_does_not_strip_types_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "_said", lambda *command: "v20.20.2")
    with pytest.raises(InputError, match="node v20.20.2 does not run TypeScript"):
        module.find_typescript.__wrapped__()
