from pathlib import Path

import pytest

from tests.cli.conftest import Call


def test_a_folder_that_is_not_there_is_bad_input(call: Call, tmp_path: Path) -> None:
    ended = call("analyze", tmp_path / "nowhere")
    assert ended.code == 2
    assert "no such folder" in ended.line()


@pytest.mark.parametrize("steps", ["0", "some", "-3"])
def test_steps_that_are_no_number_are_bad_input(call: Call, tmp_path: Path, steps: str) -> None:
    (tmp_path / "recipe.yaml").write_text("name: x\n")
    ended = call("analyze", tmp_path, f"--replay-steps={steps}")
    assert ended.code == 2
    assert "give a number of steps such as 30, or all" in ended.line()
