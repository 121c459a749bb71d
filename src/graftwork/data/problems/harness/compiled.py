"""Java, Go, Rust and C++: programs with their arguments written into the source, in the types of each language."""

import json
import re
import shutil
from collections.abc import Callable, Sequence
from typing import Any

from graftwork.data.problems.harness.case import Case
from graftwork.data.problems.harness.harness import Harness, Toolchain
from graftwork.data.problems.harness.interpreted import version_of
from graftwork.data.problems.renderers.cpp import TYPES as CPP_TYPES
from graftwork.data.problems.renderers.go import TYPES as GO_TYPES

__all__ = ["COMPILED"]

Literal = Callable[[str, Any], str]
"""Writes a value of a type."""


def _calls(case: Case, literal: Literal, function: str = "solve") -> list[str]:
    """A call for each test."""
    return [
        f"{function}({', '.join(literal(kind, value) for kind, value in zip(case.parameters, arguments, strict=True))})"
        for arguments in case.arguments
    ]


def _items(values: Sequence[Any]) -> str:
    return ", ".join(map(json.dumps, values))


JAVA_JSON = """
static String json(Object value) {
    if (value instanceof String s) return "\\"" + s + "\\"";
    if (value instanceof List<?> l) return l.stream().map(x -> json(x)).collect(Collectors.joining(",", "[", "]"));
    if (value instanceof Map<?, ?> m)
        return m.entrySet().stream().map(e -> json(e.getKey()) + ":" + json(e.getValue()))
            .collect(Collectors.joining(",", "{", "}"));
    return String.valueOf(value);
}
"""


def _java_literal(kind: str, value: Any) -> str:
    if kind in ("numbers", "words"):
        return f"List.of({_items(value)})"
    if kind == "mapping":
        return f"Map.of({_items([part for entry in value.items() for part in entry])})"
    return json.dumps(value)


def _java(cases: Sequence[Case]) -> str:
    classes = []
    for i, case in enumerate(cases):
        run = f"static String run() {{ return json(List.of({', '.join(_calls(case, _java_literal))})); }}"
        classes.append(f"static class P{i} {{\n{case.program}\n{run}\n}}")
    prints = "\n".join(f'System.out.print("{"," * (i > 0)}" + P{i}.run());' for i in range(len(cases)))
    main = f'public static void main(String[] a) {{ System.out.print("["); {prints} System.out.print("]"); }}'
    head = "import java.util.*;\nimport java.util.stream.*;\npublic class Main {"
    return "\n".join([head, main, JAVA_JSON, *classes, "}"])


def _find_java() -> Toolchain | None:
    """A compiler new enough (16) for ``Stream.toList``."""
    version = version_of("javac", "-version")
    if not version or not shutil.which("java") or int(re.findall(r"\d+", version)[0]) < 16:
        return None
    return Toolchain(version, (("java", "-XX:TieredStopAtLevel=1", "-XX:+UseSerialGC", "Main.java"),))


def _go_literal(kind: str, value: Any) -> str:
    if kind == "mapping":
        return f"{GO_TYPES[kind]}{{{', '.join(f'{json.dumps(n)}: {c}' for n, c in value.items())}}}"
    return f"{GO_TYPES[kind]}{{{_items(value)}}}" if kind in ("numbers", "words") else json.dumps(value)


def _go(cases: Sequence[Case]) -> str:
    # Functions of one file share a package, so each gets a name of its own.
    programs = [re.sub(r"\bsolve\b", f"solve{i}", case.program) for i, case in enumerate(cases)]
    text = "\n\n".join(programs)
    packages = [name for name in ("sort", "strconv", "strings") if f"{name}." in text]
    imports = "\n".join(f'import "{name}"' for name in ("encoding/json", "os", *packages))
    calls = [", ".join(_calls(case, _go_literal, f"solve{i}")) for i, case in enumerate(cases)]
    # One function a program: the compiler takes much longer over one that holds them all.
    runs = "\n".join(f"func run{i}() []any {{ return []any{{{call}}} }}" for i, call in enumerate(calls))
    names = ", ".join(f"run{i}" for i in range(len(cases)))
    main = (
        f"func main() {{\nresults := [][]any{{}}\nfor _, run := range []func() []any{{{names}}} {{\n"
        "results = append(results, run())\n}\njson.NewEncoder(os.Stdout).Encode(results)\n}"
    )
    return f"package main\n\n{imports}\n\n{text}\n\n{runs}\n\n{main}\n"


def _find_go() -> Toolchain | None:
    """A compiler with ``any`` (1.18)."""
    version = version_of("go", "version")
    if not version or tuple(map(int, re.findall(r"\d+", version)[:2])) < (1, 18):
        return None
    return Toolchain(version, (("go", "build", "-o", "programs", "programs.go"), ("./programs",)))


