"""The ``manyvoices`` command: one module per verb, no logic of its own.

In: words on a command line. Out: exit code 0 done, 1 the input is at fault and the message says
where, 2 wrong usage. May import every room; each verb imports the rooms it needs when it runs,
so that ``manyvoices --help`` is quick and works where an extra is not installed.

A verb is a function in the module of the same name: ``manyvoices.cli.rank.rank``. Its signature
is the usage, its docstring the help; `VERBS` holds the one line that the list of verbs shows.
"""

from __future__ import annotations

from difflib import get_close_matches
from importlib import import_module
from typing import TYPE_CHECKING, Annotated, Any

import typer
from typer.core import TyperGroup

from manyvoices import __version__
from manyvoices.cli import common

if TYPE_CHECKING:  # Typer carries its own copy of Click and gives these types no public name
    from typer._click import Command, Context, HelpFormatter

__all__ = ["VERBS", "app", "main"]

VERBS = {
    "check": "Check a study.yaml and the files that it names.",
    "init": "Start a new study from a template.",
    "serve": "Serve studies to participants and researchers.",
    "demo": "Set up and serve the demo study, with rehearsed participants.",
    "rehearse": "Let bots play a study from invitation to completion code.",
    "recruit": "Invite people, look at quotas, or reconcile with Prolific.",
    "withdraw": "Erase everything of one participant, or check a receipt.",
    "trees": "Export, import or forecast message trees, or change their rules.",
    "release": "Freeze what a study collected into documented, hashed files.",
    "review": "Let people check what was flagged, and merge what they say.",
    "quality": "Check everybody's work in a study, with reasons and cost.",
    "validate": "Check a data file or a release against its format.",
    "convert": "Convert a data file, a release or a survey to another format.",
    "describe": "Write the tables that describe a release.",
    "categories": "Put people's own words into groups, decided by people.",
    "curate": "Make a new release with metadata, subsets, checks and documents.",
    "weights": "Weigh people so that they look like a population.",
    "consensus": "Merge rankings into consensus orders by ranked pairs.",
    "agree": "Say how far judges agree, and whether position sways them.",
    "rank": "Rank models from battles, with intervals over people.",
    "power": "Say how many people a study needs, by playing a release again.",
    "report": "Write a release's report as one self-contained HTML file.",
    "train": "Train a model on a release: sft, reward, dpo, kto, ppo, personal.",
    "evaluate": "Say what models are worth, to whom, and what to ask next.",
    "leaderboard": "Write a public page of ratings, with ranks as ranges.",
    "chat": "Talk to a model: its folder, or an OpenAI-compatible address.",
}


class _LazyVerbs(TyperGroup):
    """Import a verb's module only when that verb is asked for."""

    def list_commands(self, ctx: Context) -> list[str]:  # noqa: ARG002 (the base class's)
        """The verbs in the order of `VERBS`: the order of a study's life, not the alphabet."""
        return list(VERBS)

    def get_command(self, ctx: Context, cmd_name: str) -> Command | None:
        """The verb as a command, with its errors turned into messages and exit codes."""
        if cmd_name not in VERBS:
            close = get_close_matches(cmd_name, VERBS)
            hint = f" Did you mean {' or '.join(close)}?" if close else ""
            ctx.fail(f"No such verb {cmd_name!r}.{hint}")

        with common.errors_as_messages(cmd_name):
            function = getattr(import_module(f"manyvoices.cli.{cmd_name}"), cmd_name)
        single = typer.Typer(add_completion=False, rich_markup_mode=None)
        single.command(name=cmd_name)(common.verb(function))
        return typer.main.get_command(single)

    def format_commands(self, ctx: Context, formatter: HelpFormatter) -> None:  # noqa: ARG002
        """Write the list from `VERBS`: asking each verb would import all of them."""
        with formatter.section("Verbs"):
            formatter.write_dl(list(VERBS.items()))


app = typer.Typer(
    cls=_LazyVerbs,
    no_args_is_help=True,
    add_completion=False,
    rich_markup_mode=None,
    # A bug shows Python's own traceback: it can be pasted into an issue, and prints no values.
    pretty_exceptions_enable=False,
    subcommand_metavar="VERB [ARGS]...",
)


def _print_version(wanted: bool) -> None:
    if wanted:
        typer.echo(f"manyvoices {__version__}")
        raise typer.Exit


@app.callback()
def _about(
    version: Annotated[
        bool,
        typer.Option(
            "--version", callback=_print_version, is_eager=True, help="Show the version and exit."
        ),
    ] = False,
) -> None:
    """Human feedback on language models, from many people."""


def main(argv: list[str] | None = None, **extra: Any) -> None:
    """Run the command line; `argv` defaults to the program's own arguments."""
    app(args=argv, prog_name="manyvoices", **extra)
