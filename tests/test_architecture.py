"""What may import what, and what no file may hold. Read from the source, so imports inside functions count too."""

import ast
import re
import subprocess
import sys
import tomllib
from collections.abc import Iterator
from functools import cache
from graphlib import TopologicalSorter
from importlib.metadata import packages_distributions
from pathlib import Path

from packaging.requirements import Requirement
from packaging.utils import canonicalize_name

from tests.report.synthetic import write_run

ROOT = Path(__file__).parents[1]
PACKAGE = ROOT / "src" / "graftwork"

LEVELS = {
    "errors": 0,
    "compiled": 0,
    "config": 0,
    "files": 0,
    "languages": 0,
    "metrics": 0,
    "statistics": 0,
    "data": 1,
    "models": 1,
    "results": 1,
    "sandbox": 1,
    "components": 2,
    "training": 3,
    "evaluation": 3,
    "continual": 4,
    "study": 5,
    "analysis": 5,
    "report": 6,
    "benchmarks": 6,
    "cli": 6,
}
"""Every module and package right under graftwork. Imports point to lower levels, or into the same package."""
TOP = max(LEVELS.values()) + 1
"""The level of graftwork itself, which hands out names from everywhere."""
SIDEWAYS = {
    "config": {"errors"},
    "files": {"errors"},
    "languages": {"errors"},
    "metrics": {"compiled", "languages"},
    "evaluation": {"training"},
    "analysis": {"study"},
    "cli": {"benchmarks", "report"},
}
"""The imports inside one level that are allowed on top."""
READERS = ("metrics", "statistics", "results", "report")
"""What works on records and texts, and so anywhere."""
MODEL_LIBRARIES = {"torch", "transformers", "peft", "accelerate", "safetensors"}
SLOW_LIBRARIES = MODEL_LIBRARIES | {"datasets", "matplotlib", "numba", "pandas", "pyarrow", "scipy"}
CODE_IN_DATA = {"pickle", "cPickle", "cloudpickle", "dill", "joblib", "marshal", "shelve"}
CODE_RUNNERS = {"__import__", "compile", "eval", "exec", "os.popen", "os.system", "pandas.read_pickle", "torch.load"}
INSIDE = "sandbox/inside/"
"""What runs inside the sandbox; running text as code is its work, and it is never imported outside."""
DANGEROUS_SWITCHES = {"allow_pickle", "shell", "trust_remote_code"}

MACHINE_PATH = re.compile(r"(?<![\w./~-])/(?:work|home|root|opt|Users)/\w+")
HOST = re.compile(r"https?://(?:[^/\s\"'@]*@)?([\w.-]+)")
REGISTRY = re.compile(r"pypi|npm|registry|index|mirror|proxy|artifact|nexus|\.(?:internal|local|lan|corp|intranet)$")


@cache
def trees() -> dict[str, ast.Module]:
    """The syntax trees of the package's files, by path below ``src/graftwork``."""
    return {str(path.relative_to(PACKAGE)): ast.parse(path.read_text("utf-8")) for path in PACKAGE.rglob("*.py")}


def owner_of(name: str) -> str:
    """The first part of a path or of a module's name: what has a level."""
    return re.split(r"[/.]", name)[0]


def imported(tree: ast.Module) -> Iterator[str]:
    """The full names of all modules (and of what is taken from them) that a file imports."""
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            yield from (f"{'.' * node.level}{node.module or ''}.{alias.name}" for alias in node.names)


def internal_imports() -> Iterator[tuple[str, str]]:
    """Every import of one file from another: (file, module without the leading ``graftwork.``)."""
    for file, tree in trees().items():
        if file != "__init__.py":
            yield from ((file, name.partition(".")[2]) for name in imported(tree) if owner_of(name) == "graftwork")


def calls() -> Iterator[tuple[str, ast.Call]]:
    for file, tree in trees().items():
        yield from ((f"{file}:{node.lineno}", node) for node in ast.walk(tree) if isinstance(node, ast.Call))


