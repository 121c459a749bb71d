"""What a study comes to, from its recipe and the base's configuration alone: steps, tokens, operations, disk, memory.

Steps are exact where the recipe (or data that was read) says how many examples there are. Memory is an estimate from
shapes; a probe on the machine itself (``estimate_probe``) is nearer.
"""

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import final

from transformers import PretrainedConfig

from graftwork.components.sizes import Gauge
from graftwork.continual.method import MethodConfig
from graftwork.continual.methods.ewc import EWCConfig
from graftwork.continual.methods.joint import JointConfig
from graftwork.continual.methods.lwf import LwFConfig
from graftwork.continual.methods.replay import ReplayConfig
from graftwork.continual.runner import Ahead, num_scored
from graftwork.evaluation.evaluate import LOSS_BATCH_TOKENS
from graftwork.results.names import Cell
from graftwork.study.budget import BYTES_A_PARAMETER, bytes_on_disk
from graftwork.study.config import ApproachConfig, StudyConfig
from graftwork.study.records import training_flops
from graftwork.training.loop import TrainingConfig

__all__ = ["Amount", "Work", "disk_bytes", "evaluations", "memory_bytes", "sizes_by_kind", "work_of"]

BYTES_A_STEP = 95
"""A line of steps.jsonl."""
BYTES_AN_ITEM = 500
"""A generated item in the predictions, compressed."""
PROCESS_BYTES = 900_000_000
"""Python with the libraries that a run imports, once it has scored something."""
DROPOUTS = ("dropout_rate", "resid_pdrop", "attention_dropout")
"""Where configurations of the families have their dropout."""
DROPOUT_FACTOR = 2.3
"""How much more a backward pass keeps where the base's dropout acts (measured: codet5-small, 8 rows of 512 + 512)."""


@final
@dataclass(frozen=True)
class Amount:
    """A task's training data: examples, and their mean number of real tokens, source and target together."""

    examples: int
    tokens: float


@final
@dataclass(frozen=True)
class Work:
    """Training one task in its place in the sequence, as ``TaskRecord`` counts it."""

    steps: int
    tokens: int
    gradient_tokens: int = 0
    forward_tokens: int = 0

    def flops(self, base: int, sizes: Mapping[str, int]) -> float:
        """Floating-point operations; ``base`` and ``sizes`` are parameters."""
        return training_flops(self.tokens, self.gradient_tokens, self.forward_tokens, base, sizes)


def work_of(method: MethodConfig, training: TrainingConfig, sequence: Sequence[Amount]) -> list[Work]:
    """The work of each task of a sequence: what a method adds to the examples and asks of the model besides."""
    works = []
    for place, own in enumerate(sequence):
        earlier = sequence[:place]
        counts = [(own.examples, own.tokens), *_added(method, own, earlier)]
        examples = sum(count for count, _ in counts)
        tokens = training.epochs * sum(count * length for count, length in counts)
        gradient = min(method.examples, own.examples) * own.tokens if isinstance(method, EWCConfig) else 0
        forward = tokens if isinstance(method, LwFConfig) and earlier else 0
        steps = training.epochs * math.ceil(examples / training.batch_rows)
        works.append(Work(steps, round(tokens), round(gradient), round(forward)))
    return works


def _added(method: MethodConfig, own: Amount, earlier: Sequence[Amount]) -> list[tuple[int, float]]:
    """Examples of earlier tasks that are trained on again, with their tokens."""
    if isinstance(method, JointConfig):
        return [(one.examples, one.tokens) for one in earlier]
    if isinstance(method, ReplayConfig) and earlier:
        length = sum(one.examples * one.tokens for one in earlier) / sum(one.examples for one in earlier)
        return [(round(method.ratio * own.examples), length)]
    return []


def sizes_by_kind(approach: ApproachConfig, gauge: Gauge) -> dict[str, int]:
    """Parameters trained for one task by kind of part, as a learner tells them: what is shared first, by name."""
    if not approach.components:
        return {"base": gauge.base}
    counts = gauge.sizes(approach.components).components
    sizes: dict[str, int] = {}
    for name in approach.in_order:
        kind = approach.components[name].kind
        sizes[kind] = sizes.get(kind, 0) + counts[name]
    return sizes


