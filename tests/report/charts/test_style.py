import re
import warnings

import pytest
from matplotlib.axes import Axes

from graftwork.report.charts.style import INK, draw, series


def plot(axes: Axes) -> None:
    axes.plot([0, 1], [0, 1], color=series(0).color, marker="o", label="x")
    axes.set_xlabel("cost $5 and $6")
    axes.grid()


def test_the_same_plot_gives_the_same_text() -> None:
    assert draw("a", (3, 2), plot) == draw("a", (3, 2), plot)


def test_ids_of_two_charts_differ() -> None:
    first, second = (set(re.findall(r'id="([^"]+)"', draw(name, (3, 2), plot))) for name in ("a", "b"))
    assert first
    assert not first & second


def test_colours_are_the_pages() -> None:
    svg = draw("a", (3, 2), plot)
    assert "var(--series-0)" in svg
    assert INK not in svg


def test_a_chart_is_one_element_without_date_or_size() -> None:
    svg = draw("a", (3, 2), plot)
    assert svg.startswith('<svg viewBox="0 0 216 144"')
    assert svg.endswith("</svg>")
    assert "metadata" not in svg


def test_text_is_text_and_no_formula() -> None:
    assert "cost $5 and $6" in draw("a", (3, 2), plot)


def test_markup_in_a_name_stays_text() -> None:
    assert "<script>" not in draw("a", (3, 2), lambda axes: axes.set_xlabel("<script>"))


def test_a_script_that_the_font_lacks_is_drawn_without_a_warning() -> None:
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        assert "漢字" in draw("a", (3, 2), lambda axes: axes.set_xlabel("漢字"))


def test_twenty_one_approaches_look_different() -> None:
    looks = [(look.variable, look.marker, look.dash) for look in map(series, range(21))]
    assert len(set(looks)) == 21


@pytest.mark.parametrize("index", range(7))
def test_neighbours_differ_in_colour_and_marker(index: int) -> None:
    one, other = series(index), series(index + 1)
    assert one.marker != other.marker
    assert one.color != other.color
