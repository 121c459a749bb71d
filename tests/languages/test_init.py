import pytest

from graftwork.errors import InputError
from graftwork.languages import get_language, language_names


def test_every_name_gives_the_language_of_that_name() -> None:
    assert [get_language(name).name for name in language_names()] == list(language_names())


def test_an_unknown_name_gets_the_nearest_one() -> None:
    with pytest.raises(InputError, match="unknown language 'pyton'; did you mean 'python'"):
        get_language("pyton")
