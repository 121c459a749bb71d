import pytest

from graftwork.report import duel
from graftwork.report.comparisons import written
from graftwork.report.duel import Duels, collect_duels, leading_pair
from graftwork.report.measures import measure
from graftwork.report.view import View


def collect(view: View) -> Duels:
    found = collect_duels(view)
    assert found is not None
    return found


def test_every_recorded_difference_is_there_as_the_tables_write_it(view_of_three: View) -> None:
    data = collect(view_of_three).data
    record = next(row for row in view_of_three.results.comparisons if row.verdict != "not tested")
    place = next(
        number
        for number, place in enumerate(data["places"])
        if (place["subset"], place["metric"]) == (record.subset, measure(record.metric).label)
        and place["statistic"] == {"average": "final average"}.get(record.statistic, record.statistic)
    )
    key = [data["approaches"].index(record.a), data["approaches"].index(record.b), place]
    (row,) = [row for row in data["rows"] if row[:3] == key]
    verdict, *cells = written(measure(record.metric), record)
    assert (data["verdicts"][row[3]], row[4:]) == (verdict, cells)
    assert len(data["rows"]) == len(view_of_three.results.comparisons)


def test_headlines_come_first(view_of_three: View) -> None:
    places = collect(view_of_three).data["places"]
    assert [(place["subset"], place["metric"]) for place in places[:4:2]] == [
        ("generated", "exact match"),
        ("mined", "validation loss"),
    ]


def test_it_begins_with_the_two_that_learned_most(view: View) -> None:
    ends = {a: found.mean for a in view.approaches if (found := view.summary(a, view.headlines[0], "average"))}
    assert leading_pair(view) == sorted(ends, key=lambda approach: -ends[approach])[:2]


def test_what_finds_no_room_is_told(view_of_three: View, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(duel, "_MOST", 10)
    found = collect(view_of_three)
    assert found.headline_only
    assert {(place["subset"], place["metric"]) for place in found.data["places"]} == {
        ("generated", "exact match"),
        ("mined", "validation loss"),
    }


def test_without_differences_there_is_nothing_to_compare(bare: View) -> None:
    assert collect_duels(bare) is None
