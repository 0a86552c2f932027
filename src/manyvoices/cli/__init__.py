"""The ``manyvoices`` command: one module per verb, no logic of its own.

In: words on a command line. Out: exit code 0 done, 1 the input is at fault and the message says
where, 2 wrong usage. May import every room; each verb imports the rooms it needs when it runs,
so that ``manyvoices --help`` is quick and works where an extra is not installed.
"""

from __future__ import annotations

from importlib import import_module
from typing import Any

import click
import typer
from typer.core import TyperGroup

VERBS = {
    "check": "Check a study.yaml and the files that it names.",
    "init": "Start a new study from a template.",
    "serve": "Serve studies to participants and researchers.",
    "demo": "Set up and serve the demo study, with rehearsed participants.",
    "rehearse": "Let bots play a study from invitation to completion code.",
    "release": "Freeze what a study collected into documented, hashed files.",
    "validate": "Check a data file or a release against its format.",
    "consensus": "Merge rankings into consensus orders by ranked pairs.",
    "rank": "Rank models from battles, with intervals over people.",
    "report": "Write a release's report as one self-contained HTML file.",
}


class LazyVerbs(TyperGroup):
    """Import a verb's module only when that verb is asked for."""

    def list_commands(self, ctx: click.Context) -> list[str]:
        return list(VERBS)

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:
        if cmd_name not in VERBS:
            return None
        module = import_module(f"manyvoices.cli.{cmd_name}")
        single = typer.Typer(add_completion=False, rich_markup_mode=None)
        single.command(name=cmd_name, help=None)(getattr(module, cmd_name))
        return typer.main.get_command(single)


app = typer.Typer(cls=LazyVerbs, no_args_is_help=True, add_completion=False, rich_markup_mode=None)


@app.callback()
def about() -> None:
    """Human feedback on language models, from many people."""


def main(argv: list[str] | None = None, **extra: Any) -> None:
    """Run the command line; `argv` defaults to the program's own arguments."""
    app(args=argv, prog_name="manyvoices", **extra)
