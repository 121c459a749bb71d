from pathlib import Path

import pytest

from graftwork.errors import InputError
from graftwork.files import DISK, read_json, write_json
from graftwork.results.checksums import (
    CHECKSUMS,
    check_file,
    check_files,
    list_files,
    listed,
    write_checksums,
    write_listed,
)


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """A folder with two files and their checksums."""
    (tmp_path / "below").mkdir()
    for name in ("a", "below/b"):
        (tmp_path / name).write_text(f"this is {name}")
    write_checksums(tmp_path, list_files(tmp_path, [tmp_path / "a", tmp_path / "below" / "b"]))
    return tmp_path


def test_whole_files_have_no_fault(folder: Path) -> None:
    assert check_files(folder) == []


@pytest.mark.parametrize("content", [b"", b"this is", b"this is  ", b"this is a\n"])
def test_other_content_is_a_fault(folder: Path, content: bytes) -> None:
    (folder / "a").write_bytes(content)
    (fault,) = check_files(folder)
    assert fault.path == folder / "a"
    assert "is damaged" in str(fault.error())


def test_a_missing_file_is_a_fault(folder: Path) -> None:
    (folder / "below" / "b").unlink()
    assert [(fault.path.name, fault.what) for fault in check_files(folder)] == [("b", "is missing")]


def test_a_folder_in_place_of_a_file_is_a_fault(folder: Path) -> None:
    (folder / "a").unlink()
    (folder / "a").mkdir()
    assert [fault.what for fault in check_files(folder)] == ["is no file"]


def test_one_file_can_be_checked(folder: Path) -> None:
    (folder / "a").write_text("other")
    check_file(folder, folder / "below" / "b")
    with pytest.raises(InputError, match="a: is damaged"):
        check_file(folder, folder / "a")


def test_files_outside_the_folder_are_listed_by_their_way_there(folder: Path) -> None:
    inner = folder / "below"
    write_checksums(inner, list_files(inner, [folder / "a"]))
    assert list(listed(inner) or ()) == ["../a"]
    (folder / "a").unlink()
    assert [fault.path for fault in check_files(inner)] == [folder / "a"]


def test_where_there_is_no_list_nothing_is_said(tmp_path: Path) -> None:
    assert listed(tmp_path) is None
    assert check_files(tmp_path) == []


def test_a_list_that_was_changed_is_refused(folder: Path) -> None:
    data = read_json(folder / CHECKSUMS)
    data["files"]["a"] = ["0" * 64]
    write_json(folder / CHECKSUMS, data)
    with pytest.raises(InputError, match=r"checksums.json: is not what was written"):
        listed(folder)


@pytest.mark.parametrize("content", ["", "[]", "{", '{"version": 1}'])
def test_a_damaged_list_is_refused(folder: Path, content: str) -> None:
    (folder / CHECKSUMS).write_text(content)
    with pytest.raises(InputError, match=r"checksums.json"):
        listed(folder)


def test_a_list_of_another_version_is_refused(folder: Path) -> None:
    write_json(folder / CHECKSUMS, read_json(folder / CHECKSUMS) | {"version": 2})
    with pytest.raises(InputError, match=r"its version is 2; this version of graftwork reads version 1"):
        listed(folder)


def test_a_file_that_is_written_again_stays_right_all_the_way(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    faults: list[object] = []
    monkeypatch.setattr(DISK, "before", lambda operation, path: faults.extend(check_files(folder)))
    for text in ("second", "third", "fourth"):
        write_listed(folder / "a", text)
    assert faults == []
    assert check_files(folder) == []


def test_only_the_version_before_is_taken_besides_the_one_written_last(folder: Path) -> None:
    for text in ("second", "third"):
        write_listed(folder / "a", text)
    (folder / "a").write_text("this is a")
    assert len(check_files(folder)) == 1


def test_writing_over_damage_does_not_make_it_right(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (folder / "a").write_text("damaged")

    def stop(operation: str, path: Path) -> None:
        if path.name == "a":
            raise RuntimeError("killed")

    monkeypatch.setattr(DISK, "before", stop)
    with pytest.raises(RuntimeError, match="killed"):
        write_listed(folder / "a", "second")
    assert len(check_files(folder)) == 1
