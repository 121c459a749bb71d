import zipfile
from pathlib import Path

import pytest

from graftwork.data.sources import archive
from graftwork.data.sources.archive import archive_files
from graftwork.errors import InputError
from graftwork.languages import get_language
from tests.data.sources.support import make_tar, make_zip, write

PYTHON = get_language("python")
MEMBERS = {"pkg/b.py": "b = 1", "pkg/a.py": "a = 1", "pkg/readme.md": "x", "pkg/": ""}


@pytest.mark.parametrize(("name", "make"), [("a.zip", make_zip), ("a.whl", make_zip), ("a.tar.gz", make_tar)])
def test_files_of_the_language_are_read_in_order(tmp_path: Path, name: str, make: object) -> None:
    path = make(tmp_path / name, MEMBERS)  # type: ignore[operator]
    files = archive_files(path, PYTHON, "pypi:a@1")
    assert [(file.origin, file.read()) for file in files] == [
        ("pypi:a@1:pkg/a.py", b"a = 1"),
        ("pypi:a@1:pkg/b.py", b"b = 1"),
    ]


def test_nothing_is_written_to_the_disk(tmp_path: Path) -> None:
    path = make_tar(tmp_path / "a.tar.gz", MEMBERS)
    archive_files(path, PYTHON, "a")
    assert list(tmp_path.iterdir()) == [path]


@pytest.mark.parametrize("member", ["../a.py", "pkg/../../a.py", "/etc/a.py", "..\\a.py", "C:/a.py", "\\a.py"])
@pytest.mark.parametrize(("name", "make"), [("a.zip", make_zip), ("a.tgz", make_tar)])
def test_a_path_that_leaves_the_archive_refuses_it(tmp_path: Path, member: str, name: str, make: object) -> None:
    path = make(tmp_path / name, {member: "a = 1"})  # type: ignore[operator]
    with pytest.raises(InputError, match="leaves the archive"):
        archive_files(path, PYTHON, "a")


def test_links_in_tar_archives_are_left_out(tmp_path: Path) -> None:
    path = make_tar(tmp_path / "a.tgz", {"a.py": "a = 1"}, links={"b.py": "/etc/passwd", "c.py": "a.py"})
    assert [file.origin for file in archive_files(path, PYTHON, "x")] == ["x:a.py"]


def test_links_in_zip_archives_are_left_out(tmp_path: Path) -> None:
    link = zipfile.ZipInfo("b.py")
    link.external_attr = 0o120777 << 16
    with zipfile.ZipFile(tmp_path / "a.zip", "w") as written:
        written.writestr(link, "/etc/passwd")
        written.writestr("a.py", "a = 1")
    assert [file.origin for file in archive_files(tmp_path / "a.zip", PYTHON, "x")] == ["x:a.py"]


@pytest.mark.parametrize(("name", "make"), [("a.zip", make_zip), ("a.tgz", make_tar)])
def test_a_bomb_is_refused(tmp_path: Path, name: str, make: object) -> None:
    path = make(tmp_path / name, {"a.bin": "0" * 20_000_000})  # type: ignore[operator]
    with pytest.raises(InputError, match="unpacks to"):
        archive_files(path, PYTHON, "a")


@pytest.mark.parametrize(("name", "make"), [("a.zip", make_zip), ("a.tgz", make_tar)])
def test_too_many_members_are_refused(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, name: str, make: object) -> None:
    monkeypatch.setattr(archive, "MAX_MEMBERS", 3)
    path = make(tmp_path / name, MEMBERS)  # type: ignore[operator]
    with pytest.raises(InputError, match="more than 3 members"):
        archive_files(path, PYTHON, "a")


@pytest.mark.parametrize(("name", "make"), [("a.zip", make_zip), ("a.tgz", make_tar)])
def test_huge_members_are_not_read(tmp_path: Path, name: str, make: object) -> None:
    path = make(tmp_path / name, {"a.py": "0" * 2_000_001})  # type: ignore[operator]
    assert archive_files(path, PYTHON, "a") == []


@pytest.mark.parametrize("name", ["a.zip", "a.tgz"])
@pytest.mark.parametrize("keep", [0, 10, 150])
def test_a_damaged_archive_is_an_input_error(tmp_path: Path, name: str, keep: int) -> None:
    make = make_zip if name == "a.zip" else make_tar
    whole = make(tmp_path / name, {f"{number}.py": f"a = {number}" * 50 for number in range(50)}).read_bytes()
    path = write(tmp_path, f"cut-{name}", whole[:keep])
    with pytest.raises(InputError, match="cannot be read as an archive"):
        archive_files(path, PYTHON, "a")
