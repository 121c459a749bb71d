"""Data sets of the Hugging Face hub, or local folders in the same shape."""

from collections.abc import Iterable, Mapping
from typing import Any, Literal, final

from pydantic import Field

from graftwork.config import Config
from graftwork.data.cleaning import CleaningConfig
from graftwork.data.mining import Found
from graftwork.data.sources.rows import Columns, found_in_rows
from graftwork.errors import InputError
from graftwork.languages import Language

__all__ = ["HubSource", "search_hub"]

CONVERTED = "refs/convert/parquet"  # where the hub keeps what it made of data sets with loading scripts


@final
class HubSource(Config):
    """A data set by its name on the hub, or a folder that holds one.

    Attributes:
        name: such as ``code-search-net/code_search_net``, or a path.
        config: the data set's configuration; the task's language if null, as in CodeSearchNet.
        split: the data set's own split to read; ours are made anew, by file.
        revision: branch, tag or commit; the newest if null.
        columns: the two columns to use; CodeSearchNet's are known.
        limit: rows read at most; all if null.
    """

    kind: Literal["hub"] = "hub"
    name: str
    config: str | None = None
    split: str = "train"
    revision: str | None = None
    columns: Columns | None = None
    limit: int | None = Field(default=None, ge=1)


def search_hub(source: HubSource, language: Language, config: CleaningConfig) -> Found:
    """Load a data set through ``datasets`` and keep the examples worth keeping.

    Raises:
        InputError: it cannot be reached or found, has no such configuration or split, or lacks the columns.
    """
    rows = _load(source, source.config or language.name)
    return found_in_rows(rows, source.name, source.columns, language, config)


def _load(source: HubSource, configuration: str) -> Iterable[Mapping[str, Any]]:
    """The rows of a configuration, else of a folder named like it, else of what the hub converted to Parquet."""
    where = f"hub:{source.name}"
    first: Exception
    revision = source.revision
    try:
        return _load_split(source, name=configuration, revision=source.revision)
    except OSError as error:
        raise InputError(f"cannot be loaded ({_one_line(error)})", where) from None
    except RuntimeError as error:  # it holds a loading script, which is code of others and is not run
        first, revision = error, CONVERTED
    except ValueError as error:  # it has no such configuration
        first = error
    try:
        return _load_split(source, data_dir=configuration, revision=revision)
    except (ValueError, RuntimeError, OSError) as error:
        raise InputError(f"cannot be loaded ({_one_line(first)}; {_one_line(error)})", where) from None


def _one_line(error: Exception) -> str:
    return " ".join(str(error).split())[:200]


def _load_split(source: HubSource, **way: str | None) -> Iterable[Mapping[str, Any]]:
    from datasets import load_dataset
    from datasets.utils.logging import disable_progress_bar

    disable_progress_bar()
    rows = load_dataset(source.name, split=source.split, **way)
    chosen: Iterable[Mapping[str, Any]] = rows
    if source.limit is not None:
        chosen = rows.select(range(min(source.limit, len(rows))))
    return chosen
