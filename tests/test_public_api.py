"""The public interface is a list: what it names is there, cheap to import, and seen by type checkers."""

import ast
from importlib import import_module
from pathlib import Path

import pytest

import graftwork


def names_for_type_checkers() -> dict[str, str]:
    """Name -> module, as imported under ``if TYPE_CHECKING``."""
    tree = ast.parse(Path(graftwork.__file__).read_text("utf-8"))
    block = next(node for node in tree.body if isinstance(node, ast.If))
    imports = [node for node in block.body if isinstance(node, ast.ImportFrom)]
    return {alias.name: str(node.module) for node in imports for alias in node.names}


def test_the_public_names_are_these() -> None:
    assert graftwork.__all__ == [
        "DecodingConfig",
        "ExtraLayerConfig",
        "Grafts",
        "GraftworkError",
        "InputError",
        "LoRAConfig",
        "__version__",
        "generate_greedy",
        "load_base",
        "read_recipe",
        "run_study",
        "score_predictions",
        "summarize",
    ]


def test_the_list_equals_the_table_of_homes() -> None:
    assert graftwork.__all__ == sorted({*graftwork._HOMES, "__version__"})


def test_type_checkers_see_every_name_in_its_home() -> None:
    assert names_for_type_checkers() == graftwork._HOMES


@pytest.mark.parametrize("name", graftwork._HOMES)
def test_a_public_name_is_the_one_of_its_home(name: str) -> None:
    home = import_module(graftwork._HOMES[name])
    assert getattr(graftwork, name) is getattr(home, name)
    assert name in home.__all__


def test_dir_lists_the_public_names() -> None:
    assert dir(graftwork) == graftwork.__all__


def test_an_unknown_name_is_an_attribute_error() -> None:
    with pytest.raises(AttributeError, match="no attribute 'grafts'"):
        graftwork.grafts  # noqa: B018


def test_the_version_is_the_installed_one() -> None:
    from importlib.metadata import version

    assert graftwork.__version__ == version("graftwork")
