import errno
import json
import os
import resource
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from graftwork.errors import InputError, NoSpaceError
from graftwork.files import (
    append_json_line,
    check_place,
    digest,
    read_json,
    read_json_lines,
    whole_file,
    write_json,
    write_whole,
)


@contextmanager
def no_more_files() -> Iterator[None]:
    """Let this process open nothing more."""
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    resource.setrlimit(resource.RLIMIT_NOFILE, (3, hard))
    try:
        yield
    finally:
        resource.setrlimit(resource.RLIMIT_NOFILE, (soft, hard))


parts = st.lists(st.one_of(st.text(), st.binary()), max_size=4)


def as_bytes(texts: list[str | bytes]) -> list[bytes]:
    return [text.encode("utf-8", "surrogatepass") if isinstance(text, str) else text for text in texts]


@given(parts, parts)
def test_digests_are_equal_exactly_where_the_parts_are(first: list[str | bytes], second: list[str | bytes]) -> None:
    assert (digest(*first) == digest(*second)) == (as_bytes(first) == as_bytes(second))


def test_the_borders_of_parts_count() -> None:
    assert len({digest("ab", "c"), digest("a", "bc"), digest("abc"), digest("abc", "")}) == 4


def test_a_digest_is_the_same_on_every_machine() -> None:
    assert digest("a", b"b") == "cf6ab613e3942391f88ed698557e1680f160bd10e88c6b668c50360c10930e2b"


@pytest.mark.parametrize("content", ["é\n\r\n", b"\x00\xff"])
def test_what_is_written_is_there(content: str | bytes, tmp_path: Path) -> None:
    path = tmp_path / "new" / "folder" / "file"
    write_whole(path, content)
    assert path.read_bytes() == (content.encode() if isinstance(content, str) else content)


def test_writing_replaces_what_was_there(tmp_path: Path) -> None:
    write_whole(tmp_path / "file", "a longer text")
    write_whole(tmp_path / "file", "short")
    assert (tmp_path / "file").read_text() == "short"


def test_nothing_is_left_beside_the_file(tmp_path: Path) -> None:
    write_whole(tmp_path / "file", "text")
    assert [path.name for path in tmp_path.iterdir()] == ["file"]


def test_a_failure_while_writing_leaves_the_old_file_whole(tmp_path: Path) -> None:
    path = tmp_path / "file"
    path.write_text("old")
    with pytest.raises(RuntimeError, match="midway"), whole_file(path) as aside:
        aside.write_text("half of the n")
        raise RuntimeError("midway")
    assert path.read_text() == "old"
    assert [one.name for one in tmp_path.iterdir()] == ["file"]


def test_the_file_appears_only_at_the_end(tmp_path: Path) -> None:
    with whole_file(tmp_path / "file") as aside:
        aside.write_text("text")
        assert not (tmp_path / "file").exists()
        assert aside.parent == tmp_path