RUST_HEAD = """#![allow(unused, dead_code)]
use std::collections::{BTreeMap, HashSet};

trait Json {
    fn json(&self) -> String;
}
impl Json for i64 {
    fn json(&self) -> String { self.to_string() }
}
impl Json for String {
    fn json(&self) -> String { format!("{self:?}") }
}
impl<T: Json> Json for Vec<T> {
    fn json(&self) -> String { format!("[{}]", self.iter().map(|x| x.json()).collect::<Vec<_>>().join(",")) }
}
impl Json for BTreeMap<String, i64> {
    fn json(&self) -> String {
        format!("{{{}}}", self.iter().map(|(n, c)| format!("{n:?}:{c}")).collect::<Vec<_>>().join(","))
    }
}
fn words(words: &[&str]) -> Vec<String> { words.iter().map(|w| w.to_string()).collect() }
fn mapping(entries: &[(&str, i64)]) -> BTreeMap<String, i64> {
    entries.iter().map(|(n, c)| (n.to_string(), *c)).collect()
}
"""


def _rust_literal(kind: str, value: Any) -> str:
    if kind == "numbers":
        return f"&[{_items(value)}]"
    if kind == "words":
        return f"&words(&[{_items(value)}])"
    if kind == "mapping":
        return f"&mapping(&[{', '.join(f'({json.dumps(n)}, {c})' for n, c in value.items())}])"
    return json.dumps(value)


def _rust(cases: Sequence[Case]) -> str:
    modules = []
    for i, case in enumerate(cases):
        results = f"vec![{', '.join(_calls(case, _rust_literal))}].json()"
        modules.append(f"mod p{i} {{\nuse super::*;\n{case.program}\npub fn run() -> String {{ {results} }}\n}}")
    runs = ", ".join(f"p{i}::run()" for i in range(len(cases)))
    main = f'fn main() {{ println!("[{{}}]", [{runs}].join(",")); }}'
    return "\n".join([RUST_HEAD, *modules, main])


def _find_rust() -> Toolchain | None:
    version = version_of("rustc", "--version")
    compile_ = ("rustc", "--edition", "2021", "-C", "debuginfo=0", "programs.rs")
    return Toolchain(version, (compile_, ("./programs",))) if version else None


CPP_HEAD = """#include <algorithm>
#include <cctype>
#include <cstdlib>
#include <functional>
#include <iostream>
#include <map>
#include <numeric>
#include <set>
#include <sstream>
#include <string>
#include <vector>

std::string json(int value) { return std::to_string(value); }
std::string json(const std::string& value) { return "\\"" + value + "\\""; }
std::string json(const std::map<std::string, int>& value) {
    std::string text;
    for (const auto& [name, count] : value) text += (text.empty() ? "" : ",") + json(name) + ":" + json(count);
    return "{" + text + "}";
}
template <typename T> std::string json(const std::vector<T>& values) {
    std::string text;
    for (const auto& value : values) text += (text.empty() ? "" : ",") + json(value);
    return "[" + text + "]";
}
"""


def _cpp_literal(kind: str, value: Any) -> str:
    if kind == "mapping":
        return f"{CPP_TYPES[kind]}{{{', '.join(f'{{{json.dumps(n)}, {c}}}' for n, c in value.items())}}}"
    return f"{CPP_TYPES[kind]}{{{_items(value)}}}" if kind in ("numbers", "words") else json.dumps(value)


def _cpp(cases: Sequence[Case]) -> str:
    spaces = []
    for i, case in enumerate(cases):
        results = f"json(std::vector<{CPP_TYPES[case.result]}>{{{', '.join(_calls(case, _cpp_literal))}}})"
        spaces.append(f"namespace p{i} {{\n{case.program}\nstd::string run() {{ return {results}; }}\n}}")
    prints = "\n".join(f'std::cout << "{"," * (i > 0)}" << p{i}::run();' for i in range(len(cases)))
    main = f'int main() {{\nstd::cout << "[";\n{prints}\nstd::cout << "]";\n}}'
    return "\n".join([CPP_HEAD, *spaces, main])


def _find_cpp() -> Toolchain | None:
    version = version_of("g++", "--version")
    compile_ = ("g++", "-std=c++17", "-O0", "-w", "-o", "programs", "programs.cpp")
    return Toolchain(version, (compile_, ("./programs",))) if version else None


COMPILED = (
    Harness("java", "Main.java", _java, _find_java),
    Harness("go", "programs.go", _go, _find_go),
    Harness("rust", "programs.rs", _rust, _find_rust),
    Harness("cpp", "programs.cpp", _cpp, _find_cpp),
)