def libraries_loaded_by(*arguments: str) -> set[str]:
    """The top-level names of all modules that a fresh interpreter imports."""
    command = [sys.executable, "-X", "importtime", *arguments]
    outcome = subprocess.run(command, capture_output=True, text=True, check=True)
    lines = [line for line in outcome.stderr.splitlines() if line.startswith("import time:")]
    assert lines
    return {owner_of(line.rpartition("|")[2].strip()) for line in lines}


@cache
def tracked_texts() -> dict[str, str]:
    """The text files that git knows, by path."""
    listing = subprocess.run(["git", "ls-files", "-z"], cwd=ROOT, capture_output=True, check=True, text=True).stdout
    texts = {}
    for name in filter(None, listing.split("\0")):
        content = (ROOT / name).read_bytes() if (ROOT / name).is_file() else b""
        if b"\0" not in content[:8192]:
            texts[name] = content.decode("utf-8", "replace")
    return texts


def requirements() -> set[str]:
    """The names of what the package declares to need, in the form that indexes compare them in."""
    project = tomllib.loads((ROOT / "pyproject.toml").read_text("utf-8"))["project"]
    needed = project["dependencies"] + project["optional-dependencies"]["node"]
    return {canonicalize_name(Requirement(one).name) for one in needed}


def test_every_package_has_a_level() -> None:
    assert {owner_of(file) for file in trees()} - {"__init__"} == set(LEVELS)


def test_imports_are_by_full_name() -> None:
    assert [file for file, tree in trees().items() if any(name.startswith(".") for name in imported(tree))] == []


def test_imports_point_down() -> None:
    wrong = []
    for file, name in internal_imports():
        here, there = owner_of(file), owner_of(name)
        down = LEVELS.get(there, TOP) < LEVELS[here]
        if here != there and not down and there not in SIDEWAYS.get(here, ()):
            wrong.append(f"{file} imports {name}")
    assert wrong == []


def test_no_packages_import_each_other_in_a_circle() -> None:
    graph: dict[str, set[str]] = {}
    for file, name in internal_imports():
        graph.setdefault(owner_of(file), set()).update({owner_of(name)} - {owner_of(file)})
    TopologicalSorter(graph).prepare()  # raises CycleError


def test_the_task_loop_imports_neither_training_nor_evaluation() -> None:
    names = [(file, name) for file, name in internal_imports() if owner_of(file) == "continual"]
    assert [one for one in names if owner_of(one[1]) in ("training", "evaluation")] == []


def test_evaluation_takes_nothing_but_batches_from_training() -> None:
    names = [name for file, name in internal_imports() if owner_of(file) == "evaluation"]
    assert [name for name in names if owner_of(name) == "training" and not name.startswith("training.batches")] == []


def test_the_report_knows_records_and_nothing_that_makes_them() -> None:
    names = [name for file, name in internal_imports() if owner_of(file) == "report"]
    assert {owner_of(name) for name in names} <= {"report", "results", "metrics", "statistics", "files", "errors"}


def test_what_reads_records_imports_no_model_library() -> None:
    files = {file: set(map(owner_of, imported(tree))) for file, tree in trees().items() if owner_of(file) in READERS}
    assert {file: names & MODEL_LIBRARIES for file, names in files.items() if names & MODEL_LIBRARIES} == {}


def test_importing_what_reads_records_loads_no_torch() -> None:
    statement = "import " + ", ".join(f"graftwork.{name}" for name in READERS)
    assert "torch" not in libraries_loaded_by("-c", statement)


def test_rebuilding_a_report_loads_no_torch(tmp_path: Path) -> None:
    folder = write_run(tmp_path / "run", items=1)
    loaded = libraries_loaded_by("-m", "graftwork.cli.main", "report", str(folder.path))
    assert "matplotlib" in loaded
    assert "torch" not in loaded


def test_importing_the_package_loads_no_slow_library() -> None:
    assert libraries_loaded_by("-c", "import graftwork").isdisjoint(SLOW_LIBRARIES | {"pydantic", "numpy"})


