import random
import subprocess
import sys
import time
from pathlib import Path

import pytest

from graftwork.results.folder import RunFolder
from tests.study.conftest import Whole
from tests.study.support import files_of_adapters, outcome, predictions, recipe, write_recipe


@pytest.fixture
def command(material: Path, tmp_path: Path) -> list[str]:
    """Runs the study of the other tests in a process of its own."""
    path = write_recipe(tmp_path / "recipe.yaml", recipe(material))
    return [sys.executable, "-m", "graftwork.cli.main", "run", str(path), "--out", str(tmp_path / "run")]


def test_a_killed_study_goes_on_in_another_process_and_ends_the_same(
    whole: Whole, command: list[str], tmp_path: Path
) -> None:
    run = tmp_path / "run"
    with subprocess.Popen(command, stdout=subprocess.DEVNULL) as process:
        while not list(run.rglob("done")) and process.poll() is None:
            time.sleep(0.01)
        time.sleep(random.uniform(0, 1.5))  # any moment will do, so each run of this test tries another one
        process.kill()
    subprocess.run(command, stdout=subprocess.DEVNULL, check=True)
    assert outcome(RunFolder(run).read_results()) == outcome(whole.results)
    assert files_of_adapters(run) == files_of_adapters(whole.path)
    assert predictions(run) == predictions(whole.path)
