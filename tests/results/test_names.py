import pytest

from graftwork.errors import InputError
from graftwork.results.names import Cell, check_approach, check_name, order_name, order_tasks


@pytest.mark.parametrize("name", ["python", "o-lora", "lora.16", "C99", "a" * 64])
def test_plain_names_are_taken(name: str) -> None:
    assert check_name(name, "here") == name


@pytest.mark.parametrize(
    "name", ["", "..", ".hidden", "a/b", "a\\b", "a+b", "a>b", "a b", "a\n", "a__b", "a.", "base", "CON", "a" * 65, "é"]
)
def test_names_that_could_do_harm_are_refused(name: str) -> None:
    with pytest.raises(InputError, match="here: cannot use the name"):
        check_name(name, "here")


def test_an_order_is_its_tasks_joined_by_plus() -> None:
    assert order_name(("python", "javascript")) == "python+javascript"


def test_an_orders_name_gives_its_tasks_back() -> None:
    assert order_tasks(order_name(("python", "javascript"))) == ("python", "javascript")


def test_a_cell_is_told_in_words() -> None:
    assert str(Cell("lora", "python+go", 3)) == "lora, python+go, seed 3"


def test_pinned_versions_have_the_name_of_their_approach_and_a_mark() -> None:
    cell = Cell("hybrid-shared", "python+go", 3)
    assert cell.pinned == Cell("hybrid-shared@pinned", "python+go", 3)
    assert check_approach(cell.pinned.approach) == "hybrid-shared@pinned"


@pytest.mark.parametrize("name", ["a@other", "@pinned", "../x@pinned", "a@pinned@pinned"])
def test_no_other_mark_is_taken(name: str) -> None:
    with pytest.raises(InputError, match="approach: cannot use the name"):
        check_approach(name)


def test_a_recipe_cannot_name_pinned_versions() -> None:
    with pytest.raises(InputError, match="cannot use the name 'a@pinned'"):
        check_name("a@pinned", "approach")
