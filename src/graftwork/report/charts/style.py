"""How every chart looks: small, calm, and coloured by the page, so that it follows light and dark mode.

matplotlib writes fixed colours. Charts are drawn in marker colours that occur nowhere else, and these become CSS
variables of the page afterwards. Series differ by colour, dash and marker together, so colour alone never decides.
"""

import io
import re
import warnings
from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING, final

from graftwork.report.tables import EVERYTHING, About

if TYPE_CHECKING:
    from matplotlib.axes import Axes

__all__ = ["DISTINCT", "GRID", "INK", "MUTED", "SURFACE", "Chart", "Series", "draw", "mark", "series"]

INK, MUTED, GRID, SURFACE = "#010203", "#010204", "#010205", "#010206"
_COLORS = tuple(f"#0102{number:02x}" for number in range(16, 23))
_VARIABLES = {INK: "--ink", MUTED: "--muted", GRID: "--line", SURFACE: "--surface"} | {
    color: f"--series-{number}" for number, color in enumerate(_COLORS)
}
# matplotlib's name of each marker, and its outline for the legend, in a box of 28 by 10.
_MARKERS = {
    "o": "M10.5 5a3.5 3.5 0 1 0 7 0a3.5 3.5 0 1 0-7 0Z",
    "s": "M11 2h6v6h-6Z",
    "^": "M14 1l4 7.5h-8Z",
    "D": "M14 .5l4.5 4.5l-4.5 4.5l-4.5-4.5Z",
    "v": "M14 9l4-7.5h-8Z",
    "P": "M12.7 1h2.6v2.7h2.7v2.6h-2.7v2.7h-2.6v-2.7h-2.7v-2.6h2.7Z",
    "X": "M11.5 1l2.5 2.5l2.5-2.5l1.5 1.5l-2.5 2.5l2.5 2.5l-1.5 1.5l-2.5-2.5l-2.5 2.5l-1.5-1.5l2.5-2.5l-2.5-2.5Z",
}
_DASHES: tuple[tuple[float, ...], ...] = ((), (5, 2), (1.5, 1.5))

_RC = {
    "font.size": 8.5,
    "svg.fonttype": "none",
    "text.parse_math": False,
    "axes.edgecolor": GRID,
    "axes.labelcolor": MUTED,
    "axes.titlesize": 9.5,
    "axes.spines.top": False,
    "axes.spines.right": False,
    "axes.unicode_minus": True,
    "xtick.color": MUTED,
    "ytick.color": MUTED,
    "text.color": INK,
    "grid.color": GRID,
    "grid.linewidth": 0.6,
    "xtick.major.size": 0,
    "ytick.major.size": 0,
}


@final
@dataclass(frozen=True)
class Chart:
    """A finished chart: heading, what it shows in words (``; `` between parts), an SVG element, a legend of its own.

    ``about`` is what the whole chart is about; inside it, ``mark`` says which approach a line or bar belongs to.
    """

    title: str
    description: str
    svg: str
    legend: tuple[tuple[str, "Series"], ...] = ()
    about: About = EVERYTHING

    @property
    def parts(self) -> tuple[tuple[str, str], ...]:
        """The description as what each part is about (the words before its colon) and the part itself."""
        return tuple((part.partition(":")[0], part) for part in self.description.split("; "))


@final
@dataclass(frozen=True)
class Series:
    """How one approach is drawn in every chart: ``color`` and ``marker`` for matplotlib, the rest for the page."""

    color: str
    variable: str
    marker: str
    outline: str
    dash: tuple[float, ...]


DISTINCT = len(_COLORS)
"""So many neighbouring approaches differ in colour alone."""


def series(index: int) -> Series:
    """Return the look of the ``index``-th approach; 21 are distinct."""
    color = _COLORS[index % len(_COLORS)]
    dash = _DASHES[index // len(_COLORS) % len(_DASHES)]
    marker, outline = list(_MARKERS.items())[index % len(_MARKERS)]
    return Series(color, _VARIABLES[color], marker, outline, dash)


def mark(index: int) -> str:
    """Return the ``gid`` of all that is drawn of the ``index``-th approach; the page can then pick it out."""
    return f"{_MARK}{index}"


_MARK = "approach-"


def draw(name: str, size: tuple[float, float], plot: Callable[["Axes"], object]) -> str:
    """Draw one chart and return it as an SVG element; the same data gives the same text.

    Args:
        name: unique on the page; it prefixes every id inside.
        size: width and height in inches; the page scales it to the width it has.
        plot: draws into the axes it is given.
    """
    import matplotlib
    from matplotlib.figure import Figure

    with matplotlib.rc_context({**_RC, "svg.hashsalt": name}), warnings.catch_warnings():
        # A name in a script that the measuring font lacks is still drawn, by the reader's own fonts.
        warnings.filterwarnings("ignore", message="Glyph .* missing from")
        figure = Figure(figsize=size, layout="constrained")
        plot(figure.add_subplot())
        buffer = io.StringIO()
        metadata = dict.fromkeys(("Creator", "Date", "Format", "Type"))
        figure.savefig(buffer, format="svg", transparent=True, metadata=metadata)
    return _for_page(buffer.getvalue(), name)


def _for_page(document: str, name: str) -> str:
    """Cut the SVG element out of the document, make its ids unique, and hand its colours and fonts to the page."""
    svg = document[document.index("<svg") :]
    svg = re.sub(r"<metadata>.*?</metadata>", "", svg, flags=re.DOTALL)
    svg = re.sub(r"<!--.*?-->\s*", "", svg, flags=re.DOTALL)
    svg = re.sub(rf'\bid="{_MARK}(\d+)"', r'data-series="\1"', svg)
    svg = re.sub(r'(\bid="|href="#|url\(#)', rf"\1{name}-", svg)
    svg = re.sub(r'<svg [^>]*?(viewBox="[^"]*")[^>]*>', r'<svg \1 aria-hidden="true">', svg, count=1)
    svg = re.sub(r"font: (\w* ?)([\d.]+px) [^;\"]*", r"font-size: \2", svg)
    for color, variable in _VARIABLES.items():
        svg = svg.replace(color, f"var({variable})")
    return svg.strip()
