from graftwork.continual.methods.joint import JointConfig
from tests.continual.methods.support import STEP, examples, training


def test_a_task_is_trained_on_all_tasks_so_far_each_example_once() -> None:
    method = JointConfig().build()
    together = [*examples("a", 3), *examples("b", 3), *examples("c", 3)]
    assert method.before_task(training("c", earlier=["a", "b"])) == together


def test_training_begins_anew_with_nothing_added_to_the_loss() -> None:
    assert JointConfig().course == "anew"
    assert JointConfig().build().penalty(STEP) is None
