"""How far training on two threads is from training on one: as far as docs/reference/determinism.md says, no further."""

import json
import os
import subprocess
import sys

import pytest
import torch

from graftwork.benchmarks.data import encoded_functions
from graftwork.components import Grafts, LoRAConfig
from graftwork.models.load import load_base
from graftwork.training.loop import TrainingConfig, train

TOLERANCE = {"float32": 1e-6, "bf16": 1e-3}
"""Of the losses of the first steps, relative."""
STEPS = 6


def losses(precision: str) -> list[float]:
    """The losses of some steps of a LoRA on the embedded base, on as many threads as this process has."""
    base = load_base("default")
    grafts = Grafts(base)
    grafts.add("python", {"lora": LoRAConfig(rank=16)})
    grafts.use("python")
    examples = [one for one in encoded_functions(200) if len(one.target) < 100][: 8 * STEPS]
    config = TrainingConfig(epochs=1, batch_rows=8, learning_rate=1e-3, precision=precision)
    found: list[float] = []
    train(
        base.model, {"lora": grafts.parameters_of("python")}, examples, config, 0, lambda step: found.append(step.loss)
    )
    return found


def in_a_process_with(threads: int, precision: str) -> tuple[int, list[float]]:
    """As many threads as are used, and the losses; never here, where processes are forked that threads would stop."""
    command = [sys.executable, "-m", __name__, precision]
    environment = {**os.environ, "OMP_NUM_THREADS": str(threads)}
    done = subprocess.run(command, capture_output=True, text=True, check=True, env=environment)
    used, found = json.loads(done.stdout.splitlines()[-1])
    return used, found


@pytest.mark.parametrize("precision", TOLERANCE)
def test_losses_on_two_threads_are_within_the_documented_tolerance(precision: str) -> None:
    (one, first), (two, second) = (in_a_process_with(threads, precision) for threads in (1, 2))
    assert (one, two) == (1, 2)
    assert len(first) == STEPS
    assert second == pytest.approx(first, rel=TOLERANCE[precision])


if __name__ == "__main__":
    print(json.dumps([torch.get_num_threads(), losses(sys.argv[1])]))
