"""What a study evaluates: adapters trained as the default recipe trains them, and the prompts of its test set.

A model that was trained ends its outputs where they end, each at a length of its own; the bare base often goes on to
the limit. So both are measured.
"""

from graftwork.benchmarks.data import PROMPT, base, functions
from graftwork.benchmarks.peft_side import lora_of
from graftwork.components import Grafts
from graftwork.data.example import Example, make_example
from graftwork.data.problems import make_problems
from graftwork.evaluation.encode import encode
from graftwork.training.batches import Encoded
from graftwork.training.loop import TrainingConfig, train

__all__ = ["LONGEST", "held_out", "train_lora", "training_examples"]

LONGEST = 144
"""New tokens at most, as in the default recipe."""
CHARACTERS, LINES = 250, 12
"""Of mined functions, the recipe takes those up to so many."""
MINED = 2 / 7
"""Share of mined functions in the recipe's test set; the others are generated problems."""
RATE = 1.5e-3


def held_out(count: int) -> list[Encoded]:
    """Prompts of problems and functions that ``training_examples`` has none of, mixed as the recipe's test set."""
    mined = round(MINED * count)
    return _encoded([*_short_functions(mined, 0), *_problems("test", count - mined)])


def training_examples(count: int, apart_from: int) -> list[Encoded]:
    """Half functions, half problems, nearly as in the recipe; the functions come after those of ``held_out``."""
    return _encoded([*_short_functions(count // 2, round(MINED * apart_from)), *_problems("train", count - count // 2)])


def train_lora(grafts: Grafts, name: str, examples: list[Encoded], epochs: int, seed: int = 0) -> None:
    """Add a LoRA of rank 16 on every linear layer, and train it."""
    grafts.add(name, {"lora": lora_of(16)}, seed=seed)
    config = TrainingConfig(epochs=epochs, batch_rows=16, learning_rate=RATE, schedule="linear")
    with grafts.using(name):
        train(grafts.model, {"lora": grafts.parameters_of(name)}, examples, config, seed)


def _problems(split: str, count: int) -> list[Example]:
    return [
        make_example("python", problem.description, problem.program("python"), origin=problem.key)
        for problem in make_problems(split, count)
    ]


def _short_functions(count: int, first: int) -> list[Example]:
    asked = 2 * (first + count) + 8
    while True:
        found = functions(asked)
        short = [one for one in found if len(one.target) <= CHARACTERS and one.target.count("\n") < LINES]
        if len(short) >= first + count or len(found) < asked:
            return short[first : first + count]
        asked *= 2


def _encoded(examples: list[Example]) -> list[Encoded]:
    return encode(base().tokenizer, examples, PROMPT, 256, 512)
