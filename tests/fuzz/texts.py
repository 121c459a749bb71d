"""Text and plain data as nobody would write them by accident."""

from hypothesis import strategies as st
from hypothesis.strategies import SearchStrategy

NASTY = (
    "",
    " ",
    "\0",
    "a\nb",
    "\r\n\t",
    "..",
    "../../etc/passwd",
    "/etc/passwd",
    "C:\\x",
    "~root",
    "-rf",
    "a" * 300,
    "\u202eab\u2066c\u200d",
    "\ud800",
    "\udfff\ud800",
    "مرحبا",
    "漢字🙂",
    "e\u0301" * 40,
    "\x1b[31mred\x1b[0m",
    "</script><script>alert(1)</script>",
    "<img src=x onerror=alert(1)>",
    "<!--",
    "]]>",
    "\"'><svg onload=alert(1)>",
    "&lt;b&gt; & &amp;",
    "{{ 7 * 7 }} {% raw %}",
    "${x} $(id) `id`",
    "$\\frac{$",
    "%s %d %n {0} {x!r}",
    "| a | b |\n|---|",
    "```\n# x",
    "(a+)+$",
    "[",
    "(" * 60,
    "!!python/object/apply:os.system [id]",
    "*a",
    "&a",
    "null",
    "1e999",
    "-0",
    "9" * 400,
    "hub:a/b",
    "con",
    "con\u2028line\x85line",
)
texts: SearchStrategy[str] = st.sampled_from(NASTY) | st.text(st.characters(), max_size=20)
numbers: SearchStrategy[int | float] = st.sampled_from(
    (
        0,
        -1,
        1,
        2,
        2**31,
        2**63,
        -(2**63) - 1,
        10**30,
        10**400,
        0.0,
        -0.0,
        0.5,
        1e-320,
        1e308,
        float("inf"),
        float("nan"),
    )
)
plain: SearchStrategy[object] = st.none() | st.booleans() | numbers | texts
values: SearchStrategy[object] = (
    plain
    | plain
    | st.lists(plain, max_size=3)
    | st.dictionaries(texts, plain, max_size=2)
    | st.lists(st.lists(plain, max_size=1), max_size=2)
    | st.just([[[[[[[[]]]]]]]])
)
