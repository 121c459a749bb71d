"""Several adapters trained over one frozen base: seeds of one LoRA, and ranks.

On a GPU, ten of them in one pass a step against one alone; on a CPU, ``train_together`` against training one after the
other by ``train``, and besides, what joining their batches would take there.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from functools import partial
from typing import Any, final

import torch

from graftwork.benchmarks.data import encoded_functions, t5_of_shapes, token_counts
from graftwork.benchmarks.harness import Measurement, Say, Scale, compare, measurement_of, prove
from graftwork.components import Grafts, LoRAConfig
from graftwork.training.batches import Encoded
from graftwork.training.loop import StepRecord, TrainingConfig, train
from graftwork.training.together import Part, train_together

__all__ = ["measure"]

ROWS = 8
TOLERANCE = 1e-5
"""How far two losses of a step may be apart in float32, as a share of them."""
NOISE = 0.95
"""On a CPU both sides do the same, so their ratio is 1 but for what else the machine does."""
TIMES = 2.0
"""What ten seeds may take on a GPU, in times of one."""


@final
@dataclass(frozen=True)
class _Size:
    functions: int
    repetitions: int
    proof_steps: int
    adapters: int
    """On a CPU; on a GPU there are ten."""
    shapes: dict[str, int]
    longest: int = 512
    """Target tokens; what is longer is cut."""


TINY = {"d_model": 32, "d_ff": 64, "d_kv": 8, "num_heads": 4, "num_layers": 2, "num_decoder_layers": 2}
SMALL = {"num_layers": 2, "num_decoder_layers": 2}
SIZES = {"toy": _Size(8, 1, 2, 2, TINY, longest=24), "quick": _Size(8, 5, 4, 3, SMALL), "full": _Size(64, 5, 50, 4, {})}


@final
class _Adapters:
    """A base with LoRAs of its own and what each is trained on: the same examples, in the order of its seed."""

    def __init__(self, shapes: dict[str, int], ranks: Sequence[int], examples: Sequence[Encoded]) -> None:
        self._grafts = Grafts(t5_of_shapes(**shapes).to("cuda" if torch.cuda.is_available() else "cpu"))
        self.parts: dict[str, Part] = {}
        for seed, rank in enumerate(ranks):
            lora = LoRAConfig(rank=rank, alpha=2.0 * rank, targets="all-linear", dropout=0.0)
            self._grafts.add(f"a{seed}", {"lora": lora}, seed=seed)
            self.parts[f"a{seed}"] = Part(examples, seed)

    def together(self, joined: bool | None = None, **settings: Any) -> dict[str, list[float]]:
        """Train all of them once over the examples; the losses of the steps."""
        losses: dict[str, list[float]] = {name: [] for name in self.parts}

        def on_step(name: str, step: StepRecord) -> None:
            losses[name].append(step.loss)

        train_together(self._grafts, self.parts, _config(**settings), on_step, joined=joined)
        return losses

    def alone(self, count: int | None = None, **settings: Any) -> dict[str, list[float]]:
        """The first of them, or all, one after the other by ``train``."""
        losses: dict[str, list[float]] = {}
        for name in list(self.parts)[:count]:
            own = losses.setdefault(name, [])
            by_kind = {"lora": self._grafts.parameters_of(name)}
            with self._grafts.using(name):
                part = self.parts[name]
                train(
                    self._grafts.model,
                    by_kind,
                    part.examples,
                    _config(**settings),
                    part.seed,
                    lambda step, own=own: own.append(step.loss),  # type: ignore[misc]  # bound in the loop
                )
        return losses


def _config(**settings: Any) -> TrainingConfig:
    return TrainingConfig(**{"epochs": 1, "batch_rows": ROWS, "learning_rate": 1e-4} | settings)


def measure(scale: Scale, say: Say) -> list[Measurement]:
    """Seconds of training several adapters, and what their batches joined take."""
    size = SIZES[scale]
    examples = encoded_functions(size.functions, max_target=size.longest)
    gpu = torch.cuda.is_available()
    count = 10 if gpu else size.adapters
    kinds = {"seeds": [16] * count, "ranks": [2 ** (1 + place % 5) for place in range(count)]}
    measurements = []
    for what, ranks in kinds.items():
        say(f"together: {count} {what}")
        _prove_equal(size, ranks, examples)
        compared = partial(_compared, size, _Adapters(size.shapes, ranks, examples))
        if gpu:
            ten = compared(f"{what} on a GPU, against one after the other")
            one = compared(f"{what} on a GPU, one alone", alone=1)
            measurements += [ten, _times(f"{what} on a GPU, times of one", ten, one)]
        else:
            measurements.append(compared(f"{what} on a CPU", reach=NOISE))
            measurements.append(compared(f"{what} on a CPU, batches joined", joined=True))
    return measurements


def _compared(
    size: _Size,
    adapters: _Adapters,
    what: str,
    joined: bool | None = None,
    alone: int | None = None,
    reach: float | None = None,
) -> Measurement:
    """All of them against so many of them alone, by default all."""
    examples = next(iter(adapters.parts.values())).examples
    return compare(
        f"together/{what}",
        lambda: adapters.together(joined),
        lambda: adapters.alone(alone),
        proof=lambda: None,  # once for all, before
        peer_is="ours, one after the other" if alone is None else "ours, one alone",
        reach=reach,
        repetitions=size.repetitions,
        conditions={"adapters": len(adapters.parts), "rows": ROWS, "tokens": sum(token_counts(list(examples)))},
    )


def _times(what: str, ten: Measurement, one: Measurement) -> Measurement:
    """The seconds of all of them against so many times those of one."""
    assert one.peer is not None
    limit = TIMES * one.peer
    conditions = {"peer": "limit", "times": ten.ours / one.peer, "allowed": TIMES}
    return measurement_of(f"together/{what}", ten.ours, limit, unit="seconds", reach=1.0, conditions=conditions)


def _prove_equal(size: _Size, ranks: Sequence[int], examples: Sequence[Encoded]) -> None:
    """In float32, each adapter has the losses of training alone, joined or not."""
    few = [Encoded(one.source[:16], (*one.target[:15], one.target[-1])) for one in examples]
    few = (few * -(-size.proof_steps * ROWS // len(few)))[: size.proof_steps * ROWS]
    alone = _Adapters(size.shapes, ranks, few).alone(precision="float32")
    for joined in (None, True):
        losses = _Adapters(size.shapes, ranks, few).together(joined, precision="float32")
        apart = max(
            abs(one - other) / abs(other)
            for name, own in alone.items()
            for one, other in zip(losses[name], own, strict=True)
        )
        prove(apart <= TOLERANCE, f"the losses are {apart:.1e} apart, not {TOLERANCE:.0e}")
