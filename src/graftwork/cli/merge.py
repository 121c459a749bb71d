"""``graftwork merge``: a base with an adapter folded into its weights, as a plain Transformers checkpoint."""

from pathlib import Path
from typing import Annotated

import typer

__all__ = ["merge"]


def merge(
    adapter: Annotated[Path, typer.Option(help="Folder of the adapter, ours or a LoRA of PEFT's.", show_default=False)],
    out: Annotated[Path, typer.Option("--out", "-o", help="Folder to make.", show_default=False)],
    base: Annotated[str, typer.Option(help="default, a folder, or a hub name.")] = "default",
) -> None:
    """Merge an adapter into its base: the folder written is a plain Transformers model that answers as both together.

    LoRA, FFN expansion of every block, linear expansion without activation, and embedding expansion of a base whose
    head has its own table can be merged, also together; of other components it is said why not.

    Example: graftwork merge --base Salesforce/codet5-small --adapter runs/study/runs/lora/a+b/1/tasks/00-a/adapter
    --out merged
    """
    from graftwork.components.merge import merge as write_merged
    from graftwork.models.load import load_base

    write_merged(load_base(base), adapter, out)
    typer.echo(f"written to {out}")
