import pytest

from graftwork.components.lora import LoRAConfig
from graftwork.continual.methods.isolated import IsolatedConfig
from graftwork.errors import InputError
from tests.continual.methods.support import STEP, examples, training


def test_a_task_has_its_own_part_and_its_own_examples() -> None:
    config = IsolatedConfig()
    assert config.course == "own"
    assert config.build().before_task(training("b", earlier=["a"])) == examples("b", 3)
    assert config.build().penalty(STEP) is None


def test_components_may_be_shared_and_must_be_there() -> None:
    IsolatedConfig().check({"lora": LoRAConfig()}, ["lora"], "here")
    with pytest.raises(InputError, match="here: no components"):
        IsolatedConfig().check({}, [], "here")
