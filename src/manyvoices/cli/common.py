"""What every verb shares: how errors leave the program, and how results are printed."""

from __future__ import annotations

import functools
import os
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import PurePath
from typing import Annotated, Any, ParamSpec, TypeVar

import msgspec
import typer
from rich.console import Console

from manyvoices.schema.errors import ManyvoicesError, MissingExtraError

P = ParamSpec("P")
R = TypeVar("R")

__all__ = [
    "EXTRA_OF",
    "JsonFlag",
    "console",
    "errors",
    "errors_as_messages",
    "print_json",
    "verb",
]

JsonFlag = Annotated[bool, typer.Option("--json", help="Print the result as one JSON document.")]

console = Console()
errors = Console(stderr=True)

_IMPORTED_BY_EXTRA = {
    "server": "aiohttp django django_htmx gunicorn markdown_it nh3 ninja psycopg whitenoise",
    "analysis": "cmcrameri great_tables jinja2 mapcraft matplotlib polars pyarrow",
    "curate": "phonenumbers py3langid",
    "fast": "numba",
    "words": "textblob",
    "topics": "hdbscan sklearn umap",
    "embed": "sentence_transformers",
    "train": "accelerate datasets peft safetensors tokenizers torch transformers trl",
    "distributed": "ray",
    "compat": "langid scrubadub",
}
EXTRA_OF = {
    package: extra for extra, names in _IMPORTED_BY_EXTRA.items() for package in names.split()
}
"""Which extra of pyproject.toml brings a package, by the name under which it is imported."""


def verb(function: Callable[P, R]) -> Callable[P, R]:
    """Turn an error raised on purpose into its message and exit code 1, never a traceback."""

    @functools.wraps(function)
    def run(*args: P.args, **kwargs: P.kwargs) -> R:
        with errors_as_messages(function.__name__):
            return function(*args, **kwargs)

    return run


@contextmanager
def errors_as_messages(name: str) -> Iterator[None]:
    """What `verb` does, for the import of the verb called `name` too."""
    try:
        yield
    except ManyvoicesError as error:
        _leave(str(error), error)
    except ModuleNotFoundError as error:
        package = (error.name or "").partition(".")[0]
        if package not in EXTRA_OF:
            raise
        _leave(str(MissingExtraError(f"manyvoices {name} ({package})", EXTRA_OF[package])), error)
    except BrokenPipeError:
        # The reader has left (`| head`): nothing is wrong, and nothing more can be said. Without
        # this, the interpreter would try to flush once more on its way out, and complain.
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        raise typer.Exit(0) from None
    except OSError as error:
        # A path that is missing or may not be read is the user's input too.
        place = f"{error.filename}: " if error.filename else ""
        _leave(f"{place}{error.strerror or error}", error)


def _leave(message: str, cause: Exception) -> None:
    errors.print(message, markup=False, highlight=False, soft_wrap=True)
    raise typer.Exit(1) from cause


def print_json(document: object) -> None:
    """Write `document` to standard output as indented JSON, undecorated so that jq can read it.

    Records, dataclasses, enums, dates and NumPy values are written as what they hold. JSON has no
    NaN and no infinity: both are written as null.
    """
    encoded = msgspec.json.encode(document, enc_hook=_plain)
    sys.stdout.write(msgspec.json.format(encoded, indent=2).decode() + "\n")


def _plain(value: Any) -> Any:
    if isinstance(value, PurePath):
        return str(value)
    if hasattr(value, "tolist"):  # NumPy arrays and scalars
        return value.tolist()
    raise TypeError(f"{type(value).__name__} has no form in JSON")
