"""Examples that stand in rows: JSONL and Parquet files with CodeSearchNet's columns, our own, or two named ones."""

import json
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from itertools import islice
from pathlib import Path
from typing import Any, Literal, Self, final

from pydantic import Field, model_validator

from graftwork.config import Config
from graftwork.data.cleaning import CleaningConfig, worthwhile
from graftwork.data.example import Example, make_example
from graftwork.data.mining import Found
from graftwork.data.summaries import summary_of
from graftwork.errors import InputError, nearest
from graftwork.files import is_whole
from graftwork.languages import Language

__all__ = ["Columns", "FileSource", "columns_of", "found_in_rows", "search_file"]

MALFORMED_SHARE = 0.01
REMARKS = 10
# Pairs of columns known without being named: CodeSearchNet on the hub, its original files, and what ``mine`` writes.
OWN = ("description", "target")
KNOWN = (("func_documentation_string", "func_code_string"), ("docstring", "code"), OWN)


@final
class Columns(Config):
    """Which two columns hold an example, where they have names of their own (translation, repair).

    Their text is taken as it stands: it may be code, so neither its language nor its length in words is looked at.

    Attributes:
        description: the column with what is given.
        target: the column with what is to be generated.
    """

    description: str
    target: str


@final
class FileSource(Config):
    """A file of rows.

    Attributes:
        path: a .jsonl, .json or .parquet file; JSONL has one object a line.
        columns: the two columns to use; CodeSearchNet's, its original files' and our own are known.
        limit: rows read at most; all if null.
    """

    kind: Literal["file"] = "file"
    path: str
    columns: Columns | None = None
    limit: int | None = Field(default=None, ge=1)

    @model_validator(mode="after")
    def _is_known(self) -> Self:
        if Path(self.path).suffix not in (".jsonl", ".json", ".parquet"):
            raise ValueError("a file of rows ends in .jsonl, .json or .parquet")
        return self


@final
@dataclass(frozen=True)
class Malformed:
    """A line that holds no row, and why."""

    line: int
    reason: str


def search_file(source: FileSource, language: Language, config: CleaningConfig) -> Found:
    """Read a file of rows and keep the examples worth keeping.

    Malformed lines are counted and named, up to 1 % of the lines (one at least); from then on the file is refused.

    Raises:
        InputError: the file is missing, unreadable, lacks the columns, or has too many malformed lines.
    """
    path = Path(source.path)
    malformed: list[Malformed] = []
    try:
        if not path.is_file():
            raise InputError("no such file", str(path))
        rows = (_parquet_rows if path.suffix == ".parquet" else _json_rows)(path)
        whole = _without_malformed(islice(rows, source.limit), malformed)
        found = found_in_rows(whole, path.name, source.columns, language, config)
    except OSError as error:
        raise InputError(f"cannot be read ({error.strerror or error})", str(path)) from None
    total = found.total + len(malformed)
    if len(malformed) > max(1, int(MALFORMED_SHARE * total)):
        first = malformed[0]
        what = f"{first.reason}; {len(malformed)} of {total} lines are malformed"
        raise InputError(what, f"{path}, line {first.line}", "up to 1 % are skipped")
    remarks = tuple(f"{path}, line {row.line}: {row.reason}" for row in malformed[:REMARKS])
    dropped = found.dropped + Counter({"malformed line": len(malformed)})
    return Found(found.examples, total, 1, dropped=dropped, remarks=remarks)


def _without_malformed(
    rows: Iterable[dict[str, Any] | Malformed], malformed: list[Malformed]
) -> Iterator[dict[str, Any]]:
    """The rows that are whole; the others are added to ``malformed``."""
    for row in rows:
        if isinstance(row, Malformed):
            malformed.append(row)
        else:
            yield row


