from graftwork.benchmarks.data import fresh_base
from graftwork.benchmarks.trained import held_out, train_lora, training_examples
from graftwork.components import Grafts


def test_what_is_held_out_is_not_trained_on() -> None:
    trained = {one.source for one in training_examples(24, 14)}
    held = [one.source for one in held_out(14)]
    assert len(held) == 14
    assert len(trained) == 24
    assert not trained & set(held)


def test_training_changes_the_adapter_alone() -> None:
    grafts = Grafts(fresh_base())
    before = grafts.base_fingerprint
    train_lora(grafts, "a", training_examples(4, 4), 1)
    assert any(bool(parameter.any()) for name, parameter in grafts.tensors_of("a").items() if "lora_B" in name)
    assert Grafts(grafts.model).base_fingerprint == before
