import pytest
import tree_sitter

from graftwork.languages import get_language, language_names
from graftwork.languages.data_flow import DataFlow

DESCRIBED = ("python", "javascript", "typescript", "java", "go")


def described(language: str) -> DataFlow:
    data_flow = get_language(language).data_flow
    assert data_flow is not None
    return data_flow


def test_the_languages_with_data_flow_are_these() -> None:
    assert {name for name in language_names() if get_language(name).data_flow is not None} == set(DESCRIBED)


@pytest.mark.parametrize("language", DESCRIBED)
def test_every_type_of_node_is_one_of_the_grammar(language: str) -> None:
    grammar, flow = tree_sitter.Language(get_language(language).grammar()), described(language)
    sets = (flow.branches, flow.loops, flow.updates, flow.heads, flow.first, flow.lists, flow.strings)
    types = {*flow.defines, *flow.assigns, *(kind for kinds in sets for kind in kinds)}
    assert [kind for kind in types if grammar.id_for_node_kind(kind, True) is None] == []


@pytest.mark.parametrize("language", DESCRIBED)
def test_every_field_is_one_of_the_grammar(language: str) -> None:
    grammar, flow = tree_sitter.Language(get_language(language).grammar()), described(language)
    fields = {*flow.initializers, *(name for pair in (*flow.defines.values(), *flow.assigns.values()) for name in pair)}
    assert [name for name in fields if grammar.field_id_for_name(name) is None] == []


@pytest.mark.parametrize("language", language_names())
def test_every_language_has_keywords_and_they_are_words(language: str) -> None:
    keywords = get_language(language).keywords
    assert len(keywords) >= 25
    assert {"if", "for", "return"} <= keywords
    assert all(word.replace("-", "").rstrip("?").isidentifier() for word in keywords)
