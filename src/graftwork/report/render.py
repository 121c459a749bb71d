"""From the page to files: HTML and Markdown by templates that escape every value."""

import base64
import hashlib
from importlib.resources import files

from jinja2 import Environment, PackageLoader, StrictUndefined
from markupsafe import Markup, escape

from graftwork.report.page import Page

__all__ = ["render_html", "render_markdown"]


def render_html(page: Page) -> str:
    """Return the report as one HTML document that needs nothing outside itself.

    Its content security policy lets exactly two scripts run, ours, by hash; text from models can only be shown.
    """
    scripts = ["\n".join(map(_template_text, names)) for names in (_HEAD, _END)]
    template = _templates().get_template("report.html")
    return template.render(
        page=page,
        style=Markup(_template_text("report.css")),
        head_script=Markup(scripts[0]),
        script=Markup(scripts[1]),
        digests=[base64.b64encode(hashlib.sha256(script.encode()).digest()).decode() for script in scripts],
    )


_HEAD = ("theme.js",)
"""What runs before anything is drawn."""
_END = ("elements.js", "sort.js", "filter.js", "heat.js", "compare.js", "examples.js")
"""What runs when all is there; one script, each file a part of it."""


def render_markdown(page: Page) -> str:
    """Return the report's text and tables as Markdown."""
    return _templates().get_template("report.md").render(page=page)


def _templates() -> Environment:
    environment = Environment(
        loader=PackageLoader("graftwork.report", "templates"),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    environment.policies["json.dumps_kwargs"] = {"ensure_ascii": False, "separators": (",", ":")}
    environment.filters["svg"] = Markup
    environment.filters["markdown"] = _markdown
    return environment


def _template_text(name: str) -> str:
    return files("graftwork.report").joinpath("templates", name).read_text(encoding="utf-8")


def _markdown(text: str) -> Markup:
    """Escape text for a table cell or a sentence of Markdown: neither markup nor HTML in it takes effect."""
    flat = " ".join(text.split("\n"))
    for character in "\\`*_[]|#~":
        flat = flat.replace(character, f"\\{character}")
    return escape(flat)
