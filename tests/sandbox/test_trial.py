"""What tests and programs can say to each other, in every tier: plain values as copies, the rest by number."""

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from graftwork.sandbox import CodeTest, Limits, Sandbox, Trial, ValueTest, Verdict, find_runtime
from graftwork.sandbox.trial import run_trial, same_value

from .killer import SLEEPER, killer

PAIR = "class Pair:\n    def __init__(self, a, b): self.a, self.b = a, b\n    def sum(self): return self.a + self.b\n"


def run(sandbox: Sandbox, program: str, test: CodeTest | ValueTest, language: str = "python") -> Verdict:
    return run_trial(Trial(language, program, test), find_runtime(language), sandbox.tier, sandbox.limits)


@pytest.mark.parametrize(
    "value",
    [
        "None, True, 7, -(10**5000), 2.5, float('inf'), 'text\\ud800\\0', b'bytes', 1 + 2j",
        "[1, [2, (3, {4})]], {1: 'a', (2, 3): [None]}, frozenset({1}), bytearray(b'x'), range(1, 9, 2)",
        "__import__('decimal').Decimal('1.50'), __import__('fractions').Fraction(1, 3)",
        "__import__('collections').deque([1, 2]), __import__('collections').Counter('aab')",
    ],
)
def test_plain_values_come_and_go_as_they_are(sandbox: Sandbox, value: str) -> None:
    test = f"for x in [{value}]:\n    y = same(x)\n    assert y == x and (type(y) is type(x) or isinstance(x, dict))"
    assert run(sandbox, "def same(x): return x", CodeTest(test)).reason == ""


def test_not_a_number_stays_one(sandbox: Sandbox) -> None:
    assert run(sandbox, "def f(): return float('nan')", CodeTest("x = f()\nassert x != x")).outcome == "passed"


def test_what_a_program_changes_in_its_arguments_is_seen(sandbox: Sandbox) -> None:
    test = "values, table = [3, 1], {}\nassert order(values, table=table) is None\nassert values == [1, 3]"
    program = "def order(values, table):\n    values.sort()"
    assert run(sandbox, program, CodeTest(test)).outcome == "passed"


def test_errors_come_through(sandbox: Sandbox) -> None:
    test = "try:\n    f(-1)\nexcept ValueError as error:\n    assert str(error) == 'too small'\nelse:\n    assert False"
    assert run(sandbox, "def f(x): raise ValueError('too small')", CodeTest(test)).outcome == "passed"


def test_functions_that_come_back_can_be_called(sandbox: Sandbox) -> None:
    program = "def adder(a):\n    return lambda b: a + b"
    assert run(sandbox, program, CodeTest("assert adder(1)(2) == 3", names=("adder",))).outcome == "passed"


def test_generators_give_one_value_after_another(sandbox: Sandbox) -> None:
    program = "import itertools\ndef squares():\n    return (n * n for n in itertools.count())"
    test = (
        "from itertools import islice\nassert list(islice(squares(), 4)) == [0, 1, 4, 9]\nassert next(squares()) == 0"
    )
    assert run(sandbox, program, CodeTest(test)).outcome == "passed"


def test_objects_of_the_program_can_be_worked_on_where_tests_say_so(sandbox: Sandbox) -> None:
    test = "p = Pair(1, 2)\np.a = 5\nassert p.a == 5 and p.sum() == 7 and total([p, Pair(1, 1)]) == 9"
    program = PAIR + "def total(pairs): return sum(pair.sum() for pair in pairs)"
    assert run(sandbox, program, CodeTest(test, objects=True)).reason == ""
    assert "object of its own" in run(sandbox, program, CodeTest(test)).reason


def test_tests_get_the_names_they_are_given(sandbox: Sandbox) -> None:
    program = "def f(): return 1\ndef g(): return 2"
    assert "name 'g' is not defined" in run(sandbox, program, CodeTest("assert g() == 2", names=("f",))).reason
    assert run(sandbox, program, CodeTest("assert g() == 2")).outcome == "passed"


