"""Equal budgets: components sized so that every approach trains as many parameters as the recipe asks for.

It needs the base's configuration alone. Each kind of component has one knob: LoRA its rank, an extra layer its
feed-forward's width and its count, new heads their size or number, the other expansions their width.
"""

from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import Any, TypeVar

from torch import nn
from transformers import PretrainedConfig

from graftwork.components.embedding_expansion import EmbeddingExpansionConfig
from graftwork.components.extra_layer import ExtraLayerConfig
from graftwork.components.ffn_expansion import FFNExpansionConfig
from graftwork.components.head_expansion import HeadExpansionConfig
from graftwork.components.kinds import ComponentConfig
from graftwork.components.linear_expansion import LinearExpansionConfig
from graftwork.components.lora import LoRAConfig
from graftwork.components.sizes import Gauge
from graftwork.errors import InputError
from graftwork.study.config import ApproachConfig, StudyConfig

__all__ = ["TOLERANCE", "bytes_on_disk", "matched"]

TOLERANCE = 0.02
"""How far an approach may be from its budget, as a share of it."""
MOST_OF_BASE = 10
"""The largest budget, in sizes of the base; sizing components far beyond it would take hours."""
BYTES_A_PARAMETER = 4
"""Adapters are stored in float32, as they are trained."""
BYTES_A_TENSOR = 95
"""A tensor's entry in the header of a file, besides its name: type, shape and place."""
BYTES_A_FOLDER = 3_000
"""Configuration and model card of an adapter."""

_COARSE_FIRST = ("head-expansion", "extra-layer", "linear-expansion", "embedding-expansion", "ffn-expansion", "lora")
"""The order in which components are sized: the finer ones make up for what the coarser ones leave."""

Config = TypeVar("Config", bound=ComponentConfig)
Item = TypeVar("Item")
Size = Callable[[Any], int]
"""Parameters of a component, given its configuration."""


def matched(
    config: StudyConfig, base_config: PretrainedConfig, say: Callable[[str], None] = lambda text: None
) -> StudyConfig:
    """Return the study with its components sized to the budget of its recipe; without a budget, as it is.

    An approach that is within the tolerance already stays as it is written, so a study that was matched once stays the
    same. Several components divide a budget in proportion to their sizes as written. LoRA keeps alpha / rank.

    Args:
        config: the recipe.
        base_config: the base's configuration.
        say: told in one line what was chosen for each approach, or what is the nearest possible.

    Raises:
        InputError: a component has no place in the base, or has a rank pattern of its own, or the budget is many
            times the base.
    """
    budget = config.match_parameters or config.stored_bytes
    if budget is None:
        return config
    gauge = Gauge(base_config)
    _check_budget(config, gauge)
    approaches = []
    for approach in config.approaches:
        if not approach.components:
            say(f"equal budgets: {approach.name} trains the whole base ({gauge.base:,} parameters) and stays as it is")
            approaches.append(approach)
            continue
        wanted = config.match_parameters or _parameters_in(budget, approach.components, gauge)
        solved = _sized(approach, wanted, gauge)
        say(_choice(approach, solved, wanted, gauge))
        approaches.append(solved)
    return config.model_copy(update={"approaches": tuple(approaches)})


def _check_budget(config: StudyConfig, gauge: Gauge) -> None:
    """Refuse a budget that is many times the base."""
    if config.match_parameters is not None:
        given, most, where = config.match_parameters, MOST_OF_BASE * gauge.base, "match_parameters"
    else:
        given, most, where = config.stored_bytes or 0, MOST_OF_BASE * gauge.base * BYTES_A_PARAMETER, "stored_bytes"
    if given > most:
        raise InputError(f"{given:,} is more than {MOST_OF_BASE} times the base", where, f"give {most:,} at most")


def bytes_on_disk(components: Mapping[str, ComponentConfig], gauge: Gauge) -> int:
    """Bytes that an adapter takes when it is saved, its files together, to within a few hundred."""
    with gauge.parts(components) as parts:
        tensors = [
            (f"{part}.{name}", one.numel()) for part, whole in parts.items() for name, one in whole.tensors().items()
        ]
    header = sum(len(name) + BYTES_A_TENSOR for name, _ in tensors)
    return BYTES_A_FOLDER + header + BYTES_A_PARAMETER * sum(count for _, count in tensors)


