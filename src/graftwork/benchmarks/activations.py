"""Training an extra layer above frozen blocks: what these return read from the disk, against computed in every step.

Both sides are ours. The figures are steps over all examples, the store being there; a whole training of three epochs
that makes it first is measured too.
"""

import shutil
import tempfile
from collections.abc import Sequence
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Any, Literal, final

from transformers import PreTrainedModel

from graftwork.benchmarks.data import encoded_functions, fresh_base, t5_of_shapes, token_counts
from graftwork.benchmarks.harness import Measurement, Say, Scale, compare, prove
from graftwork.components import ExtraLayerConfig, Grafts
from graftwork.training.activations import ActivationStore
from graftwork.training.batches import Encoded
from graftwork.training.loop import StepRecord, TrainingConfig, train

__all__ = ["measure"]

ROWS = 8
EPOCHS = 3
"""Those of the default study."""
REACH = 3.0
"""What the issue asks of a step above the decoder, against one without."""
TOLERANCE = 1e-5
"""How far two losses of a step may be apart in float32, as a share of them."""
PROOF_RATE = 2e-5
"""Of learning, for the proof: Adam makes steps of small gradients as large as of others, so what rounding comes to over
50 steps grows with the rate (at 1e-4 to 2e-5 between two ways without a store, too; at this one to 3e-6)."""
ROOM = 2 * 10**10


@final
@dataclass(frozen=True)
class _Size:
    functions: int
    repetitions: int
    proof_steps: int
    shapes: dict[str, int]


TINY = {"d_model": 32, "d_ff": 64, "d_kv": 8, "num_heads": 4, "num_layers": 2, "num_decoder_layers": 2}
SIZES = {"toy": _Size(8, 1, 3, TINY), "quick": _Size(32, 5, 50, {}), "full": _Size(232, 5, 50, {})}


@final
class _Side:
    """A base with a new block after the last of a stack, which is trained."""

    def __init__(self, model: PreTrainedModel, stack: Literal["encoder", "decoder"], folder: Path | None) -> None:
        """Get ready; with a folder, activations are stored there."""
        self._grafts = Grafts(model)
        self._grafts.add("a", {"layer": ExtraLayerConfig(stack=stack, count=1, feed_forward_width=None)}, seed=1)
        self._grafts.use("a")
        self._store = None if folder is None else ActivationStore(folder, ROOM)

    def train(self, examples: Sequence[Encoded], **settings: Any) -> list[float]:
        """Train; the losses of the steps."""
        losses: list[float] = []

        def on_step(step: StepRecord) -> None:
            losses.append(step.loss)

        config = TrainingConfig(**{"epochs": EPOCHS, "batch_rows": ROWS, "learning_rate": 1e-4} | settings)
        parameters = {"extra-layer": self._grafts.parameters_of("a")}
        train(self._grafts.model, parameters, examples, config, 0, on_step, store=self._store)
        return losses


def measure(scale: Scale, say: Say) -> list[Measurement]:
    """Real (unpadded) tokens a second with and without, for two bases and two stacks."""
    size = SIZES[scale]
    examples = encoded_functions(size.functions)
    t5 = partial(t5_of_shapes, **size.shapes)
    carried = t5 if scale == "toy" else lambda: fresh_base().model
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        compared = partial(_compared, size, examples, folder, say)
        return [
            compared("step above the decoder", t5, "decoder", reach=REACH),
            compared("the same, the other without quick", t5, "decoder", reach=REACH, quick=False),
            compared("step above the encoder", t5, "encoder"),
            compared("embedded base, step above the decoder", carried, "decoder"),
            compared("embedded base, whole training", carried, "decoder", anew=True),
        ]


def _compared(
    size: _Size,
    examples: Sequence[Encoded],
    folder: Path,
    say: Say,
    what: str,
    model: Any,
    stack: Literal["encoder", "decoder"],
    *,
    reach: float | None = None,
    quick: bool = True,
    anew: bool = False,
) -> Measurement:
    """One comparison; ``anew``: the store is made within what is measured, else before."""
    say(f"activations: {what}")
    with_store, without = _Side(model(), stack, folder), _Side(model(), stack, None)

    def ours() -> None:
        if anew:
            shutil.rmtree(folder)
        with_store.train(examples)

    tokens = EPOCHS * sum(token_counts(list(examples)))
    return compare(
        f"activations/{what}",
        ours,
        lambda: without.train(examples, quick=quick),
        proof=lambda: _prove_equal(size, examples, model, stack, folder, quick),
        peer_is="ours, with the frozen blocks computed in every step" + ("" if quick else ", quick: false"),
        reach=reach,
        work=tokens,
        repetitions=size.repetitions,
        conditions={"tokens": tokens, "rows": ROWS, "epochs": EPOCHS, "stack": stack},
    )


def _prove_equal(
    size: _Size,
    examples: Sequence[Encoded],
    model: Any,
    stack: Literal["encoder", "decoder"],
    folder: Path,
    quick: bool,
) -> None:
    """In float32, both have the same losses step by step, in all passes over the examples."""
    few = [Encoded(one.source[:24], (*one.target[:31], one.target[-1])) for one in examples]
    few = (few * -(-size.proof_steps * ROWS // (EPOCHS * len(few))))[: max(ROWS, size.proof_steps * ROWS // EPOCHS)]
    settings = {"precision": "float32", "learning_rate": PROOF_RATE}
    ours = _Side(model(), stack, folder).train(few, **settings)
    theirs = _Side(model(), stack, None).train(few, quick=quick, **settings)
    apart = max(abs(one - other) / abs(other) for one, other in zip(ours, theirs, strict=True))
    prove(apart <= TOLERANCE, f"the losses are {apart:.1e} apart, not {TOLERANCE:.0e}")
