"""``manyvoices rehearse``: bots play a study before people do."""

from __future__ import annotations

import contextlib
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from manyvoices.cli.common import JsonFlag, console, errors, print_json, verb
from manyvoices.schema.wording import plural

if TYPE_CHECKING:
    from manyvoices.collect.rehearsal import Group, Outcome, Tally

MOST_RATES = 12


@verb
def rehearse(
    study: Annotated[Path, typer.Argument(metavar="STUDY.yaml", help="The study to play.")],
    participants: Annotated[
        int, typer.Option("--participants", "-n", min=1, help="How many bots take part.")
    ] = 20,
    seed: Annotated[int, typer.Option(help="Same seed, same bots with the same tastes.")] = 0,
    browser: Annotated[
        bool,
        typer.Option("--browser", help="One participant more, in Chromium, with screenshots."),
    ] = False,
    db: Annotated[
        str | None,
        typer.Option(help="Database URL; sqlite:///rehearsal.sqlite3 in this folder if left out."),
    ] = None,
    concurrency: Annotated[int, typer.Option(min=1, help="Bots at work at once.")] = 48,
    workers: Annotated[
        int | None,
        typer.Option(min=1, help="Web processes of the server; one per core if left out."),
    ] = None,
    delays: Annotated[
        bool, typer.Option("--delays", help="Scripted models take the time that the study says.")
    ] = False,
    group: Annotated[
        str | None,
        typer.Option(
            metavar="QUESTION=VALUE[|VALUE]",
            help="Who prefers otherwise than the rest; gender or age if left out.",
        ),
    ] = None,
    dropouts: Annotated[
        float, typer.Option(min=0, max=1, help="Share of bots that leave before they talk.")
    ] = 0.0,
    win_rate: Annotated[
        list[str] | None,
        typer.Option(
            metavar="MODEL=0.483",
            help="How often bots prefer this model to the baseline; may be given often.",
        ),
    ] = None,
    next_batch: Annotated[
        Path | None,
        typer.Option(metavar="FILE", help="What evaluate next wrote: the study asks it first."),
    ] = None,
    stage: Annotated[
        str | None, typer.Option(help="Id of the stage that --next-batch steers.")
    ] = None,
    out: Annotated[
        Path | None,
        typer.Option(help="Where to write what was planted; beside the database if left out."),
    ] = None,
    json: JsonFlag = False,
) -> None:
    """Let bots play a study from invitation to completion code.

    Starts a server of its own, fills the study's real pages through HTTP, and stops the server.
    What is stored is marked as simulated. The bots' preferences are planted: the order of models
    that the analysis should find, for everyone and for one group against the rest, is printed and
    written as JSON. In a preference study of stored outputs a win rate can be planted as such, with
    --win-rate. Exit code 1 where a bot could not go on: page, status and field are named.
    """
    from manyvoices.collect.rehearsal import Group, rehearse

    with _progress(participants + browser) as watch:
        outcome = rehearse(
            study,
            participants=participants,
            seed=seed,
            db=db,
            concurrency=concurrency,
            workers=workers,
            delays=delays,
            browser=browser,
            group=_group(group, Group),
            dropouts=dropouts,
            win_rates=_win_rates(win_rate or []),
            next_batch=next_batch,
            stage=stage,
            plan_file=out,
            watch=watch,
        )
    if json:
        print_json(outcome)
    else:
        _print(outcome)
    if not outcome.ok:
        raise typer.Exit(1)


def _group(text: str | None, kind: type[Group]) -> Group | None:
    if text is None:
        return None
    question, equals, values = text.partition("=")
    if not (equals and question and all(values.split("|"))):
        raise typer.BadParameter(f"found {text!r}, expected QUESTION=VALUE", param_hint="--group")
    return kind(question.strip(), tuple(value.strip() for value in values.split("|")))


