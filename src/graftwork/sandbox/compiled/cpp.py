"""C++ by g++: compiler, assembler and linker one by one, because no process in the sandbox may start another."""

import json
import shlex
import shutil
import subprocess
from functools import cache
from pathlib import Path

from graftwork.sandbox.checks import CodeTest, ValueTest
from graftwork.sandbox.compiled.compiler import Compiler, Sources
from graftwork.sandbox.compiled.declaration import typed_declaration

__all__ = ["find_cpp"]

INSIDE = Path(__file__).parents[1] / "inside"
HEAD = (
    "".join(
        f"#include <{name}>\n"
        for name in (
            "algorithm",
            "climits",
            "cmath",
            "cstdio",
            "cstdlib",
            "cstring",
            "iostream",
            "sstream",
            "string",
            "vector",
        )
    )
    + '#include "wire.hpp"\n#include <math.h>\n#include <stdlib.h>\n'
)
"""The headers that HumanEval-X's own evaluation puts before every program (Zheng et al. 2023, arXiv:2303.17568)."""
ANY = """#pragma once
#include <any>
namespace boost { using std::any; using std::any_cast; using std::bad_any_cast; }
"""
"""Stands for Boost.Any, which HumanEval-X uses and C++17 has taken over; Boost itself is not needed."""
_OPTIONS = ("-std=c++17", "-O1", "-w", "-fno-diagnostics-show-caret", "-fmax-errors=3")


def _files(source: str) -> Sources:
    return {"main.cpp": source, "wire.hpp": (INSIDE / "wire.hpp").read_text(encoding="utf-8"), "boost/any.hpp": ANY}


def _program(program: str) -> str:
    """The program, whose own main function, if it has one, is not called."""
    return f"{HEAD}\n#define main main_of_the_program\n{program}\n#undef main\n"


def _solver(program: str, test: CodeTest | ValueTest) -> Sources:
    if isinstance(test, ValueTest):
        lines = ", ".join(json.dumps(arguments) for arguments, _ in test.cases)
        return _files(f"{_program(program)}\nint main() {{ graftwork::run_cases({test.function}, {{{lines}}}); }}\n")
    made = typed_declaration(test.setup)
    call = f"{made.name}({', '.join(made.names)})"
    called = f"{made.result} call_of_the_tests({made.parameters}) {{ return {call}; }}"
    return _files(f"{_program(program)}\n{called}\nint main() {{ graftwork::serve(call_of_the_tests); }}\n")


def _judge(test: CodeTest) -> Sources:
    made = typed_declaration(test.setup)
    given = ", ".join(made.names)
    body = f"\nreturn graftwork::ask<decltype({made.name}({given}))>({given});\n}}\n"
    said = "static const int said = on_exit(graftwork::say_passed, nullptr);\n"
    # The libraries may have a function of this name that fits a call better: strlen("") is C's, not the program's.
    included = test.setup.rfind("#include")
    start = test.setup.find("\n", included) + 1 if included >= 0 else 0
    renamed = f"#define {made.name} {made.name}_of_the_program\n"
    return _files(f"{HEAD}\n{test.setup[:start]}{renamed}{test.setup[start:]}{body}{said}{test.code}\n")


def _asked(*arguments: str) -> str:
    return subprocess.run(["g++", *arguments], capture_output=True, text=True, check=True).stdout.strip()


def _tool(name: str) -> str:
    """Where g++ has one of its parts; it gives the bare name of what is in the search path."""
    return shutil.which(_asked(f"-print-prog-name={name}")) or name


def _would_run(*arguments: str) -> list[str]:
    """The first command that g++ would run."""
    printed = subprocess.run(["g++", "-###", *arguments], capture_output=True, text=True, check=True).stderr
    lines = [line for line in printed.splitlines() if line.startswith(" ")]
    return next(command for command in map(shlex.split, lines) if not command[0].startswith("COLLECT"))


@cache
def find_cpp() -> Compiler | None:
    """Find g++."""
    if not shutil.which("g++"):
        return None
    libraries = ["-lcrypto"] if Path(_asked("-print-file-name=libcrypto.so")).is_absolute() else []
    compile_ = _would_run(*_OPTIONS, "-I.", "-S", "main.cpp", "-o", "main.s")
    assemble = [_tool("as"), *_would_run("-c", "main.s", "-o", "main.o")[1:]]
    link = [_tool("ld"), *_unplugged(_would_run("main.o", *libraries, "-o", "program")[1:])]
    folders = (Path(one[0]).resolve().parent for one in (compile_, assemble, link))

    return Compiler(
        f"g++ {_asked('-dumpfullversion')}",
        (Path("/usr/include"), *sorted(set(folders))),
        (),
        _solver,
        _judge,
        lambda folder: [compile_, assemble, link],
        lambda folder, limits: [str(folder / "program")],
        lambda limits: ("space", limits.memory_bytes),
    )


def _unplugged(arguments: list[str]) -> list[str]:
    """A linker's arguments without the plugin for optimizing whole programs, which starts processes."""
    return [one for one in arguments if not one.startswith("-plugin") and "liblto_plugin" not in one]
