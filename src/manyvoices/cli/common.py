"""What every verb shares: how errors leave the program, and how results are printed."""

from __future__ import annotations

import functools
import json
import sys
from collections.abc import Callable
from typing import Annotated, ParamSpec, TypeVar

import typer
from rich.console import Console

from manyvoices.schema.errors import ManyvoicesError

P = ParamSpec("P")
R = TypeVar("R")

JsonFlag = Annotated[bool, typer.Option("--json", help="Print the result as one JSON document.")]

console = Console()
errors = Console(stderr=True)


def verb(function: Callable[P, R]) -> Callable[P, R]:
    """Turn an error raised on purpose into its message and exit code 1, never a traceback."""

    @functools.wraps(function)
    def run(*args: P.args, **kwargs: P.kwargs) -> R:
        try:
            return function(*args, **kwargs)
        except ManyvoicesError as error:
            errors.print(str(error), markup=False, highlight=False, soft_wrap=True)
            raise typer.Exit(1) from error
        except BrokenPipeError:
            raise typer.Exit(0) from None
        except OSError as error:
            # A path that is missing or may not be read is the user's input too.
            name = error.filename or ""
            errors.print(f"{name}: {error.strerror or error}", markup=False, highlight=False)
            raise typer.Exit(1) from error

    return run


def print_json(document: object) -> None:
    """Write `document` to standard output as indented JSON, undecorated so that jq can read it."""
    json.dump(document, sys.stdout, indent=2, ensure_ascii=False, default=str)
    sys.stdout.write("\n")
