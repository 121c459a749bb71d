"""New units and heads beside the base that the package carries, trained as a study trains them."""

import pytest

from graftwork.components import ComponentConfig, FFNExpansionConfig, Grafts, HeadExpansionConfig
from graftwork.data.problems import make_problems
from graftwork.models.fingerprint import model_fingerprint
from graftwork.models.load import load_base
from graftwork.models.tokenizer import token_ids
from graftwork.training.batches import Encoded
from graftwork.training.loop import TrainingConfig, train


@pytest.mark.parametrize("precision", ["float32", "bf16"])
@pytest.mark.parametrize("config", [FFNExpansionConfig(width=64), HeadExpansionConfig()], ids=["ffn", "heads"])
def test_they_learn_problems_and_no_number_overflows(config: ComponentConfig, precision: str) -> None:
    base = load_base("default")
    grafts = Grafts(base)
    grafts.add("php", {"part": config})
    problems = make_problems("train", 4)
    texts = [text for one in problems for text in (f"Generate php: {one.description}", one.program("php"))]
    tokens = [(*ids[:24], base.tokenizer.eos_token_id) for ids in token_ids(base.tokenizer, texts)]
    losses: list[float] = []
    with grafts.using("php"):
        train(
            base.model,
            {config.kind: grafts.parameters_of("php")},
            [Encoded(source, target) for source, target in zip(tokens[::2], tokens[1::2])],
            TrainingConfig(epochs=6, batch_rows=4, precision=precision),
            seed=0,
            on_step=lambda step: losses.append(step.loss),
        )
    assert losses[-1] < 0.9 * losses[0]
    assert all(parameter.isfinite().all() for parameter in grafts.parameters())
    assert model_fingerprint(base.model) == base.fingerprint
