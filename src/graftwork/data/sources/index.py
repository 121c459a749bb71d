"""Source archives from the package indexes that pip is configured for, by the Simple API (PEP 503, 691, 714)."""

import base64
import hashlib
import json
import re
import shlex
import ssl
import sys
from dataclasses import dataclass
from html.parser import HTMLParser
from http.client import HTTPException
from pathlib import Path
from typing import Any, final
from urllib.parse import unquote, urldefrag, urljoin, urlsplit, urlunsplit
from urllib.request import Request, urlopen

from packaging.utils import InvalidSdistFilename, canonicalize_name, parse_sdist_filename
from packaging.version import InvalidVersion, Version

from graftwork.data.sources.command import run_client
from graftwork.errors import InputError

__all__ = ["fetch_source_archive"]

DEFAULT_INDEX = re.compile(r"--index-url\s+<url>.*?\(default\s+(\S+)\)", re.DOTALL)
"""Where pip's help names the index that it uses if it is not told another."""
ACCEPTED = "application/vnd.pypi.simple.v1+json, text/html;q=0.5"
MAX_PAGE_BYTES = 50_000_000
MAX_ARCHIVE_BYTES = 200_000_000
TIMEOUT_SECONDS = 60


@final
@dataclass(frozen=True)
class Link:
    """A file that an index offers; the hash is empty where the index gives none."""

    address: str
    sha256: str

    @property
    def filename(self) -> str:
        """The last part of the address."""
        return unquote(urlsplit(self.address).path.rsplit("/", 1)[-1])


def fetch_source_archive(name: str, version: str | None, folder: Path) -> Path:
    """Fetch the newest source archive of a package (no prerelease unless named) into a folder.

    Raises:
        InputError: no index has one, none can be reached, or its hash is not the one announced.
    """
    settings = _pip_settings(folder)
    index = settings.get("index-url") or _default_index(folder)
    indexes = [index, *settings.get("extra-index-url", "").split()]
    links = [link for index in indexes for link in _links(index, name, settings.get("cert"))]
    found = _newest(links, name, version)
    if found is None:
        raise InputError(f"the index offers no source archive of {name}{f' {version}' if version else ''}")
    content = _get(found.address, settings.get("cert"), MAX_ARCHIVE_BYTES)[0]
    if found.sha256 and hashlib.sha256(content).hexdigest() != found.sha256:
        raise InputError(f"the content of {found.filename} is not what the index announced")
    path = folder / Path(found.filename).name
    path.write_bytes(content)
    return path


def _pip_settings(folder: Path) -> dict[str, str]:
    """What pip would use: its files, then the settings of ``download``, then the environment."""
    printed = run_client([sys.executable, "-m", "pip", "config", "list"], folder, "pip config")
    levels: dict[str, dict[str, str]] = {"global": {}, "download": {}, ":env:": {}}
    for line in printed.splitlines():
        key, _, value = line.partition("=")
        level, _, option = key.rpartition(".")
        if level in levels:
            levels[level][option] = " ".join(shlex.split(value))
    return {**levels["global"], **levels["download"], **levels[":env:"]}


def _default_index(folder: Path) -> str:
    """The index that pip uses where none is configured."""
    found = DEFAULT_INDEX.search(run_client([sys.executable, "-m", "pip", "download", "--help"], folder, "pip"))
    if found is None:
        raise InputError("pip names no index", right="configure one (pip config set global.index-url ADDRESS)")
    return found[1]


def _newest(links: list[Link], name: str, version: str | None) -> Link | None:
    found: list[tuple[Version, str, Link]] = []
    for link in links:
        try:
            package, release = parse_sdist_filename(link.filename)
        except (InvalidSdistFilename, InvalidVersion):
            continue
        is_wanted = str(release) == version if version else not release.is_prerelease
        if package == canonicalize_name(name) and is_wanted:
            found.append((release, link.filename, link))
    return max(found, key=lambda candidate: candidate[:2])[2] if found else None


def _links(index: str, name: str, certificates: str | None) -> list[Link]:
    """The files that an index offers for a package; none where it does not know the package."""
    page = f"{index.rstrip('/')}/{canonicalize_name(name)}/"
    if urlsplit(page).scheme == "file":
        page += "index.html"
    try:
        content, kind = _get(page, certificates, MAX_PAGE_BYTES)
    except FileNotFoundError:
        return []
    try:
        if "json" in kind:
            return [_json_link(page, file) for file in json.loads(content)["files"]]
        parser = _Anchors()
        parser.feed(content.decode("utf-8", "replace"))
        return [_html_link(page, address) for address in parser.addresses]
    except (ValueError, LookupError, TypeError, AttributeError, RecursionError) as error:
        raise InputError(f"the index answered with something else than a list of files ({error})") from None


def _json_link(page: str, file: Any) -> Link:
    return Link(urljoin(page, file["url"]), str(file.get("hashes", {}).get("sha256", "")))


def _html_link(page: str, address: str) -> Link:
    bare, fragment = urldefrag(urljoin(page, address))
    return Link(bare, fragment.removeprefix("sha256=") if fragment.startswith("sha256=") else "")


@final
class _Anchors(HTMLParser):
    """Collects the addresses of all links in a page."""

    def __init__(self) -> None:
        super().__init__()
        self.addresses: list[str] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.addresses += [value for key, value in attrs if tag == "a" and key == "href" and value]


def _request(address: str) -> Request:
    """A request; name and password in the address go into a header, which is not sent on to where it is redirected."""
    parts = urlsplit(address)
    _, at, host = parts.netloc.rpartition("@")
    request = Request(urlunsplit(parts._replace(netloc=host)), headers={"Accept": ACCEPTED})
    if at:
        pair = f"{unquote(parts.username or '')}:{unquote(parts.password or '')}"
        request.add_unredirected_header("Authorization", f"Basic {base64.b64encode(pair.encode()).decode()}")
    return request


def _get(address: str, certificates: str | None, limit: int) -> tuple[bytes, str]:
    """The content of an address and its type.

    Raises:
        FileNotFoundError: the server or the folder has no such thing.
        InputError: it cannot be reached, is larger than the limit, or is neither http(s) nor file.
    """
    if urlsplit(address).scheme not in ("https", "http", "file"):
        raise InputError(f"the index points to {address!r}", right="https, http and file are read")
    context = ssl.create_default_context(cafile=certificates) if address.startswith("https") else None
    try:
        request = _request(address)
        with urlopen(request, timeout=TIMEOUT_SECONDS, context=context) as answer:
            content, kind = answer.read(limit + 1), str(answer.headers.get("Content-Type", ""))
    except (OSError, ValueError, HTTPException) as error:
        if getattr(error, "code", None) == 404 or "No such file" in str(error):
            raise FileNotFoundError(address) from None
        raise InputError(f"the index cannot be reached ({error})") from None
    if len(content) > limit:
        raise InputError(f"{address} is larger than {limit} bytes")
    return content, kind
