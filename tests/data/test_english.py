import pytest

from graftwork.data.english import is_english


@pytest.mark.parametrize(
    "text",
    [
        "Return the number of items.",
        "Parse header lines.",
        "See https://example.org/der/die/das for the format.",
        "Encode café as UTF-8 in the given buffer, without a mark.",
    ],
)
def test_english_passes(text: str) -> None:
    assert is_english(text)


@pytest.mark.parametrize(
    "text",
    [
        "",
        "1234 -> 5",
        "获取当前用户的名称",
        "Возвращает список элементов",
        "Liefert die Anzahl der Elemente zurück.",
        "Retourne le nombre des lignes dans la table.",
        "Devuelve el nombre del archivo para la carpeta.",
        "Restituisce il nome della tabella.",
        "Retorna uma lista com os nomes.",
    ],
)
def test_other_languages_do_not(text: str) -> None:
    assert not is_english(text)
