from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import pytest

from graftwork.cli.main import main
from tests.study.support import recipe, save_base, write_recipe, write_rows


@dataclass(frozen=True)
class Ended:
    """How the command line ended."""

    code: int
    out: str
    err: str

    def line(self) -> str:
        """What stands on standard error: one line, and no traceback."""
        assert self.err.startswith("graftwork: ")
        assert self.err.endswith("\n")
        assert self.err.count("\n") == 1
        return self.err.removeprefix("graftwork: ").rstrip("\n")


Call = Callable[..., Ended]


@pytest.fixture
def call(capsys: pytest.CaptureFixture[str]) -> Call:
    """Runs ``graftwork`` with some arguments in this process."""

    def call(*arguments: str | Path) -> Ended:
        with pytest.raises(SystemExit) as ended:
            main([str(argument) for argument in arguments])
        out, err = capsys.readouterr()
        assert isinstance(ended.value.code, int)
        return Ended(ended.value.code, out, err)

    return call


@pytest.fixture(scope="session")
def material(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with a tiny base and rows of code."""
    folder = tmp_path_factory.mktemp("material")
    save_base(folder / "base")
    write_rows(folder)
    return folder


@pytest.fixture
def lora(material: Path, tmp_path: Path) -> Path:
    """The recipe of a study of one approach."""
    return write_recipe(tmp_path / "lora.yaml", recipe(material, "lora"))
