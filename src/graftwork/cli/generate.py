"""``graftwork generate``: what a base writes with adapters, for one prompt or for rows that name their adapters."""

import json
from pathlib import Path
from typing import Annotated, Any

import typer

__all__ = ["generate"]


def generate(
    prompt: Annotated[str | None, typer.Argument(help="The prompt; leave it out with --input.")] = None,
    base: Annotated[str, typer.Option(help="default, a folder, or a hub name.")] = "default",
    adapters: Annotated[
        list[Path] | None, typer.Option("--adapter", help="Folder of an adapter; several with --input.")
    ] = None,
    rows: Annotated[
        Path | None,
        typer.Option("--input", help="JSON Lines: rows with `prompt` and, to use an adapter, its name in `adapter`."),
    ] = None,
    max_new_tokens: Annotated[int, typer.Option(min=1, help="Generation ends here at the latest.")] = 256,
) -> None:
    """Generate greedily with a base and adapters.

    One prompt prints the text alone. With --input, each row is printed again with `prediction` added; a row without
    `adapter` uses the only adapter given, or the base if there are none or several.

    Examples:

        graftwork generate --adapter runs/default/runs/lora/python+javascript/1/tasks/00-python/adapter
            "Generate python: Keep only the even numbers, then add up the numbers."

        graftwork generate --adapter A --adapter B --input prompts.jsonl > predictions.jsonl
    """
    from graftwork.components import Grafts
    from graftwork.errors import InputError
    from graftwork.evaluation.generate import DecodingConfig, generate_greedy
    from graftwork.models.load import load_base

    if (prompt is None) == (rows is None):
        raise InputError("give one prompt or --input FILE.jsonl, not both and not neither", "generate")
    data = [{"prompt": prompt}] if rows is None else _read_rows(rows)
    loaded = load_base(base)
    grafts = Grafts(loaded)
    names = [grafts.load(folder) for folder in adapters or ()]
    default = names[0] if len(names) == 1 else None
    wanted = [row.get("adapter", default) for row in data]
    for number, name in enumerate(wanted, start=1):
        if name is not None and name not in names:
            right = f"the adapters given are {', '.join(names) or 'none'}"
            raise InputError(f"no adapter is called {name!r}", f"{rows}, row {number}", right)
    end = loaded.tokenizer.eos_token_id
    encoded = loaded.tokenizer([str(row["prompt"]) for row in data], add_special_tokens=False)["input_ids"]
    outputs = generate_greedy(
        loaded.model,
        [[*tokens, end] for tokens in encoded],
        DecodingConfig(max_new_tokens=max_new_tokens),
        use_rows=lambda indices: grafts.use([wanted[index] for index in indices]),
    )
    for row, tokens in zip(data, outputs, strict=True):
        text = loaded.tokenizer.decode(tokens, skip_special_tokens=True)
        typer.echo(text if rows is None else json.dumps({**row, "prediction": text}, ensure_ascii=False))


def _read_rows(path: Path) -> list[dict[str, Any]]:
    """Read JSON lines with a text in ``prompt``."""
    from graftwork.errors import InputError

    try:
        lines = path.read_text(encoding="utf-8").splitlines()
    except FileNotFoundError:
        raise InputError("no such file", str(path)) from None
    except (OSError, UnicodeDecodeError) as error:
        raise InputError(f"cannot be read ({error})", str(path)) from None
    data = []
    for number, line in enumerate(lines, start=1):
        if not line.strip():
            continue
        try:
            row = json.loads(line)
        except ValueError:
            raise InputError("not JSON", f"{path}, line {number}") from None
        if not isinstance(row, dict) or not isinstance(row.get("prompt"), str):
            raise InputError("no text in 'prompt'", f"{path}, line {number}", 'write {"prompt": "..."}')
        data.append(row)
    if not data:
        raise InputError("no rows", str(path), 'write one {"prompt": "..."} a line')
    return data
