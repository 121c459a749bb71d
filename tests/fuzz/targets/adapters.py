"""Adapters of others: configuration, header and weights, ours and PEFT's."""

import json
from functools import cache
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import safetensors.torch
from hypothesis import strategies as st
from safetensors.torch import load

from graftwork.components import Grafts
from graftwork.components.card import model_card
from graftwork.components.extra_layer import ExtraLayerConfig
from graftwork.components.library import AdapterLibrary
from graftwork.components.lora import LoRAConfig
from graftwork.components.store import AdapterRecord
from graftwork.models.tiny import tiny_base
from tests.fuzz.mutations import streams, trees
from tests.fuzz.target import Target
from tests.fuzz.texts import texts


@cache
def grafts() -> Grafts:
    return Grafts(tiny_base())


@cache
def _saved(ours: bool) -> tuple[dict[str, Any], bytes]:
    """Configuration and weights of an adapter that whole files are made of."""
    lora = LoRAConfig(rank=2, targets=("q", "v"), rank_pattern={"encoder.*q": 1})
    parts: dict[str, Any] = {"lora": lora, "extra": ExtraLayerConfig()} if ours else {"lora": lora}
    whole = Grafts(tiny_base())
    whole.add("a", parts)
    with TemporaryDirectory() as folder:
        whole.save("a", folder)
        config = json.loads((Path(folder) / "adapter_config.json").read_bytes())
        return config, (Path(folder) / "adapter_model.safetensors").read_bytes()


def _unsealed(ours: bool) -> tuple[dict[str, Any], bytes]:
    """The same as an older version or PEFT leaves it: without digests, so that what is changed gets further."""
    config, weights = _saved(ours)
    config = {**config, "sha256": None, "weights_sha256": None, "base_fingerprint": None} if ours else config
    return config, safetensors.torch.save(load(weights))


def _load(case: tuple[bytes, bytes], folder: Path) -> None:
    (folder / "adapter_config.json").write_bytes(case[0])
    (folder / "adapter_model.safetensors").write_bytes(case[1])
    whole = grafts()
    library = AdapterLibrary(whole, {"lazy": folder})
    try:
        name = whole.load(folder)
        whole.remove(name)
        library.use("lazy")
        library.use(None)
    finally:
        whole.use(None)
        for name in whole.names:
            whole.remove(name)


def _header(weights: bytes, record: Any) -> bytes:
    """The weights with a header of our own that says something else."""
    return safetensors.torch.save(load(weights), metadata={"graftwork": json.dumps(record)})


def _dump(tree: Any) -> bytes:
    return json.dumps(tree).encode()


def _card(case: tuple[str, str, Any, str], folder: Path) -> None:
    """No text takes part in the card's structure: its lines that begin something are as many as those of any card."""
    base, fingerprint, targets, pattern = case
    record = AdapterRecord(
        graftwork_version="1",
        name="a",
        base=base,
        base_fingerprint=fingerprint,
        weights_sha256=None,
        components={"lora": LoRAConfig.read({"targets": targets, "rank_pattern": {pattern: 1}}, "adapter")},
        shared={},
    )
    card = model_card(record, {}, "f", peft=False).partition("\n---\n")[2]
    lines = card.split("\n")
    assert [line[:3] for line in lines if line[:1] in tuple("#`|-<>*=")] == [
        *["# a", "| c", "|--", "| l", "| |"],
        *["- f", "- f", "- w"],
        "## ",
        "```",
        "```",
    ]
    assert all(line.replace("\\|", "").count("|") == 5 for line in lines if line.startswith("|"))
    assert len(lines) == 28, len(lines)
    assert "<" not in card.partition("```python")[0], card


_RIGHT = st.sampled_from((True, False))
_configs = st.deferred(lambda: trees(_unsealed(True)[0]).map(lambda c: (_dump(c), _unsealed(True)[1])))
_peft = st.deferred(lambda: trees(_unsealed(False)[0]).map(lambda c: (_dump(c), _unsealed(False)[1])))
_weights = st.deferred(
    lambda: (
        streams(_unsealed(True)[1][:600], _saved(True)[1][:2000]).map(lambda w: (_dump(_unsealed(True)[0]), w))
        | streams(_unsealed(True)[1], _saved(True)[1]).map(lambda w: (_dump(_unsealed(True)[0]), w))
        | streams(_unsealed(False)[1], _saved(False)[1]).map(lambda w: (_dump(_saved(False)[0]), w))
    )
)
_headers = st.deferred(
    lambda: st.tuples(_RIGHT, trees(json.loads(_saved_header()))).map(
        lambda case: (_dump(_saved(case[0])[0]), _header(_unsealed(case[0])[1], case[1]))
    )
)


def _saved_header() -> str:
    from safetensors import safe_open

    with TemporaryDirectory() as folder:
        path = Path(folder) / "a.safetensors"
        path.write_bytes(_saved(False)[1])
        with safe_open(path, framework="pt") as file:
            return str(file.metadata()["graftwork"])


_damaged = st.sampled_from((b"", b"[]", b"null", b"[" * 5000, b'{"peft_type": "LORA"}', b"{}", b"\xff")).flatmap(
    lambda config: _RIGHT.map(lambda ours: (config, _saved(ours)[1]))
)

_cards = st.tuples(texts, texts, st.lists(texts.filter(bool), min_size=1, max_size=2) | texts, texts)

TARGETS = (
    Target("cards", _cards, _card),
    Target("adapters", _configs | _peft | _weights | _headers | _damaged, _load, share=0.3, prepare=grafts),
)