def _parameters_in(stored: int, components: Mapping[str, ComponentConfig], gauge: Gauge) -> int:
    """How many parameters an adapter of these components may have in so many bytes."""
    besides = bytes_on_disk(components, gauge) - BYTES_A_PARAMETER * gauge.sizes(components).trainable
    return max(1, (stored - besides) // BYTES_A_PARAMETER)


# One approach


def _sized(approach: ApproachConfig, wanted: int, gauge: Gauge) -> ApproachConfig:
    """The approach with its components sized, the coarse ones first, each to its share of what is left."""
    written = gauge.sizes(approach.components)
    slack = TOLERANCE * wanted
    if abs(written.trainable - wanted) <= slack:
        return approach
    order = sorted(approach.components, key=lambda name: _COARSE_FIRST.index(approach.components[name].kind))
    solved: dict[str, ComponentConfig] = {}

    def size_to(name: str, share: float) -> None:
        now = gauge.sizes(solved)
        others = now.trainable - now.components.get(name, 0)

        def size(config: ComponentConfig) -> int:
            return gauge.sizes({**solved, name: config}).trainable - others

        where = f"approach {approach.name}: {name}"
        solved[name] = _nearest(approach.components[name], share, slack, size, gauge, where)

    for place, name in enumerate(order):
        left = wanted - gauge.sizes(solved).trainable
        size_to(name, left * written.components[name] / sum(written.components[other] for other in order[place:]))
    for name in reversed(order):  # a component may not have been able to become as small or as large as its share
        missing = wanted - gauge.sizes(solved).trainable
        if abs(missing) > slack:
            size_to(name, gauge.sizes(solved).components[name] + missing)
    return approach.model_copy(update={"components": {name: solved[name] for name in approach.components}})


def _nearest(
    config: ComponentConfig, wanted: float, slack: float, size: Size, gauge: Gauge, where: str
) -> ComponentConfig:
    """The component with its knob where its size is nearest to what is wanted."""
    match config:
        case LoRAConfig():
            return _sized_lora(config, wanted, slack, size, gauge, where)
        case ExtraLayerConfig():
            return _sized_layer(config, wanted, slack, size)
        case HeadExpansionConfig():
            return _sized_heads(config, wanted, slack, size, gauge)
        case FFNExpansionConfig() | EmbeddingExpansionConfig() | LinearExpansionConfig():
            return _search(lambda width: config.model_copy(update={"width": width}), wanted, size)


def _search(make: Callable[[int], Config], wanted: float, size: Size) -> Config:
    """Of the components that ``make`` gives for 1, 2, …, each larger than the one before, the nearest in size."""
    below, above = 0, 1
    while size(make(above)) < wanted:
        below, above = above, 2 * above
    while above - below > 1:
        middle = (below + above) // 2
        below, above = (middle, above) if size(make(middle)) < wanted else (below, middle)
    near = [make(knob) for knob in (below, above) if knob]
    return min(near, key=lambda one: abs(size(one) - wanted))


# The knobs


def _sized_layer(config: ExtraLayerConfig, wanted: float, slack: float, size: Size) -> ExtraLayerConfig:
    """As many whole blocks as come nearest; where that is too coarse, with narrower or wider feed-forwards."""
    one = size(config.model_copy(update={"count": 1}))
    whole = config.model_copy(update={"count": max(1, round(wanted / one))})
    if abs(size(whole) - wanted) <= slack:
        return whole
    return _search(lambda width: whole.model_copy(update={"feed_forward_width": width}), wanted, size)


def _sized_heads(
    config: HeadExpansionConfig, wanted: float, slack: float, size: Size, gauge: Gauge
) -> HeadExpansionConfig:
    """As many heads as written, larger or smaller; where positions fix their size, more or fewer, in fewer blocks."""
    tried: list[HeadExpansionConfig] = []
    for one in _head_knobs(config, wanted, size, gauge):
        if abs(size(one) - wanted) <= slack:
            return one
        tried.append(one)
    return min(tried, key=lambda one: abs(size(one) - wanted))


def _head_knobs(config: HeadExpansionConfig, wanted: float, size: Size, gauge: Gauge) -> Iterator[HeadExpansionConfig]:
    """The nearest in size by each knob, those that change least first."""
    attentions = gauge.anatomy.attentions()
    if all(attention.free_head_size for attention in attentions):
        for heads in range(config.heads, 0, -1):
            fewer = config.model_copy(update={"heads": heads})
            yield _search(lambda head_size, one=fewer: one.model_copy(update={"head_size": head_size}), wanted, size)  # type: ignore[misc]
        return
    numbers = range(1 + max(attention.block for attention in attentions)) if config.blocks == "all" else config.blocks
    for count in range(len(numbers), 0, -1):
        blocks = config.blocks if count == len(numbers) else tuple(sorted(_spread(list(numbers))[:count]))
        some = config.model_copy(update={"blocks": blocks})
        yield _search(lambda heads, one=some: one.model_copy(update={"heads": heads}), wanted, size)  # type: ignore[misc]


def _sized_lora(config: LoRAConfig, wanted: float, slack: float, size: Size, gauge: Gauge, where: str) -> LoRAConfig:
    """The nearest rank; where a whole rank is too coarse, some layers have one more than the others."""
    if config.rank_pattern or config.alpha_pattern:
        right = "leave the patterns out, or the budget"
        raise InputError("has ranks of its own for some layers, and a budget decides the ranks", where, right)
    ratio = config.alpha / config.rank

    def with_rank(rank: int) -> LoRAConfig:
        return config.model_copy(update={"rank": rank, "alpha": ratio * rank})

    nearest = _search(with_rank, wanted, size)
    if abs(size(nearest) - wanted) <= slack:
        return nearest
    even = nearest if size(nearest) < wanted or nearest.rank == 1 else with_rank(nearest.rank - 1)
    layers = _layers_of_rank(wanted - size(even), gauge, config)
    more = even.rank + 1
    pattern = {"rank_pattern": dict.fromkeys(layers, more), "alpha_pattern": dict.fromkeys(layers, ratio * more)}
    return even.model_copy(update=pattern if layers else {})


def _layers_of_rank(missing: float, gauge: Gauge, config: LoRAConfig) -> list[str]:
    """Linear layers of the base, spread evenly, in which one more rank comes to what is missing."""
    alone = config.model_copy(update={"rank": 1, "into_extra_layers": False})
    with gauge.parts({"lora": alone}) as parts:
        steps = {site.path: _count(branch) for site, branch in parts["lora"].grafts()}
    chosen: list[str] = []
    for path in _spread(list(steps)):
        if steps[path] <= missing:
            chosen.append(path)
            missing -= steps[path]
    return sorted(chosen, key=list(steps).index)


def _count(part: nn.Module) -> int:
    return sum(parameter.numel() for parameter in part.parameters())


def _spread(items: Sequence[Item]) -> list[Item]:
    """The items in an order whose first n, for every n, are spread over all of them (steps of the golden ratio)."""
    places = sorted(range(len(items)), key=lambda index: (index + 1) * 0.6180339887498949 % 1)
    order = sorted(range(len(items)), key=places.__getitem__)
    return [items[index] for index in order]


# In words


def _choice(written: ApproachConfig, solved: ApproachConfig, wanted: int, gauge: Gauge) -> str:
    """One line: what was chosen, or what is the nearest possible."""
    size = gauge.sizes(solved.components).trainable
    changes = [
        f"{name}: {words}"
        for name, config in solved.components.items()
        if (words := _changes(written.components[name], config))
    ]
    chosen = "; ".join(changes) or "as written"
    if abs(size - wanted) <= TOLERANCE * wanted:
        return f"equal budgets: {solved.name} has {size:,} of {wanted:,} parameters ({chosen})"
    what = f"{wanted:,} parameters cannot be reached within {TOLERANCE:.0%}; the nearest possible is {size:,}"
    return f"equal budgets: {solved.name}: {what} ({chosen})"


def _changes(written: ComponentConfig, solved: ComponentConfig) -> str:
    """The settings that differ, and what they are now."""
    before, now = written.model_dump(), solved.model_dump()
    words = []
    for key, value in now.items():
        if value == before[key] or key == "alpha_pattern":
            continue
        layers = f"{max(value.values())} in {len(value)} layers" if key == "rank_pattern" else None
        words.append(f"{key} {layers or value}")
    return ", ".join(words)
