"""Choosing another adapter, with 2 and with many of them, against PEFT's ``set_adapter``."""

from typing import Any

import torch
from transformers import PreTrainedModel

from graftwork.benchmarks.harness import Measurement, Say, Scale, compare, peer_package, prove, within
from graftwork.benchmarks.peft_side import lora_of, randomize, with_peft
from graftwork.components import Grafts
from graftwork.models.tiny import tiny_t5

__all__ = ["measure"]

LIMIT = 100e-6
LORA = lora_of(2, ("q", "v"))
SIZES = {"toy": (2, 4), "quick": (2, 100), "full": (2, 1000)}
CALLS = {"toy": 4, "quick": 1000, "full": 1000}
PEER_CALLS = 2


def measure(scale: Scale, say: Say) -> list[Measurement]:
    """Seconds a switch: ours against 100 µs and against PEFT, on one tiny T5 each (what is looked at is the switch)."""
    peer_package("peft")
    measurements = []
    for count in SIZES[scale]:
        say(f"switching: {count} adapters")
        ours, peer = _with_grafts(count), _with_peft(count)
        calls = CALLS[scale]
        conditions = {"adapters": count, "calls": calls, "peer_calls": PEER_CALLS}
        limit = within(
            f"switching/limit at {count}",
            lambda grafts=ours, calls=calls: _switch(grafts, calls),  # type: ignore[misc]  # bound in the loop
            LIMIT,
            proof=lambda grafts=ours, peer=peer: _prove(grafts, peer),  # type: ignore[misc]
            calls=calls,
            conditions=conditions,
        )
        measurements += [limit, _against_peft(ours, peer, count, calls, conditions)]
    return measurements


def _against_peft(ours: Grafts, peer: Any, count: int, calls: int, conditions: dict[str, Any]) -> Measurement:
    def switch_peer() -> None:
        for number in range(PEER_CALLS):
            peer.set_adapter(f"a{number % count}")

    timed = compare(
        f"switching/PEFT at {count}",
        lambda: _switch(ours, calls),
        switch_peer,
        proof=lambda: _prove(ours, peer),
        peer_is="PEFT set_adapter",
        conditions=conditions,
    )
    assert timed.peer is not None
    ours_seconds, peer_seconds = timed.ours / calls, timed.peer / PEER_CALLS
    shown = {name: value for name, value in timed.conditions.items() if not name.endswith("quartiles")}
    changes = {
        "ours": ours_seconds,
        "peer": peer_seconds,
        "ratio": peer_seconds / ours_seconds,
        "reach": 100.0 if count >= 1000 else None,
        "conditions": shown,
    }
    return timed.model_copy(update=changes)


def _switch(grafts: Grafts, calls: int) -> None:
    names = grafts.names
    for number in range(calls):
        grafts.use(names[number % len(names)])


def _with_grafts(count: int) -> Grafts:
    """So many adapters, of which the first two are as if trained."""
    grafts = Grafts(tiny_t5())
    for number in range(2):
        grafts.add(f"a{number}", {"lora": LORA})
    randomize(grafts, spread=0.3)
    for number in range(2, count):
        grafts.add(f"a{number}", {"lora": LORA})
    return grafts


def _with_peft(count: int) -> Any:
    """A PEFT model with as many adapters, of which the first two are ours."""
    model = with_peft(tiny_t5(), _with_grafts(2), ("a0", "a1"))
    peft = peer_package("peft")
    config = peft.LoraConfig(r=LORA.rank, target_modules=list(LORA.targets), task_type="SEQ_2_SEQ_LM")
    for number in range(2, count):
        model.add_adapter(f"a{number}", config)
    return model.eval()


def _logits(model: PreTrainedModel) -> torch.Tensor:
    tokens = torch.arange(5, 15)[None]
    with torch.inference_mode():
        logits: torch.Tensor = model(input_ids=tokens, decoder_input_ids=tokens).logits
    return logits


def _prove(grafts: Grafts, peer: Any) -> None:
    """After each switch, both compute the same, and each adapter something else."""
    seen = []
    for name in grafts.names[:2]:
        grafts.use(name)
        peer.set_adapter(name)
        seen.append(_logits(grafts.model))
        prove(torch.allclose(seen[-1], _logits(peer), atol=1e-5), f"with {name} the logits are not PEFT's")
    prove(not torch.allclose(seen[0], seen[1], atol=1e-3), "switching did not change the logits")
