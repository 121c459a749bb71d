from graftwork.continual.methods.sequential import SequentialConfig
from tests.continual.methods.support import STEP, examples, training


def test_a_task_is_trained_on_its_own_examples_where_the_one_before_left_off() -> None:
    config = SequentialConfig()
    assert config.course == "on"
    assert config.build().before_task(training("b", earlier=["a"])) == examples("b", 3)


def test_nothing_is_added_to_the_loss() -> None:
    assert SequentialConfig().build().penalty(STEP) is None
