import pytest

from graftwork.components.lora import LoRAConfig
from graftwork.continual.methods.individual import IndividualConfig
from graftwork.errors import InputError
from tests.continual.methods.support import STEP, examples, training


def test_a_task_has_a_model_and_its_own_examples() -> None:
    config = IndividualConfig()
    assert config.course == "own"
    assert config.build().before_task(training("b", earlier=["a"])) == examples("b", 3)
    assert config.build().penalty(STEP) is None


def test_components_are_refused() -> None:
    with pytest.raises(InputError, match="here: individual with components; .*isolated"):
        IndividualConfig().check({"lora": LoRAConfig()}, [], "here")
