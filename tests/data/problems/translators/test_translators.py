import pytest

from graftwork.data.problems.renderers import RENDERERS
from graftwork.data.problems.translators import TRANSLATORS
from graftwork.languages import get_language

each_language = pytest.mark.parametrize("language", TRANSLATORS)

LOOP = """
tally = 0
history = []
for n in numbers:
    if n % 2 == 0:
        continue
    n = n * (n - 3)
    tally += n
    if tally > 9:
        tally = 2 * tally - 1
    tally = max(tally, 0)
    history.append(tally)
return history
""".strip().split("\n")

LOOPS = {
    "javascript": """
let tally = 0;
const history = [];
for (let n of numbers) {
  if (n % 2 === 0) {
    continue;
  }
  n = n * (n - 3);
  tally += n;
  if (tally > 9) {
    tally = 2 * tally - 1;
  }
  tally = Math.max(tally, 0);
  history.push(tally);
}
return history;
""",
    "ruby": """
tally = 0
history = []
numbers.each do |n|
  next if n % 2 == 0
  n = n * (n - 3)
  tally += n
  tally = 2 * tally - 1 if tally > 9
  tally = [tally, 0].max
  history << tally
end
history
""",
    "php": """
$tally = 0;
$history = [];
foreach ($numbers as $n) {
    if ($n % 2 == 0) {
        continue;
    }
    $n = $n * ($n - 3);
    $tally += $n;
    if ($tally > 9) {
        $tally = 2 * $tally - 1;
    }
    $tally = max($tally, 0);
    $history[] = $tally;
}
return $history;
""",
    "java": """
int tally = 0;
List<Integer> history = new ArrayList<>();
for (int n : numbers) {
    if (n % 2 == 0) {
        continue;
    }
    n = n * (n - 3);
    tally += n;
    if (tally > 9) {
        tally = 2 * tally - 1;
    }
    tally = Math.max(tally, 0);
    history.add(tally);
}
return history;
""",
    "typescript": """
let tally = 0;
const history: number[] = [];
for (let n of numbers) {
  if (n % 2 === 0) {
    continue;
  }
  n = n * (n - 3);
  tally += n;
  if (tally > 9) {
    tally = 2 * tally - 1;
  }
  tally = Math.max(tally, 0);
  history.push(tally);
}
return history;
""",
    "go": """
tally := 0
history := []int{}
for _, n := range numbers {
\tif n%2 == 0 {
\t\tcontinue
\t}
\tn = n * (n - 3)
\ttally += n
\tif tally > 9 {
\t\ttally = 2*tally - 1
\t}
\tif tally < 0 {
\t\ttally = 0
\t}
\thistory = append(history, tally)
}
return history
""",
    "rust": """
let mut tally: i64 = 0;
let mut history: Vec<i64> = Vec::new();
for &n in numbers {
    if n % 2 == 0 {
        continue;
    }
    let n = n * (n - 3);
    tally += n;
    if tally > 9 {
        tally = 2 * tally - 1;
    }
    tally = tally.max(0);
    history.push(tally);
}
history
""",
    "cpp": """
int tally = 0;
std::vector<int> history;
for (int n : numbers) {
    if (n % 2 == 0) {
        continue;
    }
    n = n * (n - 3);
    tally += n;
    if (tally > 9) {
        tally = 2 * tally - 1;
    }
    tally = std::max(tally, 0);
    history.push_back(tally);
}
return history;
""",
}


def lines(language: str, *body: str, result: str = "number", **parameters: str) -> list[str]:
    return TRANSLATORS[language].lines(body, parameters, result)


@each_language
def test_a_loop_reads_as_it_is_written_in_its_language(language: str) -> None:
    assert lines(language, *LOOP, numbers="numbers", result="numbers") == LOOPS[language].strip().split("\n")


@each_language
@pytest.mark.parametrize(
    ("source", "body"),
    [
        (
            "numbers",
            ["if not numbers:", "    return 0", "n = numbers[0]", "rest = numbers[1:]", "return n - solve(rest)"],
        ),
        ("numbers", ["n = numbers[0] + numbers[-1]", "rest = numbers[1:-1]", "return abs(n)"]),
        ("numbers", ["rest = numbers[:-1]", "result = solve(rest)", "return min(result, result)"]),
        ("words", ["n = len(words[0])", "rest = words[1:]", "return n + solve(rest)"]),
        ("number", ["rest = number", "while rest > 0:", "    rest = rest // 10", "    break", "return rest"]),
        ("text", ["n = 0", "for letter in text:", '    if letter == "a":', "        n -= 1", "return n"]),
    ],
)
def test_what_is_written_parses_by_the_grammar(language: str, source: str, body: list[str]) -> None:
    written = lines(language, *body, **{source: source})
    program = RENDERERS[language].frame([(source, source)], "number", written)
    assert get_language(language).parses(program)


@each_language
def test_other_words_of_python_are_refused(language: str) -> None:
    for unknown in ("import os", "n = {}", "n = number ** 2 if number else 3", "del number"):
        with pytest.raises((ValueError, KeyError)):
            lines(language, unknown, "return n", number="number")


def test_brackets_stay_where_they_change_the_value() -> None:
    (line,) = lines("java", "return 2 - (number - 3 * (number + 1))", number="number")
    assert line == "return 2 - (number - 3 * (number + 1));"


def test_a_quotient_is_rounded_down_where_division_is_not() -> None:
    assert lines("javascript", "return number // 2", number="number") == ["return Math.floor(number / 2);"]
    assert lines("php", "return number // 2", number="number") == ["return intdiv($number, 2);"]


def test_what_a_loop_declares_is_declared_again_after_it() -> None:
    body = ["for n in numbers:", "    m = n", "for n in numbers:", "    m = n", "return 0"]
    assert lines("cpp", *body, numbers="numbers").count("    int m = n;") == 2
