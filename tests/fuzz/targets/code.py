"""Source code in every language, as people and models might write it: mined, taken apart, and scored."""

import math
from pathlib import Path

from hypothesis import strategies as st

from graftwork.data.cleaning import CleaningConfig, file_problem, worthwhile
from graftwork.data.example import make_example
from graftwork.data.mining import SourceFile, search_files
from graftwork.data.summaries import summary_of
from graftwork.languages import get_language, language_names
from graftwork.metrics import score_predictions
from graftwork.metrics.metric import METRICS
from tests.fuzz.mutations import streams
from tests.fuzz.target import Target
from tests.fuzz.texts import texts

SNIPPETS = (
    'def add(a, b=1):\n    """Return the sum of both."""\n    for i in a:\n        b += i if i else -i\n    return b\n',
    "class A:\n    def f(self):\n        r'''Does it.'''\n        with x as y, z: yield\n",
    "/**\n * Adds two numbers.\n * @param a one\n */\nfunction add(a, b) { let c = a + b; return `${c}`; }\n",
    "/** Adds. */\nexport const add = async (a: number): Promise<number> => { for (const x of y) a += x; return a };\n",
    "/** Adds it. */\npublic static int add(int a, int... b) { switch (a) { case 1: return 2; default: return a; } }\n",
    "// Add adds.\nfunc (p *Path) Add(a int, b ...int) (c int, err error) { for i := range b { c += i }; return }\n",
    "/// Adds two.\npub fn add<'a, T>(a: &'a T) -> Option<T> { match a { Some(x) if x > 1 => x, _ => { break } } }\n",
    "# Adds two numbers.\ndef add(a, *b, &c)\n  b.each { |x| a += x } unless a.nil?\n  <<~EOS\n  #{a}\n  EOS\nend\n",
    '<?php\n/** Adds. */\nfunction add(int $a, &$b = []): ?int { foreach ($b as $k => $v) { $a .= "$v"; } }\n',
    '/* Adds. */\ntemplate <typename T> T add(const T& a) { auto f = [&](int x) { return R"x(a)x"; }; return a; }\n',
    "/// <summary>Adds.</summary>\npublic int Add(int a) => a switch { > 1 => 2, _ => a ?? 3 };\n",
)
_PIECES = (
    "(",
    ")",
    "{",
    "}",
    "[",
    "]",
    "<",
    ">",
    ";",
    ":",
    ",",
    '"',
    "'",
    "`",
    '"""',
    "'''",
    "/*",
    "*/",
    "//",
    "#",
    "/**",
    "\n",
    "\n    ",
    "\t",
    "\\",
    "${",
    "#{",
    "<<EOS\n",
    "<<<X\n",
    'R"a(',
    "<?php",
    "?>",
    "=begin\n",
    "=end\n",
    'r#"',
    "@",
    "def f():",
    "class ",
    "function ",
    "if ",
    "else ",
    "for ",
    "=>",
    "->",
    "return ",
    "x",
    "1",
    "0x",
    "=",
    "&&",
    "%w[",
    "/",
    "/g",
    "async ",
    "lambda",
    "fn ",
    "func ",
)
_pieces = st.lists(st.sampled_from(_PIECES) | texts, max_size=14).map("".join)
_deep = st.builds(
    lambda piece, times, rest: piece * times + rest,
    st.sampled_from(
        (
            "(",
            "[",
            "{",
            "a(",
            "-",
            "!",
            "a.",
            "a?",
            "if x:\n ",
            "x=>",
            "<a>",
            "/*",
            '"${',
            "[[",
            "else if(x)",
            "a+",
            "\n",
            " ",
            "`",
        )
    ),
    st.integers(0, 400),
    texts,
)
_mixed = streams(*(snippet.encode() for snippet in SNIPPETS)).map(lambda data: data.decode("utf-8", "surrogateescape"))
sources = _pieces | _mixed | _mixed | _deep | texts
languages = st.sampled_from(language_names())


def _mine(case: tuple[str, str], folder: Path) -> None:
    """Every function of a file and of a row, cleaned."""
    language, text = get_language(case[0]), case[1]
    data = text.encode("utf-8", "surrogateescape" if text.isascii() else "replace")
    config = CleaningConfig()
    file_problem("a/b.py", data, config)
    search_files([SourceFile("a", len(data), lambda: data)], language, config)
    for function in language.documented_functions(text):
        assert function.name is not None
        assert function.line >= 1
    whole = make_example(language.name, summary_of(text), language.without_documentation(text))
    worthwhile([whole], config)


def _score(case: tuple[str, str, str, str], folder: Path) -> None:
    """Every metric is a number in its range, or undefined."""
    language, prediction, reference, prompt = case
    scores = score_predictions([prediction], [reference], language, [prompt])
    for name, value in scores.corpus.items():
        metric = METRICS[name]
        highest = math.inf if metric.highest is None else metric.highest + 1e-9
        assert metric.lowest - 1e-9 <= value <= highest, f"{name} is {value}"


def _prepare() -> None:
    """Have numba compile its kernel, which it keeps beside the package, before anything is watched."""
    score_predictions(["a = 1"], ["b = 2"], "python", ["c"])


TARGETS = (
    Target("source", st.tuples(languages, sources), _mine),
    Target("metrics", st.tuples(languages, sources, sources, texts), _score, share=0.3, prepare=_prepare),
)
