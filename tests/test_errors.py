import pytest

from graftwork.errors import GraftworkError, InputError, IsolationError, NoSpaceError, StudyError, nearest


@pytest.mark.parametrize(
    ("error", "text"),
    [
        (InputError("unknown key 'seed'"), "unknown key 'seed'"),
        (InputError("unknown key 'seed'", "a.yaml"), "a.yaml: unknown key 'seed'"),
        (InputError("unknown key 'seed'", None, "did you mean 'seeds'?"), "unknown key 'seed'; did you mean 'seeds'?"),
        (
            InputError("unknown key 'seed'", "a.yaml", "did you mean 'seeds'?"),
            "a.yaml: unknown key 'seed'; did you mean 'seeds'?",
        ),
    ],
)
def test_wrong_input_says_where_what_and_what_would_be_right(error: InputError, text: str) -> None:
    assert str(error) == text


def test_the_parts_of_the_message_are_kept() -> None:
    error = InputError("what", "where", "right")
    assert (error.what, error.where, error.right) == ("what", "where", "right")


def test_exit_codes_are_those_of_the_command_line() -> None:
    codes = {kind: kind.exit_code for kind in (GraftworkError, StudyError, IsolationError, InputError, NoSpaceError)}
    assert codes == {GraftworkError: 1, StudyError: 1, IsolationError: 1, InputError: 2, NoSpaceError: 2}


def test_an_error_can_be_caught_as_what_it_is() -> None:
    assert issubclass(NoSpaceError, InputError)
    assert issubclass(IsolationError, StudyError)
    assert not issubclass(InputError, StudyError)
    assert not issubclass(InputError, ValueError)  # pydantic would swallow one raised in a validator


def test_a_near_name_is_suggested() -> None:
    assert nearest("seed", ["epochs", "seeds", "tasks"]) == "did you mean 'seeds'?"


def test_with_nothing_near_all_names_are_listed_in_order() -> None:
    assert nearest("x", iter(["tasks", "epochs"])) == "known are epochs, tasks"
