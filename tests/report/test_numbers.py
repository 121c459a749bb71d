import pytest

from graftwork.report import numbers


def plain(text: str) -> str:
    return text.replace("\u00a0", " ")


@pytest.mark.parametrize(
    ("value", "text"),
    [(0, "0"), (950, "950"), (1000, "1.00 k"), (415_744, "416 k"), (999_600, "1.00 M"), (60_492_288, "60.5 M")],
)
def test_counts_have_three_digits_and_a_unit(value: float, text: str) -> None:
    assert plain(numbers.short_count(value)) == text


def test_whole_counts_are_grouped() -> None:
    assert numbers.count(60_492_288) == "60,492,288"


def test_bytes_have_decimal_units() -> None:
    assert [plain(numbers.bytes_text(n)) for n in (12, 3_200_000)] == ["12 B", "3.20 MB"]


@pytest.mark.parametrize(
    ("seconds", "text"),
    [(0.04, "0.0 s"), (9.94, "9.9 s"), (9.96, "10 s"), (59.6, "1 min 00 s"), (200, "3 min 20 s"), (7500, "2 h 05 min")],
)
def test_durations_are_told_as_people_do(seconds: float, text: str) -> None:
    assert plain(numbers.duration(seconds)) == text


@pytest.mark.parametrize(("fraction", "text"), [(1.0, "100 %"), (0.0773, "7.7 %"), (0.0043, "0.43 %"), (0, "0.00 %")])
def test_shares_keep_their_meaningful_digits(fraction: float, text: str) -> None:
    assert plain(numbers.share(fraction)) == text


def test_rates_are_whole() -> None:
    assert numbers.rate_text(1240.4) == "1,240/s"
