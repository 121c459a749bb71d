"""The Simple API in its two forms, over http, served from a folder here."""

import json
import threading
from collections.abc import Iterator
from functools import partial
from http.server import SimpleHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import pytest

from graftwork.data.sources import index
from graftwork.data.sources.index import fetch_source_archive
from graftwork.errors import InputError
from tests.data.sources.support import make_tar, write


class Quiet(SimpleHTTPRequestHandler):
    def log_message(self, format: str, *args: object) -> None:
        pass

    def guess_type(self, path: object) -> str:
        is_page = str(path).endswith("page.json")
        return "application/vnd.pypi.simple.v1+json" if is_page else "text/html"

    def translate_path(self, path: str) -> str:
        found = Path(super().translate_path(path))
        return str(found / "page.json" if (found / "page.json").is_file() else found)


@pytest.fixture
def server(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    """A folder that pip's configured index serves."""
    served = ThreadingHTTPServer(("127.0.0.1", 0), partial(Quiet, directory=str(tmp_path)))
    thread = threading.Thread(target=served.serve_forever, daemon=True)
    thread.start()
    monkeypatch.setenv("PIP_CONFIG_FILE", "/dev/null")
    monkeypatch.setenv("PIP_INDEX_URL", f"http://127.0.0.1:{served.server_port}/simple")
    monkeypatch.setenv("NO_PROXY", "127.0.0.1")
    monkeypatch.setenv("no_proxy", "127.0.0.1")
    monkeypatch.delenv("PIP_EXTRA_INDEX_URL", raising=False)
    yield tmp_path
    served.shutdown()
    served.server_close()
    thread.join()


def offer_json(server: Path, *files: dict[str, object]) -> None:
    write(server, "simple/sums/page.json", json.dumps({"meta": {"api-version": "1.0"}, "files": files}))


def test_the_newest_archive_of_a_json_page_is_fetched(server: Path, tmp_path: Path) -> None:
    archive = make_tar(server / "files" / "sums-1.10.tar.gz", {"a.py": ""})
    offer_json(server, {"url": "/files/sums-1.9.tar.gz", "hashes": {}}, {"url": "/files/sums-1.10.tar.gz"})
    fetched = fetch_source_archive("Sums", None, write(tmp_path, "out/x", "").parent)
    assert (fetched.name, fetched.read_bytes()) == ("sums-1.10.tar.gz", archive.read_bytes())


def test_a_page_that_is_no_list_of_files_is_an_input_error(server: Path) -> None:
    for page in ("[1]", "{}", "not JSON", '{"files": [{"name": "a"}]}'):
        write(server, "simple/sums/page.json", page)
        with pytest.raises(InputError, match="something else than a list of files"):
            fetch_source_archive("sums", None, server)


def test_files_of_other_packages_and_kinds_are_passed_over(server: Path) -> None:
    offer_json(server, {"url": "/other-1.0.tar.gz"}, {"url": "/sums-1.0.exe"}, {"url": "/sums-x.tar.gz"})
    with pytest.raises(InputError, match="offers no source archive"):
        fetch_source_archive("sums", None, server)


def test_an_archive_over_the_limit_is_not_fetched(server: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    make_tar(server / "sums-1.0.tar.gz", {"a.py": "a = 1"})
    offer_json(server, {"url": "/sums-1.0.tar.gz"})
    monkeypatch.setattr(index, "MAX_ARCHIVE_BYTES", 10)
    with pytest.raises(InputError, match="larger than 10 bytes"):
        fetch_source_archive("sums", None, server)


def test_only_the_web_and_files_are_read(server: Path) -> None:
    offer_json(server, {"url": "ftp://example.org/sums-1.0.tar.gz"})
    with pytest.raises(InputError, match="https, http and file are read"):
        fetch_source_archive("sums", None, server)


def test_an_index_that_cannot_be_reached_is_an_input_error(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PIP_CONFIG_FILE", "/dev/null")
    monkeypatch.setenv("PIP_INDEX_URL", "http://127.0.0.1:9/simple")
    monkeypatch.setenv("NO_PROXY", "127.0.0.1")
    with pytest.raises(InputError, match="cannot be reached"):
        fetch_source_archive("sums", None, tmp_path)
