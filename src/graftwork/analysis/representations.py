"""Representations: how alike the states behind each block are, in the base and in the adapted model (linear CKA).

It can tell at which depth an adapter changes what the model says to itself of the same text. It cannot tell whether a
change is of use; and a CKA near 1 may hide small changes that decide an output, since it weighs directions by variance.
"""

from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from typing import Any

import torch
from torch import nn

from graftwork.analysis.bench import Bench
from graftwork.analysis.versions import Version, acting
from graftwork.models.anatomy import anatomy_of
from graftwork.results.analysis import Similarity
from graftwork.training.batches import LENGTH_STEP, Batch, collate_for, inputs_of, sorted_batches

__all__ = ["States", "linear_cka", "similarities", "states_behind_blocks"]

BATCH_TOKENS = 8_000

Key = tuple[str, int]
"""A stack and the number of a block in it."""
States = dict[Key, torch.Tensor]
"""The states behind each block, (positions, width)."""


def linear_cka(x: torch.Tensor, y: torch.Tensor) -> float:
    """Linear centred kernel alignment of two representations of the same things, 0 to 1.

    ``‖Yᵀ X‖² / (‖Xᵀ X‖ ‖Yᵀ Y‖)`` with centred columns and Frobenius norms (Kornblith et al. 2019, "Similarity of Neural
    Network Representations Revisited", https://arxiv.org/abs/1905.00414), over all rows at once, in float64. It does
    not change when either is rotated, reflected or scaled as a whole.

    Args:
        x: (things, features).
        y: (things, other features).

    Raises:
        ValueError: the numbers of things differ, or one representation is the same for all of them.
    """
    if len(x) != len(y):
        raise ValueError(f"{len(x)} and {len(y)} things cannot be compared")
    x, y = (one.double() - one.double().mean(dim=0) for one in (x, y))
    own = torch.linalg.matrix_norm(x.T @ x) * torch.linalg.matrix_norm(y.T @ y)
    if own == 0:
        raise ValueError("a representation that is the same for all things is alike to nothing")
    return min(1.0, float(torch.linalg.matrix_norm(y.T @ x) ** 2 / own))


def similarities(bench: Bench, versions: Sequence[Version], of_base: dict[str, States]) -> list[Similarity]:
    """Base against adapted, block by block, on the test items of the task that was trained.

    Args:
        bench: the study's material.
        versions: what the cell saved.
        of_base: the base's states by task; those that are missing are filled in.
    """
    rows = []
    for version in versions:
        if version.task not in of_base:
            of_base[version.task] = states_behind_blocks(bench, version.task)
        cell, before = version.cell, of_base[version.task]
        with acting(version, bench.base):
            after = states_behind_blocks(bench, version.task)
        for (stack, block), states in before.items():
            rows.append(
                Similarity(
                    approach=cell.approach,
                    order=cell.order,
                    seed=cell.seed,
                    task=version.task,
                    stack=stack,
                    block=block,
                    cka=linear_cka(states, after[stack, block]),
                    positions=len(states),
                )
            )
    return rows


@torch.no_grad()
def states_behind_blocks(bench: Bench, task: str) -> States:
    """The hidden states that each block of the base hands on, new layers behind it included: (positions, width).

    References are given (teacher-forced), padding is left out: an encoder's positions are the prompts' tokens, a
    decoder's are those at which a target token is predicted.
    """
    model = bench.base.model
    rows = bench.encode(bench.few[task].examples("test"))
    kept: dict[Key, list[torch.Tensor]] = {}
    with _watching(bench) as seen:
        for indices in sorted_batches(rows, len(rows), BATCH_TOKENS, encoder_decoder=model.config.is_encoder_decoder):
            batch = collate_for(model, rows, indices, LENGTH_STEP)
            model(**inputs_of(model, batch))
            for key, states in seen.items():
                kept.setdefault(key, []).append(states[_real(batch, key[0], model.config.is_encoder_decoder)])
    return {key: torch.cat(parts) for key, parts in kept.items()}


def _real(batch: Batch, stack: str, encoder_decoder: bool) -> torch.Tensor:
    """Which positions of a stack count: (rows, length)."""
    if encoder_decoder and stack == "encoder":
        return batch.attention_mask.bool()
    predicted = batch.labels != -100
    return predicted if encoder_decoder else torch.cat([predicted[:, 1:], predicted[:, :1] & False], dim=1)


@contextmanager
def _watching(bench: Bench) -> Iterator[Mapping[Key, torch.Tensor]]:
    """What the blocks hand on in each forward pass; the hooks come last, so that they see what adapters add."""
    anatomy, seen = anatomy_of(bench.base.model), {}

    def watch(key: Key) -> Any:
        def look(module: nn.Module, arguments: Any, output: Any) -> None:
            states = output[0] if isinstance(output, tuple) else output
            seen[key] = states.float().cpu()

        return look

    places = [(stack, number) for stack, blocks in anatomy.stacks.items() for number in range(len(blocks))]
    handles = [anatomy.block(*key).register_forward_hook(watch(key)) for key in places]
    try:
        yield seen
    finally:
        for handle in handles:
            handle.remove()
