"""Rust by rustc, which makes an object that uses the shared standard library, and the system's linker."""

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
from graftwork.sandbox.compiled.declaration import Declaration, rust_declaration, rust_function
from graftwork.sandbox.compiled.linker import linker

__all__ = ["find_rust"]

INSIDE = Path(__file__).parents[1] / "inside"
_OPTIONS = ("--edition", "2021", "--cap-lints", "allow")
_CODE = ("-C", "prefer-dynamic", "-C", "codegen-units=1", "-C", "opt-level=0", "-C", "debuginfo=0")
_ABSENT = re.compile(r"^[ \t]*use\s+(?:rand|regex|md5)\b[^;]*;", re.MULTILINE)
"""Crates that HumanEval-X's prompts name throughout and that hardly any program uses."""
_ASIDE = 1 << 28
"""What the compiler holds beside the program's memory."""
_PRELUDE = "#[allow(unused_imports)]\nuse std::collections::*;\n"
"""What generated programs use without saying so; names that a program brings itself go before these."""


def _crate(source: str, run: str) -> Sources:
    """One crate: the source at its root, our side in modules that see what it defines."""
    ours = f"extern crate graftwork_wire;\nmod graftwork_run {{\nuse super::*;\npub fn run() {{ {run} }}\n}}\n"
    return {"main.rs": f"{_ABSENT.sub('', source)}\n{_PRELUDE}{ours}fn main() {{ graftwork_run::run() }}\n"}


def _common() -> Sources:
    return {"wire.rs": (INSIDE / "wire.rs").read_text(encoding="utf-8")}


def _without_main(code: str) -> str:
    return re.sub(r"\bfn\s+main\s*\(", "fn main_of_the_program(", code)


def _called(made: Declaration) -> str:
    """A function of our side that calls the program's with what has been read for its parameters."""
    types = [_type(one) for one in made.parameter_types]
    reads = [
        f"let mut a{n}: {_owned(one)} = super::graftwork_wire::argument(given, {n})?;" for n, one in enumerate(types)
    ]
    given = ", ".join(f"{_reference(one)}a{n}" for n, one in enumerate(types))
    call = f"let result = super::{made.name}({given});"
    return f"|given| {{ {' '.join(reads)} {call} Ok(super::graftwork_wire::written(&result)) }}"


def _type(written: str) -> str:
    """A type without lifetimes."""
    return re.sub(r"'\w+\s*", "", written).strip()


def _reference(kind: str) -> str:
    found = re.match(r"&\s*(mut\s+)?", kind)
    return "" if found is None else "&mut " if found[1] else "&"


def _owned(kind: str) -> str:
    """What holds the value that a parameter of this type may borrow."""
    behind = re.sub(r"^&\s*(?:mut\s+)?", "", kind)
    if behind == kind:
        return kind.replace("&str", "String") if "&str" not in kind else _no_way(kind)
    if behind == "str":
        return "String"
    listed = re.fullmatch(r"\[([^;]*)\]", behind)
    return f"Vec<{_owned(listed[1])}>" if listed else behind


def _no_way(kind: str) -> str:
    raise SourceError(f"no way to hand over a {kind}")


def _solver(program: str, test: CodeTest | ValueTest) -> Sources:
    if isinstance(test, CodeTest):
        made = rust_declaration(test.setup)
        return _crate(_without_main(program), f"super::graftwork_wire::serve({_called(made)})")
    made = rust_function(program, test.function)
    lines = ", ".join(json.dumps(arguments, ensure_ascii=False) for arguments, _ in test.cases)
    return _crate(_without_main(program), f"super::graftwork_wire::run_cases({_called(made)}, &[{lines}])")


def _judge(test: CodeTest) -> Sources:
    made = rust_declaration(test.setup)
    given = ", ".join(f"graftwork_wire::written(&{name})" for name in made.names)
    body = f"\ngraftwork_wire::ask::<{made.result}>(&[{given}])\n}}\n"
    code = re.sub(r"#\[cfg\(test\)\]\s*(?:pub\s+)?mod\s", "pub mod ", test.code)
    inside = re.search(r"\bpub mod\s+(\w+)", code)
    code, count = re.subn(r"#\[test\]\s*(?:pub\s+)?fn\s", "pub fn ", code)
    tests = re.findall(r"#\[test\]\s*(?:pub\s+)?fn\s+(\w+)", test.code) if count else ["main_of_the_tests"]
    code = re.sub(r"\bfn\s+main\s*\(", "fn main_of_the_tests(", code)
    listed = ", ".join(f"super::{inside[1]}::{name}" if inside else f"super::{name}" for name in tests)
    source = f"{_without_main(test.setup)}{body}{code}"
    return _crate(source, f"super::graftwork_wire::judge(&[{listed}])")


def _asked(rustc: str, *arguments: str) -> str:
    return subprocess.run([rustc, *arguments], capture_output=True, text=True, check=True).stdout.strip()


@cache
def find_rust() -> Compiler | None:
    """Find a compiler (1.66 or newer) and what links."""
    found, linking = shutil.which("rustc"), shutil.which("cc")
    if found is None or linking is None:
        return None
    version = _asked(found, "--version").split()[1]
    root, libraries = Path(_asked(found, "--print", "sysroot")), Path(_asked(found, "--print", "target-libdir"))
    standard = next(iter(libraries.glob("libstd-*.so")), None)
    if tuple(map(int, re.findall(r"\d+", version)[:2])) < (1, 66) or standard is None:
        return None
    rustc = root / "bin" / "rustc"
    program = ("--crate-name", "program", "--crate-type", "bin", "--emit", "obj", "-o", "main.o", "main.rs")
    wire = ("--crate-name", "graftwork_wire", "--crate-type", "rlib", "wire.rs")
    common = Common("rust", _common, lambda folder: [[found, *_OPTIONS, *_CODE, *wire]])
    link, folders = linker("cc", "main.o", str(standard), f"-Wl,-rpath,{libraries}")

    def steps(folder: Path) -> list[list[str]]:
        ours = common() / "libgraftwork_wire.rlib"
        compile_ = [str(rustc), *_OPTIONS, *_CODE, "--extern", f"graftwork_wire={ours}", *program]
        at = link.index("main.o") + 1
        return [compile_, [*link[:at], str(ours), *link[at:]]]

    return Compiler(
        f"rustc {version}",
        (Path(os.path.realpath(root)), *folders),
        (Path(os.path.realpath(libraries)),),
        _solver,
        _judge,
        steps,
        lambda folder, limits: [str(folder / "program")],
        lambda limits: ("data", limits.memory_bytes + _ASIDE),
        (("LD_LIBRARY_PATH", str(root / "lib")),),  # found by /proc otherwise, which is not there
        common,
    )
