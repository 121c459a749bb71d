"""Every language mined from a real package, with what `scripts/count-mined` uses. Left out only where the registry that
carries the package cannot be reached."""

import subprocess
import sys
from collections.abc import Callable
from functools import cache
from importlib.machinery import SourceFileLoader
from importlib.util import module_from_spec, spec_from_loader
from pathlib import Path
from types import ModuleType

import pytest

from graftwork.data.sources.npm import _npm
from graftwork.languages import LANGUAGES, get_language

SCRIPT = Path(__file__).parents[3] / "scripts" / "count-mined"
AT_LEAST = {
    "python": 60,
    "javascript": 10,
    "typescript": 15,
    "java": 60,
    "go": 60,
    "ruby": 100,
    "php": 80,
    "rust": 25,
    "cpp": 200,
    "csharp": 300,
}
"""Language -> functions kept; versions are named, but Debian's follow its release, so there is some room."""
CLIENTS: dict[str, Callable[[], list[str]]] = {
    "pypi": lambda: [
        sys.executable,
        "-m",
        "pip",
        "download",
        "-q",
        "--no-deps",
        "--no-binary=:none:",
        "six",
        "-d",
        ".",
    ],
    "npm": lambda: [*_npm(), "view", "semver", "version"],
    "debian": lambda: ["apt-get", "download", "ruby-thor"],
}
"""Kind of source -> what its client does with success only where the registry answers."""


def load_script() -> ModuleType:
    spec = spec_from_loader("count_mined", SourceFileLoader("count_mined", str(SCRIPT)))
    assert spec is not None and spec.loader is not None
    module = module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


COUNT_MINED = load_script()


@cache
def reached(kind: str, folder: Path) -> bool:
    try:
        subprocess.run(CLIENTS[kind](), cwd=folder, capture_output=True, timeout=60, check=True)
    except (OSError, subprocess.SubprocessError):
        return False
    return True


@pytest.fixture(params=AT_LEAST)
def language(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> str:
    kind = COUNT_MINED.SOURCES[request.param].partition(":")[0]
    if not reached(kind, tmp_path_factory.getbasetemp()):
        pytest.skip(f"the registry of {kind} cannot be reached")
    return str(request.param)


def test_a_language_is_mined_from_a_real_package(language: str) -> None:
    source = COUNT_MINED.SOURCES[language]
    mined = COUNT_MINED.mined(language, source)
    print(f"{language} {source}: {mined.report.kept} of {mined.report.found} functions")
    assert mined.report.kept == len(mined.examples) >= AT_LEAST[language]
    spoken = get_language(language)
    parsed = sum(spoken.parses(example.target) for example in mined.examples)
    assert parsed >= 0.85 * len(mined.examples)  # macros before a function are not C++ by its grammar
    assert all(len(example.description.split()) >= 3 and example.target.strip() for example in mined.examples)
    assert len({example.target for example in mined.examples}) == len(mined.examples)


def test_every_language_has_a_source_and_a_bound() -> None:
    assert set(COUNT_MINED.SOURCES) == set(AT_LEAST) == set(LANGUAGES)
