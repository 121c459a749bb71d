"""A real tiny study, run once for all who verify it."""

import shutil
from pathlib import Path

import pytest

from graftwork.report import build_report
from graftwork.study.config import StudyConfig
from graftwork.study.run import run_study
from tests.study.support import recipe, save_base, write_rows

CLAIMS = [
    {"id": "apart", "said": "So.", "claim": "hybrid-shared > lora on average chrf of generated"},
    {"id": "kept", "said": "So.", "claim": "forgetting chrf of generated of lora > 0"},
    {"id": "fast", "said": "So.", "claim": "lora < hybrid-shared on train_seconds"},
]


@pytest.fixture(scope="session")
def ran(tmp_path_factory: pytest.TempPathFactory) -> Path:
    material = tmp_path_factory.mktemp("material")
    save_base(material / "base")
    write_rows(material)
    data = recipe(
        material, "lora", "hybrid-shared", seeds=[1, 2], claims=CLAIMS, headline={"generated": "chrf"}, execute="never"
    )
    path = tmp_path_factory.mktemp("verified") / "run"
    run_study(StudyConfig.read(data, "recipe"), path)
    build_report(path)
    return path


@pytest.fixture
def copied(ran: Path, tmp_path: Path) -> Path:
    return Path(shutil.copytree(ran, tmp_path / "run"))
