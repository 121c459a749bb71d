"""Merging: a base with an adapter folded into its weights, as a plain Transformers checkpoint."""

import os
import shutil
from pathlib import Path

import yaml
from transformers import PreTrainedModel
from transformers.utils import logging

from graftwork.components.attach import Grafts
from graftwork.components.fold import fold
from graftwork.components.store import VERSION
from graftwork.errors import InputError, NoSpaceError
from graftwork.files import UNWRITABLE, write_whole
from graftwork.models.fingerprint import model_fingerprint
from graftwork.models.load import Base, auto_class_of

__all__ = ["merge"]

_README = """\
---
{front_matter}---

# {name}

The base model `{base}` with an adapter merged into its weights by graftwork {version}: a plain Transformers model that
needs neither graftwork nor the adapter. It computes what the base computes with the adapter, but for rounding.

| merged component | kind | parameters |
|---|---|---|
{rows}

- fingerprint: `{fingerprint}`
- fingerprint of the base: `{base_fingerprint}`
- fingerprint of the base with the adapter: `{adapter_fingerprint}`

## How to load it

```python
from transformers import {loader}, AutoTokenizer

model = {loader}.from_pretrained("this/folder")
tokenizer = AutoTokenizer.from_pretrained("this/folder")
```
"""


def merge(base: Base, adapter: str | Path, out: str | Path) -> PreTrainedModel:
    """Write a base with an adapter folded into its weights as a plain Transformers checkpoint, and return the model.

    Args:
        base: left as it is.
        adapter: the adapter's folder, ours or a LoRA of PEFT's.
        out: the folder to make; it appears when it is whole.

    Raises:
        InputError: the adapter cannot be loaded or has no such form, or the folder holds something already.
        NoSpaceError: the disk is full or the folder cannot be written.
    """
    out = Path(out)
    if out.exists() and not (out.is_dir() and not any(out.iterdir())):
        raise InputError("is there already", str(out), "give a new folder")
    grafts = Grafts(base)
    try:
        name = grafts.load(adapter)
        model = fold(grafts, name)
        _write(model, base, _card(grafts, name, model), out)
    finally:
        grafts.detach()
    return model


def _card(grafts: Grafts, name: str, model: PreTrainedModel) -> str:
    rows = []
    for part, component in grafts.components_of(name).items():
        kind = component.config.kind  # type: ignore[attr-defined]  # every configuration has its kind
        rows.append(f"| {part} | {kind} | {sum(one.numel() for one in component.parameters()):,} |")
    front_matter = {"base_model": grafts.base_name, "library_name": "transformers", "tags": ["graftwork", "merged"]}
    return _README.format(
        front_matter=yaml.safe_dump(front_matter, sort_keys=False),
        name=name,
        base=grafts.base_name.replace("`", "'"),
        version=VERSION,
        rows="\n".join(rows),
        fingerprint=model_fingerprint(model),
        base_fingerprint=grafts.base_fingerprint,
        adapter_fingerprint=grafts.fingerprint(name),
        loader=auto_class_of(model.config).__name__,
    )


def _write(model: PreTrainedModel, base: Base, card: str, out: Path) -> None:
    """Write the folder aside and put it in place at once."""
    aside = out.absolute().with_name(f".{out.name}.{os.getpid()}.part")
    bars = logging.is_progress_bar_enabled()
    logging.disable_progress_bar()
    try:
        write_whole(aside / "README.md", card)
        model.save_pretrained(aside)
        base.tokenizer.save_pretrained(aside)
        aside.replace(out)
    except OSError as error:
        right = UNWRITABLE.get(error.errno or 0)
        raise NoSpaceError(f"cannot be written ({error.strerror})", str(out), right) from None
    finally:
        shutil.rmtree(aside, ignore_errors=True)
        if bars:
            logging.enable_progress_bar()
