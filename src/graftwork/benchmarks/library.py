"""Many adapters on disk: how long reading one takes, and what they take in memory."""

from collections.abc import Mapping
from itertools import cycle
from pathlib import Path
from tempfile import TemporaryDirectory

import torch

from graftwork.benchmarks.data import fresh_base
from graftwork.benchmarks.harness import Measurement, Say, Scale, measurement_of, prove, within
from graftwork.benchmarks.peft_side import lora_of, randomize
from graftwork.components import Grafts
from graftwork.components.library import AdapterLibrary, folders_in

__all__ = ["measure"]

LIMIT = 5e-3
"""Seconds for one of 10 MB."""
ADAPTER_BYTES = 10_000_000
COUNTS = {"toy": 3, "quick": 8, "full": 1000}
HELD = {"toy": 1, "quick": 2, "full": 8}
"""As many fit into the budget."""


def measure(scale: Scale, say: Say) -> list[Measurement]:
    """Seconds to choose an adapter that is not in memory (its file unchanged since it was hashed), and bytes held."""
    count, held = COUNTS[scale], HELD[scale]
    rank = 1 if scale == "toy" else _rank()
    with TemporaryDirectory() as directory:
        say(f"library: {count} adapters of rank {rank}")
        grafts = Grafts(fresh_base())
        size = _save(grafts, Path(directory), rank, count)
        library = AdapterLibrary(grafts, folders_in(Path(directory)), budget_bytes=held * size)
        names = cycle(library.names)
        conditions = {"adapters": count, "bytes": size, "fit into the budget": held}
        loading = within(
            "library/load",
            lambda: library.use(next(names)),
            LIMIT,
            proof=lambda: _prove(library, grafts),
            repetitions=max(5, count // 10),
            conditions=conditions,
        )
        used = float(library.held_bytes)
        budget = measurement_of(
            "library/bytes held",
            used,
            float(held * size),
            unit="bytes",
            reach=1.0,
            conditions={**conditions, "peer": "limit", "bytes on disk": count * size},
        )
    return [loading, budget]


def _rank() -> int:
    """The rank at which a LoRA on every linear layer of the base takes 10 MB."""
    grafts = Grafts(fresh_base())
    grafts.add("one", {"lora": lora_of(1)})
    return round(ADAPTER_BYTES / sum(parameter.nbytes for parameter in grafts.parameters_of("one")))


def _save(grafts: Grafts, directory: Path, rank: int, count: int) -> int:
    """Adapters on disk, two of them different and the others links to these; the bytes of one."""
    for number in range(2):
        grafts.add("saved", {"lora": lora_of(rank)}, seed=number)
        randomize(grafts)
        grafts.save("saved", directory / f"a{number}")
        size = sum(parameter.nbytes for parameter in grafts.parameters_of("saved"))
        grafts.remove("saved")
    for number in range(2, count):
        (directory / f"a{number}").symlink_to(directory / f"a{number % 2}")
    return size


def _prove(library: AdapterLibrary, grafts: Grafts) -> None:
    """Every adapter was read and hashed once; what is chosen is the adapter of that name."""
    weights: dict[str, Mapping[str, torch.Tensor]] = {}
    for name in library.names:
        library.use(name)
        if name in ("a0", "a1"):
            weights[name] = {path: tensor.clone() for path, tensor in grafts.tensors_of(name).items()}
    for name in ("a0", "a1"):
        library.use(name)
        same = {path: torch.equal(tensor, weights[name][path]) for path, tensor in grafts.tensors_of(name).items()}
        prove(all(same.values()), "an adapter that was read again is another one")
    prove(any(not torch.equal(one, weights["a1"][path]) for path, one in weights["a0"].items()), "all are alike")