def _win_rates(texts: list[str]) -> dict[str, float]:
    found = {}
    for text in texts:
        model, equals, rate = text.rpartition("=")
        try:
            found[model.strip()] = float(rate)
        except ValueError:
            equals = ""
        if not (equals and model.strip()):
            raise typer.BadParameter(
                f"found {text!r}, expected MODEL=0.483", param_hint="--win-rate"
            )
    return found


@contextlib.contextmanager
def _progress(total: int) -> Iterator[Callable[[Tally], None]]:
    from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeElapsedColumn

    columns = (
        TextColumn("Bots at the end"),
        BarColumn(),
        MofNCompleteColumn(),
        TextColumn("{task.fields[counts]}"),
        TimeElapsedColumn(),
    )
    with Progress(*columns, console=errors, transient=True) as bar:
        task = bar.add_task("", total=total, counts="")

        def watch(tally: Tally) -> None:
            ended = tally.completed + tally.out.total()
            counts = f"{plural(tally.conversations, 'conversation')}, {plural(tally.turns, 'turn')}"
            if tally.comparisons:
                counts += f", {plural(tally.comparisons, 'comparison')}"
            if tally.faults:
                counts += f", {plural(tally.faults.total(), 'fault')}"
            bar.update(task, completed=ended, counts=counts)

        yield watch


def _print(outcome: Outcome) -> None:
    for fault in outcome.faults:
        times = f" ({fault.times} times)" if fault.times > 1 else ""
        status = "no answer" if fault.status is None else f"status {fault.status}"
        field = f", field {fault.field}" if fault.field else ""
        _say(f"{fault.page}: {status}{field}: {fault.found}{times}", to=errors)
    _say(
        f"{outcome.study_id}: {outcome.completed} of {plural(outcome.participants, 'bot')} "
        f"came to the end: {plural(outcome.conversations, 'conversation')}, "
        f"{plural(outcome.turns, 'rated turn')}, "
        f"{plural(outcome.ratings, 'rating')}, {plural(outcome.comparisons, 'comparison')}, "
        f"{plural(outcome.missing_answers, 'missing answer')}."
    )
    _say(
        f"{plural(outcome.requests, 'request')} in {outcome.seconds} s "
        f"({outcome.pages_per_second} per second). Database: {outcome.database}"
    )
    if outcome.out:
        ways = ", ".join(f"{n} {why.replace('_', ' ')}" for why, n in outcome.out.items())
        _say(f"Out before the end, as the study's rules or the plan want it: {ways}")
    _print_plan(outcome)
    if outcome.screenshots:
        _say(f"Screenshots: {outcome.screenshots}")
    if outcome.first_login:
        _say(f"First login of this database: researcher / {outcome.first_login} (shown this once)")


def _print_plan(outcome: Outcome) -> None:
    plan = outcome.plan
    _say(f"\nPlanted (everything stored is marked as simulated; all of it: {outcome.plan_file})")
    if plan["note"]:
        _say(f"  {plan['note']}")
    labels = {"everyone": "everyone"}
    if plan["group"]:
        values = " or ".join(plan["group"]["values"])
        labels |= {"group": f"{plan['group']['question']} {values}", "others": "the others"}
    for side, label in labels.items():
        if order := plan["orders"][side]:
            _say(f"  {label}: {' > '.join(order)}")
    for rate in plan["win_rates"][:MOST_RATES]:
        _say(f"  {rate['stage']}: {rate['model']} wins {rate['everyone']:.1%} "
             f"against {rate['against']}")  # fmt: skip
    if len(plan["win_rates"]) > MOST_RATES:
        _say(f"  and {plural(len(plan['win_rates']) - MOST_RATES, 'more pair')}, in the file")
    if plan["group"] and plan["flips"]:
        flip = plan["flips"][0]
        _say(
            f"  The clearest difference: {labels['group']} prefer {flip['group_prefers']} to "
            f"{flip['others_prefer']}, the others the reverse."
        )


def _say(text: str, *, to: object = console) -> None:
    to.print(text, markup=False, highlight=False, soft_wrap=True)  # type: ignore[attr-defined]