def evaluations(
    approach: ApproachConfig, num_tasks: int, ahead: Ahead, equal: Sequence[Cell | None] = (), order: str = ""
) -> int:
    """How many times a task is scored in one cell; what served a task unchanged is not scored again.

    After each task those learned so far are scored, and of those still to come what ``ahead`` says. Where each has a
    part of its own that nothing changes, only the newest part is new: of the tasks learned, it is scored on its own.

    Args:
        approach: the cell's.
        num_tasks: of the cell.
        ahead: of the study.
        equal: for each task the cell that its training is taken over from, with what it scored on that task and, if
            the order is the same, on those ahead.
        order: the cell's.
    """
    scored = sum(num_scored(learned, num_tasks, ahead) for learned in range(1, num_tasks + 1))
    known = num_tasks * (num_tasks - 1) // 2 if approach.isolated else 0
    for learned, cell in enumerate(equal, start=1):
        if cell is not None:
            known += 1 + (num_scored(learned, num_tasks, ahead) - learned if cell.order == order else 0)
    return scored - known


def disk_bytes(approach: ApproachConfig, gauge: Gauge, works: Sequence[Work], items: int) -> int:
    """Bytes that a cell leaves in the run folder.

    Args:
        approach: the cell's approach.
        gauge: of the base.
        works: of its tasks.
        items: outputs generated for it.
    """
    tasks = len(works)
    trained = sum(sizes_by_kind(approach, gauge).values())
    if not approach.components:
        adapters = tasks * BYTES_A_PARAMETER * gauge.base
    else:
        one = bytes_on_disk(approach.components, gauge)
        adapters = one * (tasks * (tasks + 1) // 2 if approach.method.course == "stack" else tasks)
    state = 2 * BYTES_A_PARAMETER * trained * tasks if isinstance(approach.method, EWCConfig) else 0
    steps = sum(work.steps for work in works)
    return adapters + state + BYTES_A_STEP * steps + BYTES_AN_ITEM * items


def memory_bytes(config: StudyConfig, approach: ApproachConfig, base: PretrainedConfig, gauge: Gauge) -> int:
    """Peak memory of training and evaluating, from shapes alone: batches as long as the recipe lets them be.

    Weights, gradients and the two moments of AdamW in float32, and the larger of two: a training step with what its
    backward pass keeps of each block, and a validation batch. In both, three copies of the logits are alive.
    """
    training = config.training_of(approach)
    trained = sum(sizes_by_kind(approach, gauge).values())
    copies = 3 if approach.components else 4  # gradient, two moments; of a trained base also the original weights
    held = {"ewc": 2, "lwf": 1}.get(approach.method.kind, 0)
    weights = BYTES_A_PARAMETER * (gauge.base + trained * (copies + held + bool(approach.components)))
    source, target = config.max_source_tokens, config.decoding.max_new_tokens
    activations = training.batch_rows * _activations(base, gauge, source, target)
    if training.base_dropout and any(getattr(base, name, 0.0) for name in DROPOUTS):
        activations = round(DROPOUT_FACTOR * activations)
    written = target / (source + target) if base.is_encoder_decoder else 1.0  # the share of tokens that have logits
    rows = training.batch_rows * (source + target) * written
    step, validation = activations + 3 * rows * base.vocab_size, 3 * LOSS_BATCH_TOKENS * written * base.vocab_size
    return int(PROCESS_BYTES + weights + BYTES_A_PARAMETER * max(step, validation))


def _activations(base: PretrainedConfig, gauge: Gauge, source: int, target: int) -> int:
    """Numbers that a training step keeps for one example: states of every layer, and every attention's weights."""
    lengths = {"encoder": source, "decoder": target if base.is_encoder_decoder else source + target}
    kept = 0
    for feed_forward in gauge.anatomy.feed_forwards():
        width = 6 * feed_forward.d_model + (4 if feed_forward.gated else 2) * feed_forward.width
        kept += lengths[feed_forward.stack] * width
    for attention in gauge.anatomy.attentions():
        own = lengths[attention.stack]
        seen = source if attention.kind == "cross" else own
        kept += 4 * own * attention.heads * attention.head_size + 2 * attention.heads * own * seen
    return kept