def test_helpers_of_the_tests_are_their_own(sandbox: Sandbox) -> None:
    test = CodeTest("assert double(f(1)) == 2", setup="def double(x): return 2 * x")
    assert run(sandbox, "double = lambda x: 2\ndef f(x): return 7", test).outcome == "failed"


def test_modules_of_the_standard_library_are_the_tests_own(sandbox: Sandbox) -> None:
    program = "class math:\n    isclose = lambda *a: True\ndef f(): return 3.0"
    assert run(sandbox, program, CodeTest("assert math.isclose(f(), 4.0)")).reason == "AssertionError"


def test_a_function_may_have_the_name_of_a_built_in_one(sandbox: Sandbox) -> None:
    program = "def sum(a, b): return a + b"
    assert run(sandbox, program, CodeTest("assert sum(1, 2) == 3", names=("sum",))).outcome == "passed"


@pytest.mark.parametrize("program", ["def f(:", "raise KeyError('x')", "import nowhere", ""])
def test_a_program_that_does_not_load_fails(sandbox: Sandbox, program: str) -> None:
    assert run(sandbox, program, CodeTest("assert f() == 1", names=("f",))).outcome == "failed"


def test_tests_that_leave_early_are_no_pass(sandbox: Sandbox) -> None:
    for test in ("import sys; sys.exit(0)", "import os; os._exit(0)", "raise KeyboardInterrupt"):
        assert run(sandbox, "def f(): return 1", CodeTest(test)).outcome == "failed"


def test_a_program_sees_neither_arguments_nor_variables_of_ours(sandbox: Sandbox) -> None:
    program = "import os, sys\ndef f(): return [sys.argv, sorted(os.environ)]"
    test = "assert f() == [['program'], ['HOME', 'LANG', 'MALLOC_ARENA_MAX', 'OPENSSL_CONF', 'PATH', 'TZ']]"
    assert run(sandbox, program, CodeTest(test)).reason == ""


def test_what_a_program_prints_is_no_matter(sandbox: Sandbox) -> None:
    assert run(sandbox, "def f():\n    print('{}')\n    return 1", CodeTest("print()\nassert f() == 1")).reason == ""


@pytest.mark.parametrize(
    ("language", "program"), [("python", "solve = lambda a, b: a + b"), ("javascript", "const solve = (a, b) => a + b")]
)
def test_values_are_compared_outside(sandbox: Sandbox, language: str, program: str) -> None:
    right = ValueTest("solve", (("[1, 2]", "3"), ('["a", "b"]', '"ab"')))
    wrong = ValueTest("solve", (("[1, 2]", "3"), ("[1, 2]", "4")))
    assert run(sandbox, program, right, language).reason == ""
    assert run(sandbox, program, wrong, language).reason == "case 2: [1, 2] gave 3, not 4"


@pytest.mark.parametrize("returned", ["{1}", "{1: 2}", "object()", "1 + 2j"])
def test_what_json_cannot_say_is_no_value(sandbox: Sandbox, returned: str) -> None:
    verdict = run(sandbox, f"def solve(): return {returned}", ValueTest("solve", (("[]", "null"),)))
    assert "JSON has no" in verdict.reason


@pytest.mark.parametrize("returned", ["undefined", "NaN", "new Map()", "() => 1", "10n", "new (class A {})()"])
def test_what_json_cannot_say_is_no_value_in_javascript(sandbox: Sandbox, returned: str) -> None:
    program = f"function solve() {{ return {returned}; }}"
    assert "JSON has no" in run(sandbox, program, ValueTest("solve", (("[]", "null"),)), "javascript").reason


@pytest.mark.parametrize("written", ["[]", "{}", "7", "null", "[7]", '[{"value": 1}]', '[{"raised": 5}]', "x"])
def test_results_that_a_program_writes_itself_are_compared_like_any_others(sandbox: Sandbox, written: str) -> None:
    program = f"import os\nos.write(5, {(written + chr(10)).encode()!r})\nos._exit(0)"
    assert run(sandbox, program, ValueTest("solve", (("[1]", "2"),))).outcome == "failed"


