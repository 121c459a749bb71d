import re

import pytest

from graftwork.data.problems.pieces import (
    BASES,
    CHANGES,
    COMBINATIONS,
    DESCENTS,
    GUARDS,
    OUTPUTS,
    REMEMBERING,
    RULES,
    SKIP,
    STOP,
    TALLIES,
    WALKS,
    Memory,
    Piece,
)

OF_LOOPS = (*WALKS, *CHANGES, *GUARDS, *REMEMBERING, *TALLIES, *RULES, *OUTPUTS)
PIECES = (*OF_LOOPS, *DESCENTS, *BASES, *COMBINATIONS)
each_piece = pytest.mark.parametrize("piece", PIECES, ids=lambda piece: piece.name)
BY_NAME = {piece.name: piece for piece in PIECES}


def test_no_piece_hides_another_of_its_name() -> None:
    assert len(BY_NAME) == len(PIECES)


@each_piece
def test_the_parameter_is_said_and_written_exactly_when_there_is_one(piece: Piece) -> None:
    takes_one = piece.parameters != (None,)
    assert all(("{k}" in phrase) == takes_one for phrase in piece.phrases)
    if piece not in OUTPUTS:
        assert any(re.search(r"\bK\b", line) for line in piece.code) == takes_one


def walked(piece: Piece, items: list[int], k: int | None = None) -> list[object]:
    memory: Memory = {}
    return [piece.apply(item, k, memory) for item in items]


@pytest.mark.parametrize(
    ("name", "items", "k", "expected"),
    [
        ("times_place", [5, 5, 5], None, [5, 10, 15]),
        ("alternate_sign", [1, 2, 3], None, [1, -2, 3]),
        ("difference", [3, 7, 6], None, [3, 4, -1]),
        ("every_other", [1, 2, 3], None, [1, SKIP, 3]),
        ("first_few", [1, 2, 3], 2, [1, 2, STOP]),
        ("rising", [-1, 2, 2, 3], None, [SKIP, 2, SKIP, 3]),
        ("skip_above", [3, 4], 3, [3, SKIP]),
        ("stop_below", [3, 2], 3, [3, STOP]),
        ("subtract_from", [3, 12], 5, [2, -7]),
    ],
)
def test_pieces_on_items_do_what_they_say(name: str, items: list[int], k: int | None, expected: list[object]) -> None:
    assert walked(BY_NAME[name], items, k) == expected


@pytest.mark.parametrize(
    ("name", "given", "k", "expected"),
    [
        ("walk_numbers", [3, -1], None, [3, -1]),
        ("walk_lengths", ["tea", ""], None, [3, 0]),
        ("walk_digits", 120, None, [0, 2, 1]),
        ("walk_digits", 0, None, []),
        ("walk_letters", "tea", "e", [-1, 1, -1]),
    ],
)
def test_walks_give_the_items_they_say(name: str, given: object, k: object, expected: list[int]) -> None:
    assert list(BY_NAME[name].apply(given, k)) == expected


@pytest.mark.parametrize(
    ("name", "expected"),
    [
        ("final_tally", 4),
        ("highest_tally", 6),
        ("count_tallies_above", 2),
        ("list_tallies", [-2, 6, 4]),
        ("list_items_at_even", [1, 2, 3]),
    ],
)
def test_outputs_are_taken_from_the_way(name: str, expected: object) -> None:
    assert BY_NAME[name].apply(4, [(1, -2), (2, 6), (3, 4)], 3) == expected


@pytest.mark.parametrize("descent", DESCENTS, ids=lambda piece: piece.name)
def test_every_descent_ends(descent: Piece) -> None:
    given = {"numbers": [1, 2, 3, 4, 5], "words": ["a", "to"], "number": 25}[descent.source]
    for k in descent.parameters:
        rest: object = given
        for _ in range(30):
            taken = descent.apply(rest, k)
            if taken is None:
                break
            rest = taken[1]
        assert taken is None