def _json_rows(path: Path) -> Iterator[dict[str, Any] | Malformed]:
    with path.open("rb") as file:
        for number, line in enumerate(file, start=1):
            if not line.strip():
                continue
            try:
                row = json.loads(line.decode("utf-8-sig" if number == 1 else "utf-8"))
                if b"\\u" in line and not is_whole(json.dumps(row, ensure_ascii=False)):
                    raise ValueError("half a character")
            except UnicodeDecodeError:
                yield Malformed(number, "not UTF-8")
            except (ValueError, RecursionError) as error:
                yield Malformed(number, f"not JSON ({getattr(error, 'msg', error)})")
            else:
                yield row if isinstance(row, dict) else Malformed(number, "not a JSON object")


def _parquet_rows(path: Path) -> Iterator[dict[str, Any] | Malformed]:
    import pyarrow
    from pyarrow import parquet

    try:
        for batch in parquet.ParquetFile(path).iter_batches():
            yield from batch.to_pylist()
    except (pyarrow.ArrowException, OSError, ValueError) as error:
        raise InputError(f"not a Parquet file ({error})", str(path)) from None


def columns_of(row: Mapping[str, Any], named: Columns | None, where: str) -> tuple[str, str]:
    """Return the names of the two columns that hold an example.

    Raises:
        InputError: a named column is not there, or none is named and no known pair is there.
    """
    if named is not None:
        for column in (named.description, named.target):
            if column not in row:
                raise InputError(f"no column {column!r}", where, nearest(column, row))
        return named.description, named.target
    for description, target in KNOWN:
        if description in row and target in row:
            return description, target
    there = ", ".join(sorted(row)) or "none"
    raise InputError("no columns that are known to hold examples", where, f"name two of its columns: {there}")


def found_in_rows(
    rows: Iterable[Mapping[str, Any]], name: str, named: Columns | None, language: Language, config: CleaningConfig
) -> Found:
    """Make examples of rows and keep those worth keeping.

    Rows of another language (by their ``language`` column, where they have one) are counted and left out. Without
    repository and path a row is an origin of its own.

    Args:
        rows: one mapping a row, all with the same columns.
        name: what origins start with where the rows do not tell theirs.
        named: the two columns, if they are not known ones.
        language: the language of the targets.
        config: what is worth keeping.
    """
    dropped: Counter[str] = Counter()
    examples: list[Example] = []
    columns: tuple[str, str] | None = None
    total = 0
    for total, row in enumerate(rows, start=1):
        columns = columns or columns_of(row, named, name)
        description, target = (row.get(column) for column in columns)
        if str(row.get("language") or language.name).lower() != language.name:
            dropped["other language"] += 1
        elif not isinstance(description, str) or not isinstance(target, str) or not target.strip():
            dropped["no text"] += 1
        else:
            if named is None and columns != OWN:  # documentation, tags and all; a docstring may still be in the code
                description, target = summary_of(description), language.without_documentation(target)
            examples.append(_example(row, description, target, f"{name}:{total}", language))
    kept, unworthy = worthwhile(examples, config if named is None else _for_pairs(config))
    return Found(kept, total, 0, dropped=dropped + unworthy)


def _for_pairs(config: CleaningConfig) -> CleaningConfig:
    """The same without what holds for English descriptions of single functions."""
    pairs = {"english": False, "tests": True, "min_description_words": 1, "max_description_words": 10**9}
    return config.model_copy(update=pairs)


def _example(row: Mapping[str, Any], description: str, target: str, origin: str, language: Language) -> Example:
    return make_example(
        language.name,
        description.strip(),
        target.rstrip(),
        signature=str(row.get("signature") or ""),
        origin=_origin(row) or origin,
        name=str(row.get("func_name") or row.get("name") or ""),
    )


def _origin(row: Mapping[str, Any]) -> str:
    """The repository and the path in it, or the origin we wrote; empty where the row has neither."""
    repository = row.get("repository_name") or row.get("repo")
    path = row.get("func_path_in_repository") or row.get("path")
    return f"{repository}:{path}" if repository and path else str(row.get("origin") or "")
