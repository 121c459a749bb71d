import sys
from pathlib import Path

import pytest

from graftwork.data.sources.package import package_files
from graftwork.errors import InputError
from graftwork.languages import get_language
from tests.data.sources.support import write

PYTHON = get_language("python")


@pytest.fixture
def site(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.syspath_prepend(str(tmp_path))
    return tmp_path


def test_a_distribution_is_found_by_its_name(site: Path) -> None:
    write(site, "pkg_a/sums.py", "x = 1")
    write(site, "pkg_a/gone.txt", "")
    write(site, "dist_a-1.0.dist-info/METADATA", "Metadata-Version: 2.1\nName: dist-a\nVersion: 1.0\n")
    write(site, "dist_a-1.0.dist-info/RECORD", "pkg_a/sums.py,,\npkg_a/lost.py,,\n../outside.py,,\npkg_a/gone.txt,,\n")
    assert [file.origin for file in package_files("dist-a", PYTHON)] == ["dist-a:pkg_a/sums.py"]


def test_a_package_is_found_by_its_import_name_and_not_imported(site: Path) -> None:
    write(site, "pkg_boom/__init__.py", "raise SystemExit('imported')")
    write(site, "pkg_boom/part/sums.py", "x = 1")
    origins = [file.origin for file in package_files("pkg_boom", PYTHON)]
    assert origins == ["pkg_boom:__init__.py", "pkg_boom:part/sums.py"]
    assert "pkg_boom" not in sys.modules


def test_a_module_is_a_package_of_one_file(site: Path) -> None:
    write(site, "single_module.py", "x = 1")
    assert [file.origin for file in package_files("single_module", PYTHON)] == ["single_module:single_module.py"]


def test_a_package_without_files_of_the_language_has_none(site: Path) -> None:
    write(site, "other_module.py", "x = 1")
    assert package_files("other_module", get_language("ruby")) == []


@pytest.mark.parametrize("name", ["no_such_package", "no.such", "", "../x", "a b"])
def test_what_is_not_installed_is_an_input_error(name: str) -> None:
    with pytest.raises(InputError, match="is installed"):
        package_files(name, PYTHON)
