"""Go by its compiler and linker, called one by one, with the packages of its standard library."""

import json
import os
import re
import shutil
import subprocess
from functools import cache
from pathlib import Path

from graftwork.sandbox.checks import CodeTest, ValueTest
from graftwork.sandbox.compiled.compiler import Compiler, Sources
from graftwork.sandbox.compiled.declaration import go_declaration, uncommented

__all__ = ["find_go"]

INSIDE = Path(__file__).parents[1] / "inside"
PACKAGES = (
    *("bufio", "bytes", "container/heap", "container/list", "crypto/md5", "encoding/hex", "encoding/json", "errors"),
    *("fmt", "math", "math/big", "math/bits", "math/cmplx", "math/rand", "os", "reflect", "regexp", "sort", "strconv"),
    *("strings", "testing", "time", "unicode", "unicode/utf8"),
)
"""What programs may import: each gets what it uses and no more, as in HumanEval-X's own evaluation."""
_USUAL = {name.rpartition("/")[2]: name for name in PACKAGES if name != "container/list"}
_IMPORTS = re.compile(r"^import\s*(?:\(.*?^\s*\)|[^\n(]*$)", re.MULTILINE | re.DOTALL)
_SPECIFICATION = re.compile(r'(?:(\w+|\.)[ \t]+)?"([^"]+)"')
_ASSERTIONS = "github.com/stretchr/testify/assert"
_ASIDE = 1 << 28
"""What the runtime holds beside the program's memory."""


def _file(code: str) -> str:
    """One file of the main package, with the imports that it uses."""
    code = re.sub(r"^package\s+\w+[ \t]*$", "", code, count=1, flags=re.MULTILINE)
    given = [one for block in _IMPORTS.findall(code) for one in _SPECIFICATION.findall(block)]
    rest = _IMPORTS.sub("", code)
    bare = re.sub(r'"(?:[^"\\\n]|\\.)*"', '""', uncommented(rest))
    named = {name or path.rpartition("/")[2]: path for name, path in given if path != _ASSERTIONS}
    used = {name: path for name, path in (_USUAL | named).items() if re.search(rf"\b{re.escape(name)}\.[A-Z]", bare)}
    imports = "\n".join(f'import {name} "{path}"' for name, path in used.items())
    return f"package main\n\n{imports}\n{rest}\n"


def _files(main: str, *others: str, inside: tuple[str, ...] = ("wire.go",)) -> Sources:
    files = {f"part{number}.go": _file(code) for number, code in enumerate(others)}
    files |= {name: (INSIDE / name).read_text(encoding="utf-8") for name in inside}
    return files | {"main.go": _file(main)}


def _solver(program: str, test: CodeTest | ValueTest) -> Sources:
    program = re.sub(r"\bfunc\s+main\s*\(", "func mainOfTheProgram(", program)
    if isinstance(test, ValueTest):
        lines = ", ".join(json.dumps(arguments) for arguments, _ in test.cases)
        return _files(f"func main() {{ wireRunCases({test.function}, []string{{{lines}}}) }}\n", program)
    return _files(f"func main() {{ wireServe({go_declaration(test.setup).name}) }}\n", program)


def _judge(test: CodeTest) -> Sources:
    made = go_declaration(test.setup)
    body = f"\nreturn wireAsk[{made.result}]({', '.join((made.name, *made.names))})\n}}\n"
    tests = re.findall(r"^func\s+(Test\w+)\s*\(", test.code, re.MULTILINE)
    listed = ", ".join(f'{{Name: "{name}", F: {name}}}' for name in tests)
    main = f"func main() {{ judge([]testing.InternalTest{{{listed}}}) }}\n"
    return _files(main, test.setup + body, test.code, inside=("wire.go", "judge.go"))


def _exported(go: str) -> dict[str, str]:
    """Package -> the compiled file of it, for all packages that programs may import and all that those need."""
    listed = [go, "list", "-export", "-deps", "-f", "{{.ImportPath}}={{.Export}}", *PACKAGES]
    quiet = os.environ | {"GOFLAGS": "", "CGO_ENABLED": "0", "GO111MODULE": "off"}
    lines = subprocess.run(listed, capture_output=True, text=True, check=True, env=quiet).stdout.split()
    return {name: file for name, _, file in (line.partition("=") for line in lines) if file}


@cache
def find_go() -> Compiler | None:
    """Find a compiler with type parameters (1.18)."""
    go = shutil.which("go")
    if go is None:
        return None
    version = subprocess.run([go, "version"], capture_output=True, text=True, check=True).stdout.split()[2]
    if tuple(map(int, re.findall(r"\d+", version)[:2])) < (1, 18):
        return None
    asked = subprocess.run([go, "env", "GOTOOLDIR", "GOROOT"], capture_output=True, text=True, check=True)
    tools, root = map(Path, asked.stdout.split())
    packages = _exported(go)
    configuration = "".join(f"packagefile {name}={file}\n" for name, file in packages.items())
    folders = {str(Path(os.path.realpath(file)).parent) for file in packages.values()}

    def with_packages(files: Sources) -> Sources:
        return files | {"importcfg": configuration, "importcfg.link": configuration + "packagefile main=main.a\n"}

    def steps(folder: Path) -> list[list[str]]:
        sources = sorted(path.name for path in folder.glob("*.go"))
        compiled = ["-o", "main.a", "-p", "main", "-complete", "-c", "2", "-importcfg", "importcfg", "-pack", *sources]
        linked = ["-importcfg", "importcfg.link", "-s", "-w", "-o", "program", "main.a"]
        return [[str(tools / "compile"), *compiled], [str(tools / "link"), *linked]]

    return Compiler(
        f"go {version.removeprefix('go')}",
        (Path(os.path.realpath(tools)), Path(os.path.realpath(root)), *map(Path, sorted(folders))),
        (),
        lambda program, test: with_packages(_solver(program, test)),
        lambda test: with_packages(_judge(test)),
        steps,
        lambda folder, limits: [str(folder / "program")],
        lambda limits: ("data", limits.memory_bytes + _ASIDE),
    )