def test_content_is_on_disk_before_the_file_takes_its_name(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    order: list[str] = []
    fsync, replace = os.fsync, Path.replace
    monkeypatch.setattr(os, "fsync", lambda file: (order.append("fsync"), fsync(file))[1])
    monkeypatch.setattr(Path, "replace", lambda path, target: (order.append("replace"), replace(path, target))[1])
    write_whole(tmp_path / "file", "text")
    assert order == ["fsync", "replace", "fsync"]  # the last one for the name in the folder


@pytest.mark.parametrize("below", ["file", "deeper/file"])
def test_a_file_in_place_of_a_folder_is_said(below: str, tmp_path: Path) -> None:
    (tmp_path / "taken").write_text("I am a file")
    with pytest.raises(NoSpaceError, match=rf"taken/{below}: cannot be written \((Not a directory|File exists)\)"):
        write_whole(tmp_path / "taken" / below, "text")
    assert (tmp_path / "taken").read_text() == "I am a file"


def test_a_folder_in_place_of_the_file_is_said(tmp_path: Path) -> None:
    with pytest.raises(NoSpaceError, match=r"cannot be written \(Is a directory\)"):
        write_whole(tmp_path, "text")
    assert tmp_path.is_dir()
    assert list(tmp_path.parent.glob(".*.part")) == []


@pytest.mark.parametrize("number", [errno.ENOSPC, errno.EDQUOT, errno.EROFS, errno.EACCES, errno.EPERM])
def test_a_place_that_cannot_be_written_is_said_in_one_line(number: int, tmp_path: Path) -> None:
    with pytest.raises(NoSpaceError) as caught, whole_file(tmp_path / "file") as aside:
        aside.write_text("half")
        raise OSError(number, os.strerror(number))
    assert str(caught.value).startswith(f"{tmp_path / 'file'}: cannot be written ({os.strerror(number)})")
    assert ("free some space" in str(caught.value)) == (number in (errno.ENOSPC, errno.EDQUOT))
    assert caught.value.exit_code == 2
    assert list(tmp_path.iterdir()) == []


def test_too_many_open_files_are_said_with_what_helps(tmp_path: Path) -> None:
    with (
        pytest.raises(NoSpaceError, match=r"cannot be written \(Too many open files\); raise the limit"),
        no_more_files(),
    ):
        write_whole(tmp_path / "file", "text")
    write_whole(tmp_path / "file", "text")
    assert [path.name for path in tmp_path.iterdir()] == ["file"]


def test_too_many_open_files_while_reading_are_no_missing_file(tmp_path: Path) -> None:
    write_whole(tmp_path / "file.json", "{}")
    with pytest.raises(InputError, match="Too many open files"), no_more_files():
        read_json(tmp_path / "file.json")


def test_other_errors_of_the_system_are_not_hidden(tmp_path: Path) -> None:
    with pytest.raises(OSError, match="Input/output error"), whole_file(tmp_path / "file"):
        raise OSError(errno.EIO, os.strerror(errno.EIO))


def test_json_reads_back_as_written(tmp_path: Path) -> None:
    data = {"name": "é", "list": [1, 2.5, None, True], "nested": {"": []}}
    write_json(tmp_path / "file.json", data)
    assert read_json(tmp_path / "file.json") == data


def test_json_keeps_letters_readable_and_ends_with_a_line_break(tmp_path: Path) -> None:
    write_json(tmp_path / "file.json", {"name": "é"})
    assert (tmp_path / "file.json").read_text(encoding="utf-8") == '{\n  "name": "é"\n}\n'


def test_what_is_no_number_is_never_written_as_json(tmp_path: Path) -> None:
    with pytest.raises(ValueError, match="not JSON compliant"):
        write_json(tmp_path / "file.json", {"loss": float("nan")})
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize("content", [b"", b"{", b"[1,]", b"\xff\xfe"])
def test_a_damaged_json_file_is_wrong_input(content: bytes, tmp_path: Path) -> None:
    (tmp_path / "file.json").write_bytes(content)
    with pytest.raises(InputError, match=r"file.json: not JSON \("):
        read_json(tmp_path / "file.json")


def test_a_missing_json_file_is_wrong_input(tmp_path: Path) -> None:
    with pytest.raises(InputError, match="nothing.json: no such file"):
        read_json(tmp_path / "nothing.json")


def test_a_folder_is_no_json_file(tmp_path: Path) -> None:
    with pytest.raises(InputError, match=r"cannot be read \(Is a directory\)"):
        read_json(tmp_path)


RECORDS: list[dict[str, Any]] = [{"step": 1, "task": "é"}, {"step": 2, "task": "a\nb"}]


def test_appended_lines_read_back_in_order(tmp_path: Path) -> None:
    append_json_line(tmp_path / "steps.jsonl", RECORDS[:1])
    append_json_line(tmp_path / "steps.jsonl", RECORDS[1:])
    assert read_json_lines(tmp_path / "steps.jsonl") == RECORDS


def test_each_record_is_one_line(tmp_path: Path) -> None:
    append_json_line(tmp_path / "steps.jsonl", RECORDS)
    lines = (tmp_path / "steps.jsonl").read_text(encoding="utf-8").splitlines()
    assert [json.loads(line) for line in lines] == RECORDS


def test_a_torn_last_line_is_left_out_wherever_it_was_torn(tmp_path: Path) -> None:
    path = tmp_path / "steps.jsonl"
    append_json_line(path, [{"step": 2, "task": "b"}, {"step": 1, "task": "é"}])
    whole = path.read_bytes()
    first = whole.index(b"\n") + 1
    for end in range(first, len(whole)):
        path.write_bytes(whole[:end])
        assert read_json_lines(path) == [{"step": 2, "task": "b"}]


def test_records_that_cannot_be_appended_are_said_in_one_line(tmp_path: Path) -> None:
    with pytest.raises(NoSpaceError, match=r"cannot be written \(Is a directory\)"):
        append_json_line(tmp_path, RECORDS)


def test_a_full_disk_while_appending_is_said_with_what_helps(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def full(file: int) -> None:
        raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))

    monkeypatch.setattr(os, "fsync", full)
    with pytest.raises(NoSpaceError, match="No space left on device.*; free some space and run the same command again"):
        append_json_line(tmp_path / "steps.jsonl", RECORDS)


def test_a_place_is_checked_without_a_trace(tmp_path: Path) -> None:
    check_place(tmp_path / "deep" / "er")
    assert list(tmp_path.iterdir()) == []


def test_a_place_below_a_file_is_refused(tmp_path: Path) -> None:
    (tmp_path / "taken").write_text("I am a file")
    with pytest.raises(NoSpaceError, match=r"taken/run: cannot be written \(Not a directory\)"):
        check_place(tmp_path / "taken" / "run")
