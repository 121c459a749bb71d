import pytest

from graftwork.report import heatmaps
from graftwork.report.heatmaps import HeatMap, heat_sections
from graftwork.report.view import View


def heat_map(view: View, subset: int, metric: str, approach: str) -> HeatMap:
    group = next(group for group in heat_sections(view)[subset].groups if group.label == metric)
    return next(found for found in group.maps if found.caption == approach)


def test_there_is_a_section_for_each_subset_and_a_group_for_each_metric(view: View) -> None:
    sections = heat_sections(view)
    assert [(section.subset, len(section.groups)) for section in sections] == [("generated", 12), ("mined", 12)]


def test_rows_are_moments_and_columns_tasks(view: View) -> None:
    found = heat_map(view, 0, "exact match", "lora")
    assert ([moment for moment, _ in found.rows], found.tasks) == (
        ["base", "after python", "after javascript"],
        ("python", "javascript"),
    )


def test_the_task_just_trained_is_marked(view: View) -> None:
    found = heat_map(view, 0, "exact match", "lora")
    assert [[cell.just_trained for cell in cells] for _, cells in found.rows] == [
        [False] * 2,
        [True, False],
        [False, True],
    ]


def test_the_best_score_has_the_strongest_shade(view: View) -> None:
    found = heat_map(view, 0, "exact match", "hybrid")
    assert (found.rows[0][1][0].shade, found.rows[1][1][0].shade) == (0, 10)


def test_of_a_loss_the_lowest_has_the_strongest_shade(view: View) -> None:
    found = heat_map(view, 1, "validation loss", "sequential")
    assert (found.rows[0][1][0].shade, found.rows[1][1][0].shade) == (0, 10)


def test_what_is_not_there_is_a_dash_without_a_shade(unfinished: View) -> None:
    cell = heat_map(unfinished, 0, "exact match", "hybrid").rows[2][1][0]
    assert (cell.text, cell.shade) == ("–", None)


def test_an_undefined_score_is_a_dash(view: View) -> None:
    assert heat_map(view, 0, "cyclomatic complexity", "lora").rows[0][1][0].text == "–"


def test_seeds_give_a_margin(view_of_three: View) -> None:
    assert heat_map(view_of_three, 0, "exact match", "lora").rows[1][1][0].margin.startswith("± ")


def test_a_very_large_study_shows_its_headlines_and_names_the_rest(view: View, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(heatmaps, "_ROOM_CELLS", 100)
    section = heat_sections(view)[0]
    assert [group.label for group in section.groups] == ["exact match"]
    assert len(section.left_out) == 11
