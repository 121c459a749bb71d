from pathlib import Path

import pytest

from graftwork.errors import InputError
from graftwork.files import read_json
from graftwork.results import analysis
from graftwork.results.analysis import Analysis, Settings, analysis_schema
from graftwork.results.analysis_file import ANALYSIS_FILE, is_as_written, read_analysis, write_analysis

SCHEMA = Path(__file__).parents[2] / "docs" / "reference" / "analysis.schema.json"


@pytest.fixture
def empty() -> Analysis:
    return Analysis(settings=Settings(items=4, replay_steps=None, seeds=(1,)))


def test_the_published_schema_is_current() -> None:
    assert read_json(SCHEMA) == analysis_schema()


def test_every_field_of_every_record_has_a_description() -> None:
    schema = analysis_schema()
    models = [schema, *schema["$defs"].values()]
    assert all("description" in field for model in models for field in model["properties"].values())


def test_every_record_has_a_docstring() -> None:
    assert all(getattr(analysis, name).__doc__ for name in analysis.__all__ if not name.isupper())


def test_what_is_written_is_read_with_its_seal(empty: Analysis, tmp_path: Path) -> None:
    sealed = write_analysis(tmp_path / ANALYSIS_FILE, empty)
    assert read_analysis(tmp_path / ANALYSIS_FILE) == sealed
    assert is_as_written(sealed)


def test_a_changed_number_is_refused_unless_it_is_asked_for(empty: Analysis, tmp_path: Path) -> None:
    path = tmp_path / ANALYSIS_FILE
    write_analysis(path, empty)
    path.write_text(path.read_text().replace('"items": 4', '"items": 5'))
    with pytest.raises(InputError, match="its numbers are not those that were written"):
        read_analysis(path)
    assert read_analysis(path, as_it_is=True).settings.items == 5


def test_an_analysis_of_an_older_version_has_no_seal_and_is_read(empty: Analysis, tmp_path: Path) -> None:
    path = tmp_path / ANALYSIS_FILE
    path.write_text(empty.model_dump_json(exclude={"sha256"}))
    assert is_as_written(read_analysis(path)) is None
