"""A base from a recipe to a folder, and a study that uses it."""

from pathlib import Path

import pytest

from graftwork.data.manifest import MANIFEST_FILE, Manifest
from graftwork.data.problems import make_problems
from graftwork.models.load import load_base
from graftwork.study.pretraining import pretrain_base
from graftwork.training import pretrain
from graftwork.training.pretrain import CorpusConfig, PretrainConfig, ShapeConfig

FUNCTIONS = [f"def add_{n}(value):\n    return value + {n} * value - {n}\n" for n in range(8)]


def code(documentation: str) -> str:
    parts = [text.split("\n", 1) for text in FUNCTIONS]
    return "\n\n".join(f'{head}\n    """{documentation} {n} here."""\n{body}' for n, (head, body) in enumerate(parts))


@pytest.fixture(scope="module")
def made(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, str]:
    folder = tmp_path_factory.mktemp("pretraining")
    for name in ("seen", "held"):
        (folder / name).mkdir()
    (folder / "seen" / "a.py").write_text(code("Add to the value the number"))
    held = '\n\ndef add_0(value):\n    """Something else is said of this."""\n    return value + 0 * value - 0\n'
    (folder / "held" / "b.py").write_text(held)
    config = PretrainConfig(
        name="tiny",
        vocabulary_size=400,
        shape=ShapeConfig(d_model=16, d_ff=32, d_kv=8, num_heads=2, num_layers=1, num_decoder_layers=1),
        corpora=(CorpusConfig(language="python", sources=(str(folder / "seen"),), licence="none"),),
        held_out=(CorpusConfig(language="python", sources=(str(folder / "held"),)),),
        problem_languages=("ruby",),
        num_problems=40,
        batch_tokens=2000,
        max_tokens=4000,
    )
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(pretrain, "POOL_EXAMPLES", 64)
        card = pretrain_base(config, folder / "base")
    return folder / "base", card


def test_the_base_can_be_loaded(made: tuple[Path, str]) -> None:
    assert load_base(str(made[0])).model.config.d_model == 16


def test_the_loaded_base_knows_how_many_tokens_it_saw(made: tuple[Path, str]) -> None:
    assert load_base(str(made[0])).model.config.tokens_seen >= 4000


def test_the_manifest_holds_functions_and_problems(made: tuple[Path, str]) -> None:
    manifest = Manifest.read(made[0] / MANIFEST_FILE)
    assert FUNCTIONS[1] in manifest
    assert make_problems("train", 1, seed=1)[0].key in manifest


def test_held_out_functions_are_left_out(made: tuple[Path, str]) -> None:
    assert FUNCTIONS[0] not in Manifest.read(made[0] / MANIFEST_FILE)
    assert "1 functions were left out" in made[1]


def test_test_problems_are_not_in_the_manifest(made: tuple[Path, str]) -> None:
    manifest = Manifest.read(made[0] / MANIFEST_FILE)
    assert not any(problem.key in manifest for problem in make_problems("test", 50))


def test_the_card_tells_data_licences_and_what_was_measured(made: tuple[Path, str]) -> None:
    card = (made[0] / "README.md").read_text()
    assert card == made[1]
    for word in ("| python | 7 |", "none", "tokens in", "| ruby |", "parse"):
        assert word in card


def test_the_card_of_the_embedded_base_stands_beside_it() -> None:
    folder = Path(load_base.__code__.co_filename).parent / "default_base"
    assert "What it does, measured on" in (folder / "README.md").read_text()
