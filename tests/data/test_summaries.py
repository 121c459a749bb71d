import pytest

from graftwork.data.summaries import summary_of

ENDS = [
    "\n\nMore.",
    "\n:param a: x",
    "\n@param {x} a",
    "\n\\param a",
    "\nArgs:\n    a: x",
    "\nReturns:\n    x",
    "\nParameters\n----------\na : x",
    "\n>>> f()",
    "\n- one\n- two",
    "\n1. one",
    "\n```js\nf()\n```",
    "\n<p>More.",
    "\n    f(1)",
    "\n  f(1)",
    "\nf(1) # => 2",
    "\n.. note:: x",
    "\nExample: f(1)",
    "\nhttps://example.org/more",
    "\ncall-seq:\n  f",
]


@pytest.mark.parametrize("end", ENDS)
def test_the_description_ends_with_its_paragraph(end: str) -> None:
    assert summary_of(f"Say it to\nthe other.{end}") == "Say it to the other."


@pytest.mark.parametrize(
    ("documentation", "summary"),
    [
        ("Uses {@link Foo} and {@link Foo#bar the bar}.", "Uses Foo and the bar."),
        ("Gives {@code List<String>} or <b>nothing</b>.", "Gives List<String> or nothing."),
        ("A :class:`Foo` of :py:func:`~a.b`, ``x`` and `y`.", "A Foo of a.b, x and y."),
        ("Gives +nil+ or <tt>self.x</tt>.", "Gives nil or self.x."),
        ("See [the guide](https://example.org) &amp; more.", "See the guide & more."),
        ("@description Says it.", "Says it."),
        ("Title\n=====\n\nSays it.", "Says it."),
        ("https://example.org/spec\nSays it.", "Says it."),
        ("Say   it\t now.", "Say it now."),
    ],
)
def test_markup_is_taken_off(documentation: str, summary: str) -> None:
    assert summary_of(documentation) == summary


@pytest.mark.parametrize(
    "documentation", ["@param x\n@returns {String} the name", ":returns: the name", "@return returns the name"]
)
def test_what_is_returned_describes_a_function_without_more(documentation: str) -> None:
    assert summary_of(documentation) == "Returns the name"


@pytest.mark.parametrize("documentation", ["", "@inheritdoc", "{@inheritDoc}", "@see f\n@returns {int}", ">>> f()"])
def test_nothing_said_is_nothing(documentation: str) -> None:
    assert summary_of(documentation) == ""


def test_a_summary_is_its_own_summary() -> None:
    once = summary_of("Says ``it`` to {@code x}.\n\n@param x")
    assert summary_of(once) == once
