"""Java by javac: the tests call a class of the same name and methods, whose one method under test asks the program."""

import json
import os
import re
import shutil
import subprocess
from functools import cache
from pathlib import Path

from graftwork.sandbox.checks import CodeTest, ValueTest
from graftwork.sandbox.compiled.common import Common
from graftwork.sandbox.compiled.compiler import Compiler, SourceError, Sources
from graftwork.sandbox.compiled.declaration import typed_declaration, uncommented
from graftwork.sandbox.limits import Limits

__all__ = ["find_java"]

INSIDE = Path(__file__).parents[1] / "inside"
IMPORTS = "import java.util.*;\nimport java.util.function.*;\nimport java.util.stream.*;\n"
_CHANNELS = ("--add-exports", "java.base/jdk.internal.access=ALL-UNNAMED")
_SMALL = ("-XX:TieredStopAtLevel=1", "-XX:+UseSerialGC", "-XX:-UsePerfData", "-Xss16m")
_HEAP_ASIDE = 1 << 30
"""What the virtual machine sets aside beside its heap."""


def _files(source: str, start: str) -> Sources:
    source = re.sub(r"^import org\.javatuples\.\*;$", "", source, flags=re.MULTILINE)  # MultiPL-E's, seldom used
    public = re.search(r"^\s*public\s+(?:final\s+)?class\s+(\w+)", uncommented(source), re.MULTILINE)
    return {f"{public[1] if public else 'Source'}.java": source, "Run.java": _run(start)}


def _run(start: str) -> str:
    return f"final class Run {{ public static void main(String[] arguments) throws Throwable {{ {start} }} }}\n"


def _common() -> Sources:
    """Our side, and a small program, at whose compiling it is seen which classes a compiler needs."""
    solve = "static int solve(List<Integer> a) { return a.stream().mapToInt(x -> x).sum(); }"
    small = f"{IMPORTS}class Solution {{ {solve} }}"
    wire = (INSIDE / "Wire.java").read_text(encoding="utf-8")
    return {
        "Wire.java": wire,
        "small/Solution.java": small,
        "small/Run.java": _run('Wire.cases(Solution.class, "solve");'),
    }


def _class_around(setup: str) -> str:
    """The class that the function under test is in."""
    found = re.findall(r"\bclass\s+(\w+)", uncommented(setup))
    if not found:
        raise SourceError("the tests' setup opens no class")
    return str(found[-1])


def _solver(program: str, test: CodeTest | ValueTest) -> Sources:
    if isinstance(test, ValueTest):
        inputs = ", ".join(json.dumps(arguments) for arguments, _ in test.cases)
        if not re.search(r"\bclass\s+\w+[^;(){}]*\{", uncommented(program).partition("(")[0]):
            program = f"{IMPORTS}class Solution {{\n{program}\n}}\n"
        return _files(program, f'Wire.cases({_class_around(program)}.class, "{test.function}", {inputs});')
    name = typed_declaration(test.setup).name
    return _files(program, f'Wire.serve({_class_around(test.setup)}.class, "{name}");')


def _judge(test: CodeTest) -> Sources:
    made = typed_declaration(test.setup)
    outer = _class_around(test.setup)
    given = ", ".join(f"(Object) {name}" for name in made.names)
    body = f'\nreturn Wire.ask({outer}.class, "{made.name}"{", " if given else ""}{given});\n}}\n'
    source = f"{test.setup}{body}{test.code}\n"
    main = re.search(r"\bclass\s+(\w+)(?:(?!\bclass\b).)*?\bvoid\s+main\b", uncommented(test.code), re.DOTALL)
    start = f"Wire.judge(() -> {main[1] if main else outer}.main(new String[0]));"
    return _files(source, start)


@cache
def find_java() -> Compiler | None:
    """Find a compiler new enough (16) for patterns and ``Stream.toList``."""
    javac, java = shutil.which("javac"), shutil.which("java")
    if not javac or not java:
        return None
    version = subprocess.run([javac, "-version"], capture_output=True, text=True, check=True)
    numbers = (version.stdout or version.stderr).split()[1]
    if int(numbers.partition(".")[0]) < 16:
        return None
    home = Path(os.path.realpath(javac)).parents[1]
    settings = tuple(Path("/etc").glob("java*"))

    java_, javac_, jar = (str(home / "bin" / name) for name in ("java", "javac", "jar"))
    compile_ = [
        "-m",
        "jdk.compiler/com.sun.tools.javac.Main",
        "-proc:none",
        "-nowarn",
        "-encoding",
        "utf-8",
        "-cp",
        "wire.jar",
    ]
    small = ["small/Solution.java", "small/Run.java"]

    def prepare(folder: Path) -> list[list[str]]:
        wire = [javac_, *_CHANNELS, "-proc:none", "-nowarn", "-encoding", "utf-8", "-d", "classes", "Wire.java"]
        pack = [jar, "--create", "--file", "wire.jar", "-C", "classes", "."]
        return [wire, pack, [java_, *_SMALL, "-XX:ArchiveClassesAtExit=javac.jsa", *compile_, *small]]

    common = Common("java", _common, prepare)

    def steps(folder: Path) -> list[list[str]]:
        sources = sorted(path.name for path in folder.glob("*.java"))
        known = f"-XX:SharedArchiveFile={common()}/javac.jsa"
        return [[java_, *_SMALL, "-Xmx512m", known, *compile_[:-1], f"{common()}/wire.jar:.", *sources]]

    def command(folder: Path, limits: Limits) -> list[str]:
        heap = f"-Xmx{limits.memory_bytes >> 20}m"
        return [java_, *_SMALL, heap, *_CHANNELS, "-ea", "-cp", f"{common()}/wire.jar:{folder}", "Run"]

    return Compiler(
        f"javac {numbers}",
        (home, *settings),
        (home, *settings),
        _solver,
        _judge,
        steps,
        command,
        lambda limits: ("data", limits.memory_bytes + _HEAP_ASIDE),
        (("LD_LIBRARY_PATH", str(home / "lib")),),  # found by /proc otherwise, which is not there
        common,
    )
