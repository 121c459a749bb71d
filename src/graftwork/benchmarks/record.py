"""What a run of the benchmarks leaves behind: ``bench.json`` and a chart of the ratios."""

from collections.abc import Sequence
from pathlib import Path

import torch

from graftwork.benchmarks.harness import Measurement, Scale
from graftwork.files import whole_file, write_json
from graftwork.results.environment import collect_environment

__all__ = ["write_record"]


def write_record(folder: Path, measurements: Sequence[Measurement], scale: Scale) -> None:
    """Write ``bench.json`` (environment, scale, measurements) and ``bench.svg`` (ratios and what they are to be).

    Raises:
        NoSpaceError: the disk is full or the folder cannot be written.
    """
    device = torch.cuda.get_device_name() if torch.cuda.is_available() else "cpu"
    record = {
        "scale": scale,
        "environment": collect_environment(device).model_dump(mode="json"),
        "measurements": [one.model_dump(mode="json") for one in measurements],
    }
    write_json(folder / "bench.json", record)
    compared = [one for one in measurements if one.ratio is not None]
    if compared:
        _draw(folder / "bench.svg", compared)


def _draw(path: Path, measurements: Sequence[Measurement]) -> None:
    """Bars of the ratios on a logarithmic axis, each with a mark where it is to be at least."""
    import matplotlib
    from matplotlib.figure import Figure

    with matplotlib.rc_context({"svg.hashsalt": "bench", "svg.fonttype": "none", "font.size": 9}):
        figure = Figure(figsize=(8, 0.6 + 0.3 * len(measurements)), layout="constrained")
        axes = figure.add_subplot()
        places = range(len(measurements))
        colors = ["#b3403a" if one.reached is False else "#2f6f9f" for one in measurements]
        axes.barh(places, [one.ratio or 0.0 for one in measurements], color=colors, height=0.6)
        reaches = [(place, one.reach) for place, one in enumerate(measurements) if one.reach is not None]
        axes.scatter([reach for _, reach in reaches], [place for place, _ in reaches], marker="|", s=160, color="black")
        axes.axvline(1, color="gray", linewidth=0.8)
        axes.set_xscale("log")
        axes.set_xlabel("times better than the peer (line: what it is to be at least)")
        axes.set_yticks(places, [one.name for one in measurements])
        axes.invert_yaxis()
        with whole_file(path) as aside:
            figure.savefig(aside, format="svg", metadata=dict.fromkeys(("Creator", "Date")))