def test_help_loads_no_slow_library() -> None:
    assert libraries_loaded_by("-m", "graftwork.cli.main", "--help").isdisjoint(SLOW_LIBRARIES)


def test_every_library_that_is_imported_is_declared() -> None:
    names = {owner_of(name) for tree in trees().values() for name in imported(tree)}
    libraries = names - set(sys.stdlib_module_names) - {"graftwork"}
    homes = packages_distributions()
    declared = requirements()
    assert {name for name in libraries if declared.isdisjoint(map(canonicalize_name, homes[name]))} == set()


def test_no_file_imports_a_format_that_can_hold_code() -> None:
    assert [file for file, tree in trees().items() if set(map(owner_of, imported(tree))) & CODE_IN_DATA] == []


def test_no_file_runs_text_as_code() -> None:
    places = [place for place, call in calls() if ast.unparse(call.func) in CODE_RUNNERS]
    assert [place for place in places if not place.startswith(INSIDE)] == []


def test_what_runs_inside_the_sandbox_is_imported_from_nowhere_else() -> None:
    wrong = [file for file, name in internal_imports() if name.startswith(INSIDE.replace("/", "."))]
    assert [file for file in wrong if not file.startswith(INSIDE)] == []


def test_what_runs_inside_the_sandbox_needs_nothing_of_the_package() -> None:
    wrong = [name for file, name in internal_imports() if file.startswith(INSIDE)]
    assert [name for name in wrong if not name.startswith("sandbox.inside.wire")] == []


def test_no_call_turns_on_a_shell_remote_code_or_pickles() -> None:
    wrong = []
    for place, call in calls():
        switches = [keyword for keyword in call.keywords if keyword.arg in DANGEROUS_SWITCHES]
        wrong += [f"{place} {one.arg}" for one in switches if ast.unparse(one.value) != "False"]
    assert wrong == []


def test_yaml_is_read_as_plain_data_only() -> None:
    used = {(place, ast.unparse(call.func)) for place, call in calls() if ast.unparse(call.func).startswith("yaml.")}
    assert [place for place, name in used if name not in ("yaml.safe_dump", "yaml.SafeLoader", "yaml.safe_load")] == []


def test_yaml_of_others_is_read_in_one_place() -> None:
    """``parse_yaml`` counts what aliases stand for; ``safe_load`` would follow them for ever."""
    assert [place for place, call in calls() if ast.unparse(call.func) == "yaml.safe_load"] == []


def test_models_and_tokenizers_are_loaded_without_code_of_their_makers() -> None:
    wrong = []
    for place, call in calls():
        if isinstance(call.func, ast.Attribute) and call.func.attr == "from_pretrained" and "models/" in place:
            said = {keyword.arg: ast.unparse(keyword.value) for keyword in call.keywords}
            safe = said.get("use_safetensors") == "True" or "auto_class_of" not in ast.unparse(call.func)
            wrong += [] if said.get("trust_remote_code") == "False" and safe else [place]
    assert wrong == []


def test_code_runners_are_not_taken_out_of_their_modules_by_name() -> None:
    runners = {"torch.load", "os.system", "os.popen", "pandas.read_pickle", "builtins.eval", "builtins.exec"}
    assert {name for tree in trees().values() for name in imported(tree)} & runners == set()


def test_no_time_is_taken_from_a_clock_that_can_be_set() -> None:
    assert [place for place, call in calls() if ast.unparse(call.func) in ("time.time", "time.time_ns")] == []


def test_no_tracked_file_names_a_place_on_some_machine() -> None:
    found = {name: MACHINE_PATH.findall(text) for name, text in tracked_texts().items()}
    assert {name: paths for name, paths in found.items() if paths} == {}


def test_no_tracked_file_names_a_package_registry() -> None:
    found = {name: set(HOST.findall(text)) for name, text in tracked_texts().items()}
    registries = {name: [host for host in hosts if REGISTRY.search(host)] for name, hosts in found.items()}
    assert {name: hosts for name, hosts in registries.items() if hosts} == {}
