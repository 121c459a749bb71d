"""The section on why, from records made up by hand."""

import io
from pathlib import Path
from typing import Any

import pytest
from rich.console import Console

from graftwork.errors import InputError
from graftwork.report.analysis import print_analysis, why
from graftwork.report.build import build_report
from graftwork.report.view import View
from graftwork.results import analysis as a
from graftwork.results.analysis_file import ANALYSIS_FILE, write_analysis
from graftwork.results.folder import RunFolder
from tests.report.synthetic import ORDER, write_run

RUN: dict[str, Any] = {"approach": "hybrid", "order": ORDER, "seed": 1}
SHARED: dict[str, Any] = {**RUN, "approach": "hybrid-shared"}


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> RunFolder:
    """A run folder with an analysis of everything."""
    run = write_run(tmp_path_factory.mktemp("analysed") / "run", items=2)
    write_analysis(run.path / ANALYSIS_FILE, analysis())
    return run


def analysis() -> a.Analysis:
    place: dict[str, Any] = {"approach": "hybrid", "order": ORDER, "task": "python", "subset": "generated"}
    gains = {"lora": 0.1, "layer": -0.1, "together": 0.4, "whole": 0.4}
    interval: dict[str, Any] = {"ci_low": None, "ci_high": None, "seeds": 1}
    zero_shots = [
        a.ZeroShot(approach=name, order=order, seed=seed, adapter=adapter, task=task, subset=subset, metric=metric,
                   value=value, n=4)
        for name, order, seed, adapter in (("base", None, None, None), ("hybrid", ORDER, 1, "python"))
        for task in ("python", "javascript")
        for subset, metric in (("generated", "exact_match"), ("generated", "loss"), ("mined", "loss"))
        for value in [3.5 if name == "base" else 1.25]
    ]  # fmt: skip
    knock_outs = [
        a.KnockOut(**RUN, **{"acts": acts}, task="python", subset="mined", metric="loss", part=part, value=value, n=4)
        for acts, part, value in (
            ("whole", "", 1.0),
            ("without", "layer", 3.25),
            ("without place", "lora in encoder", 2.0),
        )
    ]  # fmt: skip
    return a.Analysis(
        settings=a.Settings(items=4, replay_steps=2, seeds=(1,)),
        finished=True,
        zero_shots=tuple(zero_shots),
        knock_outs=tuple(knock_outs),
        shares=tuple(
            a.Share(**place, metric="exact_match", part=part, mean=mean, share=mean / 0.4, **interval)
            for part, mean in gains.items()
        ),
        updates=(
            a.UpdateSize(**RUN, task="python", component="lora", stack="encoder", block=0, parameters=100, start=2,
                         update=3, added=1, weights=8),
            a.UpdateSize(**RUN, task="python", component="lora", stack="encoder", block=1, parameters=100, start=0,
                         update=4, added=0, weights=6),
        ),
        gradients=(
            a.Gradients(**RUN, task="python", component="lora", stack="encoder", parameters=9, replayed=(3, 4),
                        trained=(0.5,)),
            a.Gradients(**RUN, task="python", component="lora", stack="decoder", parameters=9, replayed=(4, 3),
                        trained=(0,)),
        ),
        replays=(a.Replay(**RUN, task="python", steps=2, of=9, difference=0),),
        similarities=tuple(
            a.Similarity(**RUN, task="python", stack="decoder", block=block, cka=cka, positions=9)
            for block, cka in ((0, 1.0), (1, 0.25))
        ),
        overlaps=(
            a.Overlap(approach="hybrid", order=ORDER, between="tasks", a="python, 1", b="javascript, 1",
                      component="lora", place="decoder.block.1.layer.0.SelfAttention.q", kind="subspace", value=0.125,
                      first=0.5, chance=0.0625),
            a.Overlap(approach="hybrid", order=ORDER, between="tasks", a="python, 1", b="javascript, 1",
                      component="layer", place=None, kind="cosine", value=-0.25, chance=0),
        ),
        interpolations=tuple(
            a.InterpolationPoint(**SHARED, before="python", after="javascript", alpha=alpha, task=task,
                                 subset="generated", loss=loss, n=4)
            for task, losses in (("python", (1.0, 1.25, 3.0)), ("javascript", (3.0, 1.25, 1.0)))
            for alpha, loss in zip((0.0, 0.5, 1.0), losses, strict=True)
        ),
    )  # fmt: skip


