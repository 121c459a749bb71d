"""Fetching from a local index in the shape of a real one, through the real pip."""

import hashlib
import os
import subprocess
import sys
from pathlib import Path
from urllib.parse import urlsplit

import pytest

from graftwork.data.sources import index as index_of_pip
from graftwork.data.sources.pypi import PypiSource, pypi_files
from graftwork.errors import InputError
from graftwork.languages import get_language
from tests.data.sources.support import PYTHON, make_tar, make_wheel, write

LANGUAGE = get_language("python")
BOOM = "raise SystemExit('executed')"


@pytest.fixture
def index(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """An empty index that pip is configured for, and nothing else."""
    for name in ("PIP_FIND_LINKS", "PIP_EXTRA_INDEX_URL", "PIP_NO_INDEX"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("PIP_CONFIG_FILE", "/dev/null")
    monkeypatch.setenv("PIP_INDEX_URL", (tmp_path / "simple").as_uri())
    monkeypatch.setenv("PIP_DISABLE_PIP_VERSION_CHECK", "1")
    return tmp_path


def offer(index: Path, name: str, *archives: Path, digests: bool = True) -> None:
    links = []
    for archive in archives:
        fragment = f"#sha256={hashlib.sha256(archive.read_bytes()).hexdigest()}" if digests else ""
        links.append(f'<a href="../../{archive.relative_to(index)}{fragment}">{archive.name}</a>')
    write(index, f"simple/{name}/index.html", "<!DOCTYPE html><html><body>" + "\n".join(links) + "</body></html>")


def test_a_wheel_is_fetched_and_read(index: Path) -> None:
    offer(index, "sums", make_wheel(index, "sums", "1.2", {"sums/add.py": PYTHON}))
    (file,) = pypi_files(PypiSource(name="sums"), LANGUAGE)
    assert (file.origin, file.read().decode()) == ("pypi:sums@1.2:sums/add.py", PYTHON)


def test_a_named_version_is_fetched(index: Path) -> None:
    wheels = [make_wheel(index, "sums", version, {"sums.py": PYTHON}) for version in ("1.0", "2.0")]
    offer(index, "sums", *wheels)
    (file,) = pypi_files(PypiSource(name="sums", version="1.0"), LANGUAGE)
    assert file.origin == "pypi:sums@1.0:sums.py"


@pytest.mark.parametrize("digests", [True, False])
def test_a_source_archive_is_read_and_its_build_script_never_run(index: Path, digests: bool) -> None:
    members = {"sums-1.0/setup.py": BOOM, "sums-1.0/pyproject.toml": "[build-system]", "sums-1.0/add.py": PYTHON}
    older = make_tar(index / "sums-0.9.tar.gz", members)
    pre = make_tar(index / "sums-2.0rc1.tar.gz", members)
    newest = make_tar(index / "sums-1.0.tar.gz", members)
    offer(index, "sums", older, newest, pre, digests=digests)
    files = pypi_files(PypiSource(name="sums"), LANGUAGE)
    assert [file.origin for file in files] == ["pypi:sums@1.0:sums-1.0/add.py", "pypi:sums@1.0:sums-1.0/setup.py"]


def test_the_source_archive_is_read_where_the_wheel_holds_no_file_of_the_language(index: Path) -> None:
    wheel = make_wheel(index, "sums", "1.0", {"sums/add.txt": "compiled"})
    offer(index, "sums", wheel, make_tar(index / "sums-1.0.tar.gz", {"sums-1.0/add.py": PYTHON}))
    (file,) = pypi_files(PypiSource(name="sums"), LANGUAGE)
    assert file.origin == "pypi:sums@1.0:sums-1.0/add.py"


def test_an_archive_that_is_not_the_one_announced_is_refused(index: Path) -> None:
    archive = make_tar(index / "sums-1.0.tar.gz", {"add.py": PYTHON})
    offer(index, "sums", archive)
    make_tar(archive, {"add.py": "changed"})
    with pytest.raises(InputError, match="is not what the index announced"):
        pypi_files(PypiSource(name="sums"), LANGUAGE)


def test_an_unknown_package_is_an_input_error(index: Path) -> None:
    offer(index, "sums")
    with pytest.raises(InputError, match=r"pypi:nothing: .*and no source archive"):
        pypi_files(PypiSource(name="nothing"), LANGUAGE)


def test_a_version_that_is_not_there_is_an_input_error(index: Path) -> None:
    offer(index, "sums", make_tar(index / "sums-1.0.tar.gz", {"add.py": PYTHON}))
    with pytest.raises(InputError, match="no source archive of sums 3"):
        pypi_files(PypiSource(name="sums", version="3"), LANGUAGE)


@pytest.mark.parametrize("name", ["", "../x", "-r", "a b", "https://example.org/a.whl", "./folder", "a@b"])
def test_only_names_are_taken(name: str) -> None:
    with pytest.raises(InputError, match="not the name of a package"):
        PypiSource.read({"name": name}, "recipe")


def test_only_versions_are_taken() -> None:
    with pytest.raises(InputError, match="not a version"):
        PypiSource.read({"name": "a", "version": "--index-url=x"}, "recipe")


def test_without_configuration_the_index_is_the_one_that_pip_uses(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name in [name for name in os.environ if name.startswith("PIP_")]:
        monkeypatch.delenv(name)
    monkeypatch.setenv("PIP_CONFIG_FILE", "/dev/null")
    asked: list[str] = []
    monkeypatch.setattr(index_of_pip, "_links", lambda address, name, certificates: asked.append(address) or [])
    with pytest.raises(InputError, match="offers no source archive of sums"):
        index_of_pip.fetch_source_archive("sums", None, tmp_path)
    helped = subprocess.run([sys.executable, "-m", "pip", "download", "-h"], capture_output=True, text=True, check=True)
    assert [urlsplit(address).scheme for address in asked] == ["https"]
    assert f"(default {asked[0]})" in " ".join(helped.stdout.split())
