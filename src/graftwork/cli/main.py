"""The ``graftwork`` command: its commands, and how errors end it.

Exit codes: 0 done, 1 the study failed (what is done is kept), 2 the input is wrong, 130 interrupted (resumable).
"""

import sys
from typing import NoReturn

import typer

from graftwork.cli.analyze import analyze
from graftwork.cli.bench import bench
from graftwork.cli.generate import generate
from graftwork.cli.kernel_caches import bound_kernel_caches
from graftwork.cli.merge import merge
from graftwork.cli.mine import mine
from graftwork.cli.plan import plan
from graftwork.cli.pretrain import pretrain
from graftwork.cli.report import report
from graftwork.cli.run import run
from graftwork.cli.score import score
from graftwork.cli.verify import verify
from graftwork.errors import GraftworkError, one_line

__all__ = ["app", "main"]

INTERRUPTED = 130

app = typer.Typer(
    name="graftwork",
    help="Grow a frozen code model, one language or task after another, without forgetting; measure it honestly.",
    add_completion=False,
    pretty_exceptions_enable=False,
    rich_markup_mode=None,
)
for command in (run, plan, report, analyze, score, mine, pretrain, generate, merge, bench, verify):
    app.command()(command)


def main(arguments: list[str] | None = None) -> None:
    """Run the command line and exit with its code; without arguments, show the help."""
    arguments = sys.argv[1:] if arguments is None else arguments
    bound_kernel_caches()
    try:
        # Typer returns the code of --help, and 130 after Ctrl-C; our commands return nothing.
        code = app(arguments or ["--help"], prog_name="graftwork", standalone_mode=False) or 0
    except GraftworkError as error:
        _fail(str(error), error.exit_code)
    except typer.TyperException as error:
        _fail(error.format_message(), 2)
    except (KeyboardInterrupt, typer.Abort):
        code = INTERRUPTED
    except OSError as error:
        if error.strerror is None:
            raise
        _fail(f"{error.filename}: {error.strerror}" if error.filename else error.strerror, 2)
    if code == INTERRUPTED:
        _fail("interrupted; what a study has done is kept, and the same command goes on from there", INTERRUPTED)
    sys.exit(code)


def _fail(text: str, code: int) -> NoReturn:
    print(f"graftwork: {one_line(text)}", file=sys.stderr)
    sys.exit(code)


if __name__ == "__main__":
    main()
