"""Compiled languages, as far as their compilers are on this machine: right programs pass, no hostile one does."""

import re
from collections.abc import Iterator

import pytest

from graftwork.errors import InputError
from graftwork.sandbox import TIERS, CodeTest, Limits, Sandbox, Trial, ValueTest, Verdict, find_runtime
from graftwork.sandbox.compiled import COMPILERS
from graftwork.sandbox.trial import run_trial

from .compiled_attacks import ATTACKS, RIGHT, TESTS, Attack
from .conftest import WORKING

FOUND = [language for language, find in COMPILERS.items() if find() is not None]
HERE = [attack for attack in ATTACKS if attack.language in FOUND]
LIMITS = Limits(cpu_seconds=1, wall_seconds=30)
VALUES = {
    "cpp": "std::map<std::string, int> solve(std::vector<double> a, std::string b, bool c) "
    '{ return {{b, (int)a.size()}, {c ? "yes" : "no", -7}}; }',
    "go": "func solve(a []float64, b string, c bool) map[string]int "
    '{ return map[string]int{b: len(a), map[bool]string{true: "yes", false: "no"}[c]: -7} }',
    "java": "static Map<String, Integer> solve(List<Double> a, String b, boolean c) "
    '{ return Map.of(b, a.size(), c ? "yes" : "no", -7); }',
    "rust": "use std::collections::HashMap;\nfn solve(a: &[f64], b: &str, c: bool) -> HashMap<String, i32> "
    '{ HashMap::from([(b.to_string(), a.len() as i32), (if c { "yes" } else { "no" }.to_string(), -7)]) }',
}


def run(language: str, program: str, test: CodeTest | ValueTest, tier: str = WORKING[0]) -> Verdict:
    return run_trial(Trial(language, program, test), find_runtime(language), TIERS[tier], LIMITS)


@pytest.fixture(scope="module")
def verdicts() -> Iterator[dict[tuple[str, str], Verdict]]:
    """The verdicts on all attacks in the strongest tier, several at once."""
    trials = [Trial(attack.language, attack.program, TESTS[attack.language]) for attack in HERE]
    found = Sandbox(TIERS[WORKING[0]], LIMITS).run(trials)
    yield {(attack.language, attack.name): verdict for attack, verdict in zip(HERE, found, strict=True)}


@pytest.mark.parametrize("attack", HERE, ids=lambda attack: f"{attack.language}-{attack.name}")
def test_no_attack_gets_through(verdicts: dict[tuple[str, str], Verdict], attack: Attack) -> None:
    verdict = verdicts[attack.language, attack.name]
    assert verdict.outcome != "passed"
    assert re.search(attack.reason, verdict.reason), verdict


@pytest.mark.parametrize("tier", WORKING)
@pytest.mark.parametrize("language", FOUND)
def test_a_right_program_passes_in_every_tier(language: str, tier: str) -> None:
    verdict = run(language, RIGHT[language], TESTS[language], tier)
    assert (verdict.outcome, verdict.reason) == ("passed", "")


@pytest.mark.parametrize("language", FOUND)
def test_values_are_compared_outside(language: str) -> None:
    right = ('[[1.5, 2], "a\\"b", true]', '{"yes": -7, "a\\"b": 2}')
    assert run(language, VALUES[language], ValueTest("solve", (right,))).reason == ""
    wrong = run(language, VALUES[language], ValueTest("solve", (right, ('[[], "no", true]', '{"no": 0}'))))
    assert wrong.reason.startswith('case 2: [[], "no", true] gave {')


@pytest.mark.parametrize("language", [language for language in FOUND if language == "cpp"])
def test_a_function_of_the_library_does_not_answer_for_the_program(language: str) -> None:
    setup = "#include <string>\nusing namespace std;\nint strlen(string s) {\n"
    test = CodeTest('#include <assert.h>\nint main() { assert(strlen("abc") == 3); }', setup)
    right = "using namespace std; int strlen(string s) { return s.size(); }"
    assert run(language, right, test).reason == ""
    assert run(language, right.replace("s.size()", "0"), test).outcome == "failed"


def test_tests_without_an_opening_line_are_named() -> None:
    for language in FOUND:
        verdict = run(language, RIGHT[language], CodeTest("int main() {}", "int x = 3;"))
        assert (verdict.outcome, "opening line" in verdict.reason) == ("failed", True)


def test_tests_that_do_not_compile_are_told_from_the_program() -> None:
    for language in FOUND:
        test = CodeTest(TESTS[language].code + "{", TESTS[language].setup)
        assert run(language, RIGHT[language], test).reason.startswith("the tests do not compile: ")


def test_a_language_without_a_compiler_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    for language in COMPILERS:
        monkeypatch.setitem(COMPILERS, language, lambda: None)
        with pytest.raises(InputError, match=f"no compiler found for '{language}'"):
            find_runtime(language)