def said(folder: RunFolder) -> dict[str, str]:
    found = why(View(folder.read_results()), folder)
    assert found is not None
    return {part.id: " ".join(part.said).replace("\u00a0", " ") for part in found.parts}


def test_every_analysis_has_a_part(folder: RunFolder) -> None:
    parts = ["knock-out", "zero-shot", "similarity", "overlap", "update", "gradient", "interpolation"]
    assert list(said(folder)) == parts


def test_gains_are_told_by_what_they_are_owed_to(folder: RunFolder) -> None:
    sentence = said(folder)["knock-out"]
    assert "hybrid on python, generated: +40.0 percentage points of exact match" in sentence
    assert "lora alone +10.0 (25 %), layer alone −10.0 (−25 %), together +40.0 (100 %)" in sentence


def test_help_on_other_tasks_is_counted(folder: RunFolder) -> None:
    assert "in 2 of 2 cases" in said(folder)["zero-shot"]


def test_the_states_farthest_from_the_base_are_named(folder: RunFolder) -> None:
    assert said(folder)["similarity"] == (
        "On python, the states farthest from the base's are those of hybrid behind decoder 2: 0.25."
    )


def test_overlap_stands_beside_that_of_chance(folder: RunFolder) -> None:
    assert "φ 0.12 on average over layers, where chance gives 0.06" in said(folder)["overlap"]


def test_a_true_replay_is_said_to_be_one(folder: RunFolder) -> None:
    assert "2 of 9 steps" in said(folder)["gradient"]
    assert "in 1 of 1 trainings the replay's losses are those recorded, to the last bit" in said(folder)["gradient"]


def test_the_best_mixture_is_named(folder: RunFolder) -> None:
    sentence = said(folder)["interpolation"]
    assert "the mixture at 0.5 serves both tasks best (mean loss 1.250, at the better end 2.000)" in sentence


def test_norms_of_blocks_are_put_together_as_norms(folder: RunFolder) -> None:
    found = why(View(folder.read_results()), folder)
    assert found is not None
    (row,) = next(part for part in found.parts if part.id == "update").tables[0].rows
    assert row[3:6] == ("200", "5", "354")  # √(3² + 4²), 1000 · 5 / √200
    assert row[6].replace("\u00a0", " ") == "250 %"
    assert row[7].replace("\u00a0", " ") == "10.0 %"


def test_the_report_has_the_section_and_says_what_it_cannot_tell(folder: RunFolder) -> None:
    build_report(folder.path)
    for file in (folder.report_html, folder.report_markdown):
        text = file.read_text("utf-8")
        assert text.count("It cannot tell") == 7
        assert "Not analysed yet" not in text


def test_without_an_analysis_one_line_says_how_to_make_it(tmp_path: Path) -> None:
    run = write_run(tmp_path / "plain", items=1)
    build_report(run.path)
    text = run.report_html.read_text("utf-8")
    assert "Not analysed yet: graftwork analyze plain" in text
    assert "It cannot tell" not in text


def test_a_damaged_analysis_is_bad_input(tmp_path: Path) -> None:
    run = write_run(tmp_path / "run", items=1)
    (run.path / ANALYSIS_FILE).write_text('{"analysis_version": 99}')
    with pytest.raises(InputError, match="analysis_version is 99"):
        build_report(run.path)


def test_the_terminal_gets_the_findings(folder: RunFolder) -> None:
    console = Console(record=True, width=200, file=io.StringIO())
    print_analysis(folder, console)
    assert "serves both tasks best" in console.export_text()
