"""The colours of the page, computed from its own variables: readable in both modes, also for colour-blind readers."""

import re
from importlib.resources import files
from itertools import combinations

import numpy as np
import pytest

CSS = files("graftwork.report").joinpath("templates/report.css").read_text()
PAIRS = dict(re.findall(r"(--[\w-]+): light-dark\((#\w{6}, #\w{6})\)", CSS))
MODES = {
    mode: {name: pair.split(", ")[index] for name, pair in PAIRS.items()}
    for index, mode in enumerate(["light", "dark"])
}
SERIES = [f"--series-{number}" for number in range(7)]
# Machado, Oliveira & Fernandes 2009 (https://doi.org/10.1109/TVCG.2009.113), severity 1.
BLINDNESS = {
    "protanopia": [[0.152286, 1.052583, -0.204868], [0.114503, 0.786281, 0.099216], [-0.003882, -0.048116, 1.051998]],
    "deuteranopia": [[0.367322, 0.860646, -0.227968], [0.280085, 0.672501, 0.047413], [-0.011820, 0.042940, 0.968881]],
}


def linear(color: str) -> np.ndarray:
    """A colour such as ``#1c2126`` in linear light."""
    values = np.array([int(color[place : place + 2], 16) for place in (1, 3, 5)]) / 255
    return np.where(values <= 0.04045, values / 12.92, ((values + 0.055) / 1.055) ** 2.4)


def contrast(one: str, other: str) -> float:
    """WCAG 2.2 contrast ratio."""
    high, low = sorted((float(linear(color) @ [0.2126, 0.7152, 0.0722]) for color in (one, other)), reverse=True)
    return (high + 0.05) / (low + 0.05)


def lab(light: np.ndarray) -> np.ndarray:
    """Linear light as CIELAB, D65."""
    to_xyz = np.array([[0.4124, 0.3576, 0.1805], [0.2126, 0.7152, 0.0722], [0.0193, 0.1192, 0.9505]])
    xyz = to_xyz @ np.clip(light, 0, 1) / [0.9505, 1.0, 1.089]
    f = np.where(xyz > 216 / 24389, np.cbrt(xyz), (24389 / 27 * xyz + 16) / 116)
    return np.array([116 * f[1] - 16, 500 * (f[0] - f[1]), 200 * (f[1] - f[2])])


@pytest.mark.parametrize("mode", MODES)
def test_text_has_a_contrast_of_four_and_a_half(mode: str) -> None:
    colors = MODES[mode]
    texts = [
        (text, ground)
        for text in ("--ink", "--muted", "--accent", "--good", "--bad")
        for ground in ("--surface", "--raised")
    ]
    texts += [("--ink", "--warn"), ("--ink", "--info"), ("--ink", "--mark")]
    texts += [("--dark-text" if shade < 6 else "--light-text", f"--h{shade}") for shade in range(11)]
    weak = {pair: ratio for pair in texts if (ratio := contrast(*(colors[name] for name in pair))) < 4.5}
    assert weak == {}


@pytest.mark.parametrize("mode", MODES)
def test_marks_have_a_contrast_of_three(mode: str) -> None:
    colors = MODES[mode]
    weak = {name: ratio for name in SERIES if (ratio := contrast(colors[name], colors["--surface"])) < 3}
    assert weak == {}


@pytest.mark.parametrize("mode", MODES)
@pytest.mark.parametrize("kind", BLINDNESS)
def test_neighbouring_series_differ_for_colour_blind_readers(mode: str, kind: str) -> None:
    seen = [lab(np.array(BLINDNESS[kind]) @ linear(MODES[mode][name])) for name in SERIES]
    distances = {(a, b): float(np.linalg.norm(seen[a] - seen[b])) for a, b in combinations(range(7), 2)}
    assert min(distances.values()) > 15, distances
