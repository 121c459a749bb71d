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
STEPS = 4


def losses() -> dict[str, list[float]]:
    """The losses of some steps of a LoRA on the embedded base, on as many threads as this process has, by precision."""
    found: dict[str, list[float]] = {precision: [] for precision in TOLERANCE}
    examples = [one for one in encoded_functions(100) if len(one.target) < 100][: 8 * STEPS]
    for precision, one in found.items():
        base = load_base("default")
        grafts = Grafts(base)
        grafts.add("python", {"lora": LoRAConfig(rank=16)})
        grafts.use("python")
        config = TrainingConfig(epochs=1, batch_rows=8, learning_rate=1e-3, precision=precision)
        parameters = {"lora": grafts.parameters_of("python")}
        train(base.model, parameters, examples, config, 0, lambda step, one=one: one.append(step.loss))
    return found


@pytest.fixture(scope="module")
def runs() -> list[tuple[int, dict[str, list[float]]]]:
    """Threads and losses, in processes of their own: threads started here would stop what other tests fork."""
    found = []
    for threads in ("1", "2"):
        environment = {**os.environ, "OMP_NUM_THREADS": threads}
        command = [sys.executable, "-m", __name__]
        done = subprocess.run(command, capture_output=True, text=True, check=True, env=environment)
        found.append(tuple(json.loads(done.stdout.splitlines()[-1])))
    return found


@pytest.mark.parametrize("precision", TOLERANCE)
def test_losses_on_two_threads_are_within_the_documented_tolerance(
    precision: str, runs: list[tuple[int, dict[str, list[float]]]]
) -> None:
    (one, first), (two, second) = runs
    assert (one, two) == (1, 2)
    assert len(first[precision]) == STEPS
    assert second[precision] == pytest.approx(first[precision], rel=TOLERANCE[precision])


if __name__ == "__main__":
    print(json.dumps([torch.get_num_threads(), losses()]))
