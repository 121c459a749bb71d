from typing import Any, get_args

import pytest

from graftwork.components.kinds import ComponentConfig
from graftwork.continual.methods.kinds import AnyMethodConfig
from graftwork.report.view import View
from graftwork.report.words import word_table
from graftwork.results import records as r
from tests.report.synthetic import pinned


def kinds(union: Any) -> list[str]:
    return [config.model_fields["kind"].default for config in get_args(get_args(union)[0])]


def test_kinds_and_methods_that_occur_are_told_in_a_line(view: View) -> None:
    assert [row[:2] for row in word_table(view).rows] == [
        ("lora", "component"),
        ("extra-layer", "component"),
        ("isolated", "method"),
        ("sequential", "method"),
    ]


def test_pinned_versions_are_explained_where_there_are_some(view: View) -> None:
    assert word_table(View(pinned(view.results))).rows[-1][:2] == ("…@pinned", "version")


@pytest.mark.parametrize("kind", kinds(ComponentConfig))
def test_every_kind_of_component_has_words(bare: View, kind: str) -> None:
    row = r.Parameters(approach="x", component=kind, trainable=1, total=2, percent=50.0)
    table = word_table(View(bare.results.model_copy(update={"parameters": (row,)})))
    assert table.rows[0][:2] == (kind, "component")


@pytest.mark.parametrize("method", kinds(AnyMethodConfig))
def test_every_method_has_words(bare: View, method: str) -> None:
    study = bare.results.study.model_copy(update={"approaches": (r.Approach(name="x", method=method),)})
    table = word_table(View(bare.results.model_copy(update={"study": study})))
    assert [row[:2] for row in table.rows] == [(method, "method")]
