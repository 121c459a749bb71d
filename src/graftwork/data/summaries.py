"""The first paragraph of a function's documentation, as plain English."""

import html
import re

__all__ = ["summary_of"]

# A first line may start with a tag that announces the description itself.
ANNOUNCED = re.compile(r"^\s*@(?:description|desc|brief|summary|doc)\b:?\s*", re.IGNORECASE)
# Lines that end the description: tags of every convention, sections, doctests, lists, code fences, markup blocks.
END = re.compile(
    r"""^\s*(?:
        @\w | [:\\](?:param|arg|args|type|return|returns|rtype|raise|raises|throws|note|call-seq|yields?|example)\b
      | >>>\s | .*\#\ =>|\w+::\s*$ | [-*+]\s | \d+[.)]\s | ```|~~~ | \.\.\s
      | <(?:p|pre|ul|ol|dl|table|blockquote|h\d|br)\b | ={2,}\s*\w
      | (?:args|arguments|param|params|parameters|keyword\ arguments|return|returns|yields?|raises|throws|exceptions
          |examples?|usage|notes?|see\ also|attributes|options|todo|references|warnings?|since|input|output)\s*:?\s*$
      | (?:args|arguments|params|parameters|returns|yields|raises|throws|examples?|usage|todo|call-seq)\s*:
    )""",
    re.IGNORECASE | re.VERBOSE,
)
LINK_ONLY = re.compile(r"^\s*(?:see:?\s+)?<?https?://\S+\s*$", re.IGNORECASE)
UNDERLINE = re.compile(r"^\s*([-=~^\"'`#*])\1{2,}\s*$")
# The tags that documentation uses; other angle brackets are type parameters.
HTML = re.compile(
    r"</?(?:a|abbr|b|blockquote|br|cite|code|dd|div|dl|dt|em|h[1-6]|i|img|kbd|li|ol|p|pre|samp|small|span|strong|sub|sup|"
    r"table|td|th|tr|tt|u|ul|var)(?:\s[^<>]*)?/?>",
    re.IGNORECASE,
)
RULES = (
    (re.compile(r"\{@(?:link|linkplain)\s+[^\s}]+\s+([^}]+)\}"), r"\1"),  # a link with a label
    (re.compile(r"\{@\w+\s+([^{}]*)\}"), r"\1"),  # {@code x}, {@link X}
    (re.compile(r"\{?@(?:inheritdoc|hide|internal)\}?", re.IGNORECASE), ""),
    (HTML, ""),
    (re.compile(r":[a-z]+(?::[a-z]+)?:`~?([^`<]+?)(?:\s*<[^`]*>)?`"), r"\1"),  # roles of reStructuredText
    (re.compile(r"``([^`]+)``"), r"\1"),
    (re.compile(r"`([^`]+)`_?"), r"\1"),
    (re.compile(r"(?<!\w)\+([\w.?!#:@]+)\+(?!\w)"), r"\1"),  # RDoc's code
    (re.compile(r"\[([^\]\[]+)\]\((?:https?:)?[^()\s]*\)"), r"\1"),  # links of Markdown
    (re.compile(r":(?:nodoc|yields?|doc|startdoc|stopdoc)::?.*$"), ""),
)
RETURNED = re.compile(
    r"^\s*[@:]returns?\b:?\s*(?:\{[^}]*\}+)?+[\s-]*+(?:returns?\s+)?(\w.+)$", re.IGNORECASE | re.MULTILINE
)
INDENTED = re.compile(r"^(?: {2,}|\t)\S")


def summary_of(documentation: str) -> str:
    """Return the first paragraph on one line; tags, sections, doctests and inline markup are taken off.

    Documentation that only says what is returned becomes ``Returns …``; where there is nothing, neither is here.
    """
    lines: list[str] = []
    for line in ANNOUNCED.sub("", documentation).split("\n"):
        if not line.strip() or LINK_ONLY.match(line):
            if lines:
                break
            continue
        if UNDERLINE.match(line):
            lines = lines[:-1]  # what stood above was a heading
            if lines:
                break
            continue
        if END.match(line) or (lines and INDENTED.match(line)):
            break
        lines.append(line.strip())
    text = plain(" ".join(lines))
    returned = None if text else RETURNED.search(documentation)
    return f"Returns {plain(returned[1])}" if returned else text


def plain(text: str) -> str:
    """Take inline markup off and make all space single."""
    text = " ".join(text.split())  # before the rules, which take long to go through long runs of space
    for pattern, replacement in RULES:
        text = pattern.sub(replacement, text)
    return " ".join(html.unescape(text).split())
