"""How seconds and memory grow: with tasks, adapters, sequence length and model size; the fitted exponents."""

import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any, final

import torch

from graftwork.benchmarks.data import t5_of_shapes
from graftwork.benchmarks.fit import exponent
from graftwork.benchmarks.harness import Measurement, Say, Scale, measurement_of, prove
from graftwork.benchmarks.memory import peak_memory
from graftwork.benchmarks.peft_side import lora_of
from graftwork.components import Grafts
from graftwork.evaluation.generate import DecodingConfig, generate_greedy
from graftwork.models.tiny import tiny_t5
from graftwork.training.batches import Encoded, collate_for
from graftwork.training.forward import StepForward

__all__ = ["learn_and_serve", "measure", "of_length", "of_output", "of_width", "run", "switch"]

REPETITIONS = 3
LORA = lora_of(4, ("q", "v"))


def learn_and_serve(tasks: int) -> Callable[[], object]:
    """Ours for as many tasks: a step of each adapter's training, its fingerprint, and a prompt answered with each."""
    inputs = torch.arange(5, 21).repeat(4, 1)

    def work() -> None:
        grafts = Grafts(tiny_t5())
        for number in range(tasks):
            name = f"t{number}"
            grafts.add(name, {"lora": LORA}, seed=number)
            grafts.use(name)
            grafts.model(input_ids=inputs, labels=inputs).loss.backward()
            grafts.fingerprint(name)
        for name in grafts.names:
            grafts.use(name)
            generate_greedy(grafts.model, [range(5, 15)], DecodingConfig(max_new_tokens=4))

    return work


def switch(adapters: int) -> Callable[[], object]:
    """A thousand switches among as many adapters; they are made before."""
    grafts = Grafts(tiny_t5())
    for number in range(adapters):
        grafts.add(f"a{number}", {"lora": LORA})
    names = grafts.names

    def work() -> None:
        for number in range(1000):
            grafts.use(names[number % len(names)])

    return work


def of_length(length: int) -> Callable[[], object]:
    """A training step of a LoRA on a narrow T5, for one example with a source and a target of a length."""
    narrow = {"d_model": 64, "d_kv": 16, "num_heads": 4, "d_ff": 128, "num_layers": 1, "num_decoder_layers": 1}
    grafts = Grafts(t5_of_shapes(**narrow, vocab_size=512))
    grafts.add("a", {"lora": LORA})
    grafts.use("a")
    tokens = tuple(range(5, 505)) * (length // 500 + 1)
    batch = collate_for(grafts.model, [Encoded(tokens[:length], tokens[:length])], [0])
    forward = StepForward(grafts.model, bf16=False, quick=True)

    def work() -> None:
        with forward.active():
            loss = forward(batch).loss
        torch.autograd.backward(loss)

    return work


def of_output(length: int) -> Callable[[], object]:
    """Greedy generation of so many tokens by a narrow T5, for eight prompts of as many tokens."""
    model = t5_of_shapes(d_model=64, d_kv=16, num_heads=4, d_ff=128, num_layers=1, num_decoder_layers=1, vocab_size=512)
    model.generation_config.eos_token_id = None
    prompts = [(tuple(range(5, 505)) * (length // 500 + 1))[:length]] * 8

    def work() -> None:
        generate_greedy(model, prompts, DecodingConfig(max_new_tokens=length))

    return work


def of_width(width: int) -> Callable[[], object]:
    """Greedy generation by a T5 of a width, of one configuration otherwise; parameters grow with the square."""
    model = t5_of_shapes(d_model=width, d_ff=4 * width, d_kv=width // 4, num_heads=4, vocab_size=4 * width)
    model.generation_config.eos_token_id = None
    prompts = [list(range(5, 37))] * 8

    def work() -> None:
        generate_greedy(model, prompts, DecodingConfig(max_new_tokens=16))

    return work


@final
@dataclass(frozen=True)
class _Series:
    """What is looked at for one kind of growth."""

    make: Callable[[int], Callable[[], object]]
    sizes: Mapping[Scale, tuple[int, ...]]
    most: float
    """The exponent that its seconds may have."""
    of: str
    """What the sizes are."""


def _sizes(toy: tuple[int, ...], quick: tuple[int, ...], full: tuple[int, ...]) -> Mapping[Scale, tuple[int, ...]]:
    return {"toy": toy, "quick": quick, "full": full}


SERIES = {
    "tasks": _Series(learn_and_serve, _sizes((1, 2), (2, 8, 32), (2, 4, 8, 16, 32, 64)), 1.1, "tasks"),
    "adapters": _Series(switch, _sizes((1, 3), (1, 10, 100), (1, 10, 100, 1000)), 0.1, "adapters"),
    "length": _Series(of_length, _sizes((16, 32), (128, 256, 512), (128, 256, 512, 1024, 2048)), 2.0, "tokens"),
    "output": _Series(of_output, _sizes((4, 8), (32, 64, 128), (64, 128, 256, 512, 1024)), 2.0, "tokens"),
    "width": _Series(of_width, _sizes((16, 32), (64, 128, 256), (64, 128, 256, 512)), 2.1, "width"),
}
"""What is measured is ours: T5's own forward pass makes tables of all pairs of places, which at 2,048 exceed what the
allocator keeps, and grows with the third power. Attention looks at every pair of tokens, so length may grow with its
square; parameters grow with that of the width, so 2 is linear in the size of the model."""


def measure(scale: Scale, say: Say) -> list[Measurement]:
    """Exponents of seconds and (at full scale) of peak memory, each in a process of its own, against the sizes."""
    measurements = []
    for name, series in SERIES.items():
        sizes = series.sizes[scale]
        say(f"growth: {name} {sizes}")
        seconds = [_fastest(series.make(size)) for size in sizes]
        prove(all(one > 0 for one in seconds), "nothing took time")
        shown: dict[str, Any] = {"peer": "limit", series.of: sizes}
        measurements.append(
            _growth(f"growth/{name}, seconds", sizes, seconds, series.most, {**shown, "seconds": seconds})
        )
        if scale == "full":
            used = [float(peak_memory(f"{__name__}:run", series=name, size=size)) for size in sizes]
            measurements.append(
                _growth(f"growth/{name}, memory", sizes, used, max(series.most, 1.1), {**shown, "bytes": used})
            )
    return measurements


def run(series: str, size: int) -> None:
    """Do the work of one size once, in a process whose memory is measured."""
    SERIES[series].make(size)()


def _growth(
    name: str, sizes: tuple[int, ...], values: list[float], most: float, conditions: dict[str, Any]
) -> Measurement:
    """A fitted exponent against the one that is allowed; where nothing grows, any fit below the limit is kept."""
    fitted = exponent(sizes, values)
    return measurement_of(
        name, max(fitted, 1e-3), most, unit="exponent", reach=1.0, conditions={**conditions, "fitted": fitted}
    )


def _fastest(work: Callable[[], object]) -> float:
    """Processor seconds of the fastest of a few repetitions: what other processes disturb least."""
    work()
    times = []
    for _ in range(REPETITIONS):
        started = time.process_time()
        work()
        times.append(time.process_time() - started)
    return min(times)
