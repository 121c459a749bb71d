"""``graftwork pretrain``: a small T5 base from mined code and generated problems."""

from pathlib import Path
from typing import Annotated

import typer

__all__ = ["pretrain"]


def pretrain(
    recipe: Annotated[Path, typer.Argument(help="Recipe of the base (YAML).", show_default=False)],
    out: Annotated[
        Path | None, typer.Option("--out", "-o", help="Folder for the base.", show_default="bases/<recipe name>")
    ] = None,
    assignments: Annotated[
        list[str] | None, typer.Option("--set", metavar="KEY=VALUE", help="Change a setting, e.g. max_minutes=5.")
    ] = None,
) -> None:
    """Train a tokenizer and a T5 model, and write model, tokenizer, model card and manifest of content hashes.

    Example: graftwork pretrain recipes/pretraining/default-base.yaml --out bases/mine
    """
    from rich.console import Console
    from rich.progress import BarColumn, Progress, TextColumn, TimeElapsedColumn, TimeRemainingColumn

    from graftwork.config import override, read_yaml
    from graftwork.errors import InputError
    from graftwork.results.names import check_name
    from graftwork.study.pretraining import pretrain_base
    from graftwork.training.pretrain import PretrainConfig

    data = read_yaml(recipe)
    if not isinstance(data, dict):
        raise InputError("is no recipe", str(recipe), "a recipe is a mapping with name and corpora")
    config = PretrainConfig.read(override({"name": recipe.stem, **data}, assignments or ()), str(recipe))
    folder = out or Path("bases") / check_name(config.name, f"{recipe}: name")
    console = Console()
    bars = Progress(
        TextColumn("{task.description}"),
        BarColumn(),
        TextColumn("{task.percentage:.0f}%"),
        TimeElapsedColumn(),
        TextColumn("left"),
        TimeRemainingColumn(),
        console=console,
    )
    with bars:
        bar = bars.add_task("mining", total=1.0)
        summary = pretrain_base(config, folder, lambda what, share: bars.update(bar, description=what, completed=share))
    console.print(summary, markup=False, highlight=False)
    console.print(f"written to {folder}", markup=False, highlight=False, soft_wrap=True)