@pytest.mark.parametrize(
    "test",
    [
        "const same = JSON.stringify(f([1, {a: null}])) === '[1,{\"a\":null}]'; console.assert(same)",
        "const x = {a: [1, undefined, NaN, -0, 'x', 5n]}; require('assert').deepStrictEqual(f(x), x)",
        "const x = new Map([[1, new Set([2])]]); require('node:assert').deepEqual(f(x), x)",
        "const list = [3, 1]; sort(list); console.assert(list[0] === 1 && list.length === 2)",
        "console.assert(adder(1)(2) === 3)",
        "let seen = null; try { fail() } catch (error) { seen = error } console.assert(seen instanceof TypeError)",
    ],
)
def test_javascript_tests_use_javascript_programs(sandbox: Sandbox, test: str) -> None:
    program = """const f = (x) => x;
    let sort = (list) => { list.sort(); };
    function adder(a) { return (b) => a + b; }
    const fail = () => { null.x; };"""
    assert run(sandbox, program, CodeTest(test), "javascript").reason == ""


def test_javascript_objects_can_be_worked_on_where_tests_say_so(sandbox: Sandbox) -> None:
    program = "class Pair { constructor(a, b) { this.a = a; this.b = b; } sum() { return this.a + this.b; } }"
    test = "const p = new Pair(1, 2); p.a = 5; console.assert(p.sum() === 7 && p.a === 5)"
    assert run(sandbox, program, CodeTest(test, objects=True), "javascript").reason == ""
    assert "object of its own" in run(sandbox, program, CodeTest(test), "javascript").reason


def test_a_broken_assertion_in_javascript_is_a_failure(sandbox: Sandbox) -> None:
    verdict = run(sandbox, "const f = () => 1", CodeTest("console.assert(f() === 2, 'two')"), "javascript")
    assert verdict.reason == "Error: assertion failed two"


def test_running_out_of_processor_time_is_a_timeout(sandbox: Sandbox) -> None:
    limited = Sandbox(sandbox.tier, Limits(cpu_seconds=1, wall_seconds=20))
    verdict = run(limited, "while True: pass", CodeTest("f()"))
    assert (verdict.outcome, verdict.reason) == ("timeout", "used 1 s of processor time")


def test_running_out_of_time_on_the_clock_is_a_timeout(sandbox: Sandbox) -> None:
    limited = Sandbox(sandbox.tier, Limits(wall_seconds=0.5))
    verdict = run(limited, "import time\ntime.sleep(60)", ValueTest("f", (("[]", "1"),)))
    assert (verdict.outcome, verdict.reason) == ("timeout", "ran for more than 0.5 s")


@pytest.mark.parametrize("test", [CodeTest("f()"), ValueTest("f", (("[]", "1"),))])
def test_a_program_that_is_killed_from_outside_has_not_failed(sandbox: Sandbox, test: CodeTest | ValueTest) -> None:
    with killer():
        verdict = run(sandbox, SLEEPER, test)
    assert (verdict.outcome, verdict.reason) == ("killed", "was killed from outside, as happens where memory is short")


def test_tests_that_are_killed_from_outside_have_not_failed(sandbox: Sandbox) -> None:
    with killer():
        verdict = run(sandbox, "def f(): return 1", CodeTest(SLEEPER, names=()))
    assert verdict.outcome == "killed"


JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False) | st.text(),
    lambda inner: st.lists(inner) | st.dictionaries(st.text(), inner),
)


@given(JSON)
def test_every_value_is_the_same_as_itself(value: object) -> None:
    assert same_value(value, json.loads(json.dumps(value)))


@pytest.mark.parametrize(
    ("left", "right"),
    [
        (1, True),
        (0, False),
        (0, None),
        (1, "1"),
        ([1], [1, 2]),
        ({"a": 1}, {"a": True}),
        ({}, []),
        (float("nan"), float("nan")),
    ],
)
def test_values_of_different_kinds_differ(left: object, right: object) -> None:
    assert not same_value(left, right)
    assert not same_value(right, left)


def test_a_whole_number_is_the_same_with_a_point() -> None:
    assert same_value([1, {"a": 2.0}], [1.0, {"a": 2}])
