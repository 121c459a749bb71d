"""The model card of a saved adapter."""

import re
from collections.abc import Mapping
from typing import TYPE_CHECKING

import torch
import yaml

from graftwork.errors import one_line

if TYPE_CHECKING:
    from graftwork.components.store import AdapterRecord

__all__ = ["model_card"]

_TEXT = """\
---
{front_matter}---

# {name}

An adapter for the frozen base model `{base}`, made by graftwork {version}. The base itself is not in this folder and
was not changed.

| component | kind | parameters | settings |
|---|---|---|---|
{rows}
| | together | {total} | |

- fingerprint: `{fingerprint}`
- fingerprint of the base: `{base_fingerprint}`
- weights (sha256 of the tensors): `{weights}`

## How to load it

```python
{code}
```
"""

_OURS = """\
from graftwork.components import Grafts
from graftwork.models.load import load_base

base = load_base({base!r})
grafts = Grafts(base)
name = grafts.load("this/folder")
with grafts.using(name):
    ...  # base.model now answers as the adapter taught it"""

_PEFT = """

# or, the adapter being in PEFT's own format:
from peft import PeftModel

model = PeftModel.from_pretrained(base.model, "this/folder")"""


def model_card(record: "AdapterRecord", tensors: Mapping[str, torch.Tensor], fingerprint: str, *, peft: bool) -> str:
    """Write the card: base, components, sizes, fingerprints, and how to load the adapter.

    Args:
        record: what is recorded of the adapter.
        tensors: its tensors by their names on disk.
        fingerprint: the adapter's fingerprint.
        peft: whether it is in PEFT's format.
    """
    front_matter = {
        "base_model": record.base,
        "library_name": "peft" if peft else "graftwork",
        "tags": ["graftwork", "adapter", *sorted({config.kind for config in record.components.values()})],
    }
    rows = []
    for name, config in record.components.items():
        sizes = [one.numel() for key, one in tensors.items() if peft or key.startswith(f"{name}.")]
        settings = _plain(", ".join(f"{key} {value}" for key, value in config.model_dump(exclude={"kind"}).items()))
        scope = f" (shared as {record.shared[name]})" if name in record.shared else ""
        rows.append(f"| {name}{scope} | {config.kind} | {sum(sizes):,} | {settings} |")
    return _TEXT.format(
        front_matter=yaml.safe_dump(front_matter, sort_keys=False),
        name=record.name,
        base=_code(record.base),
        version=record.graftwork_version,
        rows="\n".join(rows),
        total=f"{sum(one.numel() for one in tensors.values()):,}",
        fingerprint=fingerprint,
        base_fingerprint=_code(str(record.base_fingerprint)),
        weights=_code(str(record.weights_sha256)),
        code=_OURS.format(base=record.base) + (_PEFT if peft else ""),
    )


def _plain(text: str) -> str:
    """Text in a cell of a table: neither Markdown nor HTML in it takes effect."""
    return re.sub(r"([\\`*_\[\]|#~])", r"\\\1", one_line(text)).replace("&", "&amp;").replace("<", "&lt;")


def _code(text: str) -> str:
    """Text between backticks, which it cannot end."""
    return one_line(text).replace("`", "'").replace("<", "‹")
