from pathlib import Path
from typing import Any

import pytest
import yaml

from graftwork.data.manifest import MANIFEST_FILE, Manifest
from graftwork.models.load import load_base
from graftwork.study import pretraining
from graftwork.study.run import run_study
from graftwork.training import pretrain
from tests.cli.conftest import Call
from tests.study.support import Watcher, study

FUNCTION = "def mean_{n}(first, second):\n    total = first + second * {n}\n    return total / 2"
RECIPE: dict[str, Any] = {
    "vocabulary_size": 400,
    "shape": {"d_model": 16, "d_ff": 32, "d_kv": 8, "num_heads": 2, "num_layers": 1, "num_decoder_layers": 1},
    "problem_languages": ["ruby"],
    "num_problems": 50,
    "batch_tokens": 2000,
    "max_tokens": 3000,
}


@pytest.fixture(autouse=True)
def _small(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(pretrain, "POOL_EXAMPLES", 32)
    monkeypatch.setattr(pretraining, "PROBED", 2)


@pytest.fixture
def recipe(tmp_path: Path) -> Path:
    """A recipe that takes functions from a folder."""
    source = tmp_path / "source"
    source.mkdir()
    head, _, body = FUNCTION.partition("\n")
    text = "\n\n".join(f'{head}\n    """Return the mean of two numbers."""\n{body}'.format(n=n) for n in range(3))
    (source / "means.py").write_text(text)
    corpora = [{"language": "python", "sources": [str(source)], "licence": "MIT"}]
    path = tmp_path / "small.yaml"
    path.write_text(yaml.safe_dump({**RECIPE, "corpora": corpora}))
    return path


def test_a_base_is_made_that_a_study_can_use(
    call: Call, recipe: Path, material: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    ended = call("pretrain", recipe)
    assert (ended.code, ended.err) == (0, "")
    assert "written to bases/small" in ended.out
    folder = tmp_path / "bases" / "small"
    assert load_base(str(folder)).model.config.d_model == 16
    assert "# small" in (folder / "README.md").read_text()
    assert FUNCTION.format(n=0) in Manifest.read(folder / MANIFEST_FILE)
    watcher = Watcher()
    run_study(study(material, "lora", base=str(folder)), tmp_path / "run", watcher)
    assert any("checked by hash" in line for line in watcher.said)


def test_settings_are_changed_by_assignments(call: Call, recipe: Path, tmp_path: Path) -> None:
    ended = call("pretrain", recipe, "--out", tmp_path / "base", "--set", "name=other", "--set", "corpora=[]")
    assert ended.code == 0
    assert "# other" in (tmp_path / "base" / "README.md").read_text()


@pytest.mark.parametrize(
    ("assignment", "text"),
    [
        ("seeds=1", "unknown key 'seeds'; did you mean 'seed'?"),
        ("shape.d_modle=1", "unknown key 'd_modle'; did you mean 'd_model'?"),
        ("corpora.0.source=x", "unknown key 'source'; did you mean 'sources'?"),
        ("max_tokens=none", "max_tokens"),
        ("name=../out", "cannot use the name '../out'"),
        ("name=/tmp/out", "cannot use the name '/tmp/out'"),
        ("corpora.0.sources=[./nowhere]", "nowhere"),
        ("corpora.0.language=pyton", "did you mean 'python'?"),
        ("problem_languages=[rubby]", "did you mean 'ruby'?"),
    ],
)
def test_a_wrong_setting_is_one_line(
    call: Call, recipe: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, assignment: str, text: str
) -> None:
    monkeypatch.chdir(tmp_path)
    ended = call("pretrain", recipe, "--set", assignment)
    assert ended.code == 2
    assert text in ended.line()
    assert not (tmp_path / "bases").exists()


@pytest.mark.parametrize("content", ["", "- a", "words"])
def test_what_is_no_recipe_is_refused(call: Call, tmp_path: Path, content: str) -> None:
    path = tmp_path / "recipe.yaml"
    path.write_text(content)
    ended = call("pretrain", path)
    assert ended.code == 2
    assert "is no recipe" in ended.line()


def test_a_missing_recipe_is_refused(call: Call, tmp_path: Path) -> None:
    ended = call("pretrain", tmp_path / "nowhere.yaml")
    assert (ended.code, ended.line()) == (2, f"{tmp_path / 'nowhere.yaml'}: no such file")


def test_nothing_to_learn_from_is_refused(call: Call, recipe: Path) -> None:
    ended = call("pretrain", recipe, "--set", "corpora=[]", "--set", "num_problems=0")
    assert ended.code == 2
    assert "nothing to learn from" in ended.line()
