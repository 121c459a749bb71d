"""Recipes, assignments on the command line, claims, and names."""

import json
from pathlib import Path
from typing import Any

from hypothesis import strategies as st

from graftwork.components.kinds import check_adapter
from graftwork.components.lora import LoRAConfig
from graftwork.config import override
from graftwork.results.names import check_name
from graftwork.results.statements import COSTS, LOSSES, SCORES, ClaimConfig, check_claims
from graftwork.study.config import StudyConfig, read_recipe, recipe_text
from tests.fuzz.mutations import streams, trees
from tests.fuzz.target import Target
from tests.fuzz.texts import texts, values

RECIPE: dict[str, Any] = {
    "name": "tiny",
    "base": "default",
    "tasks": [
        {
            "name": "python",
            "language": "python",
            "subsets": [
                {"kind": "generated", "train": 8, "families": ["basic"]},
                {"kind": "mined", "sources": ["stdlib", "npm:semver@7.5.0", {"kind": "file", "path": "a.jsonl"}]},
            ],
        }
    ],
    "approaches": [
        {
            "name": "lora",
            "components": {"lora": {"kind": "lora", "rank": 4, "targets": ["q", "v"]}},
            "shared": ["lora"],
            "method": {"kind": "replay"},
            "training": {"epochs": 1},
        }
    ],
    "seeds": [1, 2],
    "orders": [["python"]],
    "training": {"learning_rate": 1e-3, "learning_rates": {"lora": 1e-3}},
    "stored_bytes": "12MB",
    "headline": {"generated": "exact_match"},
    "claims": [{"id": "a", "said": "b", "claim": "lora > 90 % of lora on average exact_match of generated"}],
}
_SMALL = (
    b"name: tiny\ntasks: [{name: python, language: python, subsets: [{kind: generated}]}]\n"
    b"approaches: [{name: lora, components: {lora: {kind: lora, rank: 4}}}]\nseeds: [1]\n"
)
_LAUGHS = b"a0: &a0 [x, x]\n" + b"".join(
    b"a%d: &a%d [*a%d, *a%d, *a%d]\n" % (n, n, n - 1, n - 1, n - 1) for n in range(1, 30)
)
_MERGES = b"a0: &a0 {x: 1}\n" + b"".join(
    b"a%d: &a%d {<<: [*a%d, *a%d, *a%d]}\n" % (n, n, n - 1, n - 1, n - 1) for n in range(1, 30)
)
ALL_TAGS = tuple(
    f"name: !!{tag} {value}"
    for tag in ("int", "float", "bool", "timestamp", "binary", "set", "omap", "null")
    for value in ("''", "x", "0x", "[a]", "-")
)
SPECIAL = (
    _LAUGHS,
    _MERGES,
    b"tasks: &a [*a]\nname: x\napproaches: *a\n",
    b"a: &a {b: *a}\n",
    b"[" * 5000,
    b"{a: " * 3000,
    b"- " * 3000,
    b"name: a\nname: b\n",
    b"seeds: " + b"9" * 10_000,
    b"? [a, b]\n: 1\n",
    b"? {a: b}\n: 1\n",
    *(text.encode() for text in ALL_TAGS),
    b"name: 2024-13-45\n",
    b"name: 190:20:30:99\n",
    b"seeds: [.nan, .inf, -.inf]\n",
    b'name: "\\ud800"\n',
    b'"\\ud800": 1\n',
    b"\xff\xfe\x00n",
    b"\xef\xbb\xbf" + _SMALL,
    b"!!python/object/apply:os.system [id]",
    b"%YAML 9.9\n---\na",
    b"--- a\n--- b\n",
    b"1: 2\n",
    b"null: x\n",
    b"name: |\n  a\n  b\n",
    _SMALL + "x\u202ey: 1\n".encode(),
)


def _read(data: bytes, folder: Path) -> None:
    path = folder / "recipe.yaml"
    path.write_bytes(data)
    config = read_recipe(str(path))
    assert config.cells()


def _read_tree(data: Any, folder: Path) -> None:
    config = StudyConfig.read(data, "recipe.yaml")
    assert config.cells()
    recipe_text(config)


def _assign(case: tuple[Any, list[str]], folder: Path) -> None:
    json.dumps(override(*case), skipkeys=True, default=str)


def _claim(case: tuple[Any, Any], folder: Path) -> None:
    claim = ClaimConfig.read({"id": case[0], "said": "so", "claim": case[1]}, "claims")
    assert ClaimConfig.read({"id": case[0], "said": "so", "claim": str(claim.claim)}, "again") == claim
    check_claims([claim], ["lora", "hybrid"], ["python"], ["generated"], {"generated": "exact_match"})


def _name(name: str, folder: Path) -> None:
    """A name that is taken stays a name: one folder right below the one it is put in."""
    for check in (lambda: check_name(name, "name"), lambda: check_adapter(name, {"a": LoRAConfig()}, {}, ())):
        check()
        inside = (folder / name).resolve()
        assert inside.parent == folder.resolve(), f"{name!r} leads to {inside}"
        assert name.isprintable()


_WORDS = "lora hybrid > < = is on of in python generated 90 % 1e400 -1 exact_match bleu trainable_parameters nan"
_words = st.sampled_from((*_WORDS.split(), *SCORES, *LOSSES, *COSTS, "better than", "average exact_match of generated"))
_sentences = st.lists(_words | texts, max_size=9).map(" ".join) | st.builds(
    "{} {} {} on {} {} of {}".format, *[_words | texts] * 6
)
_keys = st.lists(
    st.sampled_from(("seeds", "training", "tasks", "0", "1", "name", "²", "", "-1")) | texts, max_size=4
).map(".".join)
_yaml = texts | st.sampled_from([one.decode("latin-1") for one in SPECIAL])

TARGETS = (
    Target("recipes", streams(_SMALL) | st.sampled_from(SPECIAL) | st.binary(max_size=60), _read, share=0.4),
    Target("recipe-values", trees(RECIPE), _read_tree),
    Target(
        "assignments",
        st.tuples(
            st.sampled_from((RECIPE, {}, {"name": "x", "seeds": []})),
            st.lists(st.builds("{}={}".format, _keys, _yaml) | texts, max_size=2),
        ),
        _assign,
    ),
    Target("claims", st.tuples(texts | st.just("a"), _sentences | _sentences | values), _claim),
    Target("names", texts | st.text("ab._-@+# /\\:\n", max_size=8), _name),
)
