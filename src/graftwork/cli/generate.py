"""``graftwork generate``: what a base writes with adapters, for one prompt or for rows that name their adapters."""

import json
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from graftwork.cli.rows import check_whole, read_rows, text_in
from graftwork.errors import InputError

if TYPE_CHECKING:
    from graftwork.components import Grafts

__all__ = ["generate"]


def generate(
    prompt: Annotated[str | None, typer.Argument(help="The prompt; leave it out with --input.")] = None,
    base: Annotated[str, typer.Option(help="default, a folder, or a hub name.")] = "default",
    adapters: Annotated[
        list[str] | None,
        typer.Option("--adapter", help="Folder of an adapter, or NAME=FOLDER; several with --input."),
    ] = None,
    library: Annotated[
        Path | None,
        typer.Option(
            "--adapters",
            metavar="DIR",
            help="Folder of adapters' folders; each has its folder's name, and is read when a row asks for it.",
        ),
    ] = None,
    rows: Annotated[
        Path | None,
        typer.Option("--input", help="JSON Lines: rows with `prompt` and, to use an adapter, its name in `adapter`."),
    ] = None,
    max_new_tokens: Annotated[int, typer.Option(min=1, help="Generation ends here at the latest.")] = 256,
) -> None:
    """Generate greedily with a base and adapters.

    One prompt prints the text alone. With --input, each row is printed again with `prediction` added; a row without
    `adapter` uses the only adapter given, or the base if there are none or several. An adapter has the name that it was
    saved with (a study's: its task) unless NAME=FOLDER gives it another.

    Examples:

        graftwork generate --adapter runs/default/runs/lora/python+javascript/1/tasks/00-python/adapter
            "Generate python: Keep only the even numbers, then add up the numbers."

        graftwork generate --adapter A --adapter wide=B --input prompts.jsonl > predictions.jsonl

        graftwork generate --adapters adapters --input prompts.jsonl > predictions.jsonl
    """
    from graftwork.components import Grafts
    from graftwork.components.library import AdapterLibrary, folders_in
    from graftwork.evaluation.encode import encode_prompts, text_of
    from graftwork.evaluation.generate import DecodingConfig, generate_greedy
    from graftwork.models.load import load_base

    folders = {} if library is None else folders_in(library)
    data = _rows(prompt, rows, num_adapters=len(adapters or ()) + len(folders))
    loaded = load_base(base)
    grafts = Grafts(loaded)
    names = [_load(grafts, adapter) for adapter in adapters or ()]
    for twice in folders.keys() & set(names):
        raise InputError(f"there are two adapters {twice!r}", f"--adapters {library}", "name the other NAME=FOLDER")
    names += folders
    default = names[0] if len(names) == 1 else None
    chosen = AdapterLibrary(grafts, folders)
    wanted = [row.get("adapter", default) for _, row in data]
    for (where, _), name in zip(data, wanted, strict=True):
        if name is not None and name not in names:
            right = f"the adapters given are {', '.join(names) or 'none'}"
            raise InputError(f"no adapter is called {name!r}", where, right)
    prompts = [row["prompt"] for _, row in data]
    outputs = generate_greedy(
        loaded.model,
        encode_prompts(loaded.tokenizer, prompts, loaded.model.config.is_encoder_decoder),
        DecodingConfig(max_new_tokens=max_new_tokens),
        use_rows=lambda indices: chosen.use([wanted[index] for index in indices]),
    )
    for (_, row), tokens in zip(data, outputs, strict=True):
        text = text_of(loaded.tokenizer, tokens)
        typer.echo(text if rows is None else json.dumps({**row, "prediction": text}, ensure_ascii=False))


def _load(grafts: "Grafts", adapter: str) -> str:
    """Load an adapter, given as its folder or as NAME=FOLDER, and return its name."""
    name, equals, folder = adapter.partition("=")
    if equals and not Path(adapter).is_dir():  # an equals sign may stand in a path
        return grafts.load(folder, name)
    return grafts.load(adapter)


def _rows(prompt: str | None, file: Path | None, num_adapters: int) -> list[tuple[str, dict[str, Any]]]:
    """What to generate from: one prompt, or the rows of a file, each with its place for messages."""
    if (prompt is None) == (file is None):
        raise InputError("give one prompt or --input FILE.jsonl, not both and not neither", "generate")
    if file is None:
        if num_adapters > 1:
            raise InputError("several adapters for one prompt", "generate", "give one, or rows that name theirs")
        check_whole(prompt or "", "the prompt")
        return [("the prompt", {"prompt": prompt})]
    data = read_rows(file, '{"prompt": "..."}')
    for where, row in data:
        text_in(row, "prompt", where)
    return data
