"""The ``graftwork`` command: its commands, and how errors end it.

Exit codes: 0 done, 1 the study failed (what is done is kept), 2 the input is wrong, 130 interrupted (resumable).
"""

import sys

import click
import typer

from graftwork.cli.generate import generate
from graftwork.cli.mine import mine
from graftwork.cli.pretrain import pretrain
from graftwork.cli.report import report
from graftwork.cli.run import run
from graftwork.cli.score import score
from graftwork.errors import GraftworkError

__all__ = ["app", "main"]

app = typer.Typer(
    name="graftwork",
    help="Grow a frozen code model, one language or task after another, without forgetting; measure it honestly.",
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,
    rich_markup_mode=None,
)
for command in (run, report, score, mine, pretrain, generate):
    app.command()(command)


def main(arguments: list[str] | None = None) -> None:
    """Run the command line and exit with its code."""
    try:
        code = app(arguments, standalone_mode=False)
    except GraftworkError as error:
        _fail(str(error), error.exit_code)
    except click.ClickException as error:
        _fail(error.format_message(), 2)
    except (KeyboardInterrupt, click.exceptions.Abort):
        _fail("interrupted; what is done is kept, and the same command goes on from there", 130)
    except OSError as error:
        if error.errno is None or error.filename is None:
            raise
        _fail(f"{error.filename}: {error.strerror}", 2)
    sys.exit(code if isinstance(code, int) else 0)


def _fail(text: str, code: int) -> None:
    print(f"graftwork: {' '.join(text.split())}", file=sys.stderr)
    sys.exit(code)


if __name__ == "__main__":
    main()
