"""C++ by g++: compiler, assembler and linker one by one, because no process in the sandbox may start another."""

import json
import shutil
from functools import cache
from pathlib import Path

from graftwork.sandbox.checks import CodeTest, ValueTest
from graftwork.sandbox.compiled.common import Common
from graftwork.sandbox.compiled.compiler import Compiler, Sources
from graftwork.sandbox.compiled.declaration import typed_declaration
from graftwork.sandbox.compiled.linker import asked, linker, tool, would_run

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
FIRST = '#include "head.hpp"\n'
ANY = """#pragma once
#include <any>
namespace boost { using std::any; using std::any_cast; using std::bad_any_cast; }
"""
"""Stands for Boost.Any, which HumanEval-X uses and C++17 has taken over; Boost itself is not needed."""
_FOLDER = "/of-the-headers"
"""Stands for the folder that holds them, which is made when it is needed."""
_OPTIONS = ("-std=c++17", "-O0", "-w", "-fno-diagnostics-show-caret", "-fmax-errors=3")


def _common() -> Sources:
    """The headers, of which the compiler makes a file that is read in far less time than they are."""
    return {"head.hpp": HEAD, "wire.hpp": (INSIDE / "wire.hpp").read_text(encoding="utf-8"), "boost/any.hpp": ANY}


def _program(program: str) -> str:
    """The program, whose own main function, if it has one, is not called."""
    return f"{FIRST}#define main main_of_the_program\n{program}\n#undef main\n"


def _solver(program: str, test: CodeTest | ValueTest) -> Sources:
    if isinstance(test, ValueTest):
        lines = ", ".join(json.dumps(arguments) for arguments, _ in test.cases)
        return {
            "main.cpp": f"{_program(program)}\nint main() {{ graftwork::run_cases({test.function}, {{{lines}}}); }}\n"
        }
    made = typed_declaration(test.setup)
    call = f"{made.name}({', '.join(made.names)})"
    called = f"{made.result} call_of_the_tests({made.parameters}) {{ return {call}; }}"
    return {"main.cpp": f"{_program(program)}\n{called}\nint main() {{ graftwork::serve(call_of_the_tests); }}\n"}


def _judge(test: CodeTest) -> Sources:
    made = typed_declaration(test.setup)
    given = ", ".join(made.names)
    body = f"\nreturn graftwork::ask<decltype({made.name}({given}))>({given});\n}}\n"
    said = "static const int said = on_exit(graftwork::say_passed, nullptr);\n"
    # The libraries may have a function of this name that fits a call better: strlen("") is C's, not the program's.
    included = test.setup.rfind("#include")
    start = test.setup.find("\n", included) + 1 if included >= 0 else 0
    renamed = f"#define {made.name} {made.name}_of_the_program\n"
    return {"main.cpp": f"{FIRST}{test.setup[:start]}{renamed}{test.setup[start:]}{body}{said}{test.code}\n"}


@cache
def find_cpp() -> Compiler | None:
    """Find g++."""
    if not shutil.which("g++"):
        return None
    libraries = ["-lcrypto"] if Path(asked("g++", "-print-file-name=libcrypto.so")).is_absolute() else []
    compile_ = would_run("g++", *_OPTIONS, "-I", _FOLDER, "-S", "main.cpp", "-o", "main.s")
    assemble = [tool("g++", "as"), *would_run("g++", "-c", "main.s", "-o", "main.o")[1:]]
    link, _ = linker("g++", "main.o", *libraries)
    header = ["g++", *_OPTIONS, "-x", "c++-header", "head.hpp", "-o", "head.hpp.gch"]
    common = Common("cpp", _common, lambda folder: [header])
    folders = (Path(one[0]).resolve().parent for one in (compile_, assemble, link))

    return Compiler(
        f"g++ {asked('g++', '-dumpfullversion')}",
        (Path("/usr/include"), *sorted(set(folders))),
        (),
        _solver,
        _judge,
        lambda folder: [[one.replace(_FOLDER, str(common())) for one in compile_], assemble, link],
        lambda folder, limits: [str(folder / "program")],
        lambda limits: ("space", limits.memory_bytes),
        common=common,
    )
