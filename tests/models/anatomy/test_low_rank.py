from collections.abc import Callable, Sequence
from typing import Any, final

import pytest
import torch
import torch.nn.functional as F
from torch import nn

from graftwork.models.anatomy.joined_linears import JoinedLinears
from graftwork.models.anatomy.low_rank import ActsOnModules, LowRankPart
from graftwork.models.anatomy.made import Made

ROWS = 5


@final
class Owner(ActsOnModules):
    """Hangs parts on layers by hooks, and tells what they are."""

    def __init__(self, parts: dict[nn.Module, list[LowRankPart]]) -> None:
        self.parts = parts
        for module in parts:
            module.register_forward_hook(self.hook)

    def hook(self, module: nn.Module, arguments: tuple[Any, ...], output: torch.Tensor) -> torch.Tensor:
        for part in self.parts[module]:
            inner = F.linear(arguments[0], part.down)
            delta = part.scale * F.linear(inner if part.activation is None else part.activation(inner), part.up)
            acts = torch.zeros(len(output), dtype=torch.bool)
            acts[slice(None) if part.places is None else list(part.places)] = True
            output = torch.where(acts[:, None, None], output + delta, output)
        return output

    @property
    def acting(self) -> object:
        return self.parts

    def acts_on(self, module: nn.Module) -> bool:
        return bool(self.parts[module])

    def low_rank_on(self, module: nn.Module) -> Sequence[LowRankPart] | None:
        return self.parts[module]


def part(places: tuple[int, ...] | None, rank: int = 2, outputs: int = 6, **others: Any) -> LowRankPart:
    num_named = None if places is None else ROWS
    return LowRankPart(torch.randn(rank, 8), torch.randn(outputs, rank), 0.5, places, num_named, **others)


CASES: dict[str, Callable[[], list[list[LowRankPart]]]] = {
    "none": lambda: [[], []],
    "on all rows": lambda: [[part(None)], [part(None, rank=3), part(None)]],
    "on one layer": lambda: [[], [part(None)]],
    "with an activation": lambda: [[part(None, activation=F.relu)], [part(None, activation=F.relu)]],
    "by row": lambda: [[part((0, 3)), part((1, 2, 4))], [part((0, 3)), part((1, 2, 4))]],
    "by row, some without": lambda: [[part((3,)), part((1, 2))], [part((3,)), part((1, 2))]],
    "by row with an activation": lambda: [[part((3, 4), activation=F.gelu)], [part((3, 4), activation=F.gelu)]],
    "all and by row": lambda: [[part(None), part((0, 1))], [part(None), part((0, 1))]],
    "of several ranks": lambda: [[part((0,)), part((1,), rank=3)], [part((0,)), part((1,), rank=3)]],
    "on other rows": lambda: [[part((0,))], [part((1,))]],
}


@pytest.mark.parametrize("case", CASES)
def test_joined_layers_give_what_each_gives(case: str) -> None:
    torch.manual_seed(0)
    layers = [nn.Linear(8, 6, bias=False), nn.Linear(8, 6, bias=False)]
    Owner(dict(zip(layers, CASES[case](), strict=True)))
    states = torch.randn(ROWS, 8)
    with torch.inference_mode():
        joined = JoinedLinears(layers)
        joined.prepare(Made())
        own = torch.cat([layer(states[:, None])[:, 0] for layer in layers], dim=1)
        assert torch.allclose(joined.run(states), own, atol=1e-5)


def test_hooks_of_somebody_unknown_are_called() -> None:
    layer = nn.Linear(8, 6, bias=False)
    layer.register_forward_hook(lambda *given: given[2] + 1)
    joined = JoinedLinears([layer])
    joined.prepare(Made())
    states = torch.randn(ROWS, 8)
    assert torch.allclose(joined.run(states), F.linear(states, layer.weight) + 1)


def test_other_rows_than_were_named_go_through_the_layers() -> None:
    layer = nn.Linear(8, 6, bias=False)
    owner = Owner({layer: [part((0, 1))]})
    with torch.inference_mode():
        joined = JoinedLinears([layer])
        joined.prepare(Made())
        states = torch.randn(2 * ROWS, 8)
        assert torch.allclose(joined.run(states), layer(states[:, None])[:, 0])
    assert owner.acts_on(layer)


def test_what_was_made_is_made_again_only_after_it_was_not_asked_for() -> None:
    made, calls = Made(), []

    def make() -> tuple[torch.Tensor, ...]:
        calls.append(1)
        return (torch.zeros(1),)

    for asked in (True, True, False, True):
        made.begin()
        if asked:
            made.get("key", (), make)
    assert len(calls) == 2
