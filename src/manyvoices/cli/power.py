"""``manyvoices power``: how many people a study needs, by playing a release again."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer
from rich.progress import Progress, SpinnerColumn, TextColumn, TimeElapsedColumn
from rich.table import Table

from manyvoices.cli.common import JsonFlag, console, errors, print_json, verb
from manyvoices.schema.errors import DataError, Fault
from manyvoices.schema.wording import people, plural

if TYPE_CHECKING:
    from manyvoices.analyse import Dataset
    from manyvoices.analyse.power import Needed, StudyPower

SEPARATE = "separate the first two"


@dataclass(frozen=True, slots=True)
class Target:
    """What the study should be sure of."""

    kind: str
    """separate, tau or width."""
    value: float = 0.0


@verb
def power(
    release: Annotated[
        Path, typer.Argument(help="Folder of a release, or of a rehearsal's.", show_default=False)
    ],
    target: Annotated[
        str,
        typer.Option(
            help="'separate the first two', 'tau 0.9' (order like that of all people), or "
            "'width 0.01' (half the interval of a score)."
        ),
    ] = SEPARATE,
    effect: Annotated[
        float, typer.Option(min=0, help="Difference between groups to be seen, in points.")
    ] = 5.0,
    group: Annotated[
        list[str] | None,
        typer.Option(help="Question by which people are grouped; repeatable."),
    ] = None,
    chance: Annotated[
        float, typer.Option("--power", help="Chance with which it should be seen.")
    ] = 0.8,
    size: Annotated[
        list[int] | None, typer.Option(min=2, help="Number of people to try; repeatable.")
    ] = None,
    method: Annotated[str, typer.Option(help="Method of the leaderboard.")] = "rank_centrality",
    tie_threshold: Annotated[int, typer.Option(min=0, help="Scores this close are a tie.")] = 5,
    level: Annotated[float, typer.Option(help="Coverage of the intervals.")] = 0.95,
    draws: Annotated[int, typer.Option(min=20, help="Studies played of each size.")] = 300,
    seed: Annotated[int, typer.Option(min=0, help="Seed of the draws.")] = 0,
    json: JsonFlag = False,
) -> None:
    """Say how many people a study needs, by playing a release or a rehearsal again.

    People are drawn with all they said, and the leaderboard is made anew. Sizes beyond the release
    are extrapolated and marked: errors fall with the root of the number of people.
    """
    wanted = _target(target)
    if not 0 < chance < 1 or not 0 < level < 1:
        raise typer.BadParameter("--power and --level lie between 0 and 1")
    if not effect > 0:
        raise typer.BadParameter("--effect is above 0")
    found = _study(release, group, size, method, tie_threshold, level, draws, seed, effect, chance)
    needed = _needed(found, wanted, chance)
    if json:
        print_json(_document(release, found, needed))
    else:
        _print(found, needed)


def _target(text: str) -> Target:
    words = text.strip().lower()
    if words in (SEPARATE, "separate"):
        return Target("separate")
    match = re.fullmatch(r"(tau|width)\s+(\d*\.?\d+)", words)
    value = float(match[2]) if match else 0.0
    if match is None or value <= 0 or (match[1] == "tau" and value >= 1):
        raise typer.BadParameter(
            f"--target is '{SEPARATE}', 'tau 0.9' or 'width 0.01', found {text!r}"
        )
    return Target(match[1], value)


def _needed(found: StudyPower, target: Target, chance: float) -> Needed:
    if target.kind == "tau":
        return found.curve.to_order(target.value)
    if target.kind == "width":
        return found.curve.to_narrow(target.value)
    return found.curve.to_separate(chance)


def _study(
    release: Path,
    group: list[str] | None,
    sizes: list[int] | None,
    method: str,
    tie_threshold: int,
    level: float,
    draws: int,
    seed: int,
    effect: float,
    chance: float,
) -> StudyPower:
    from manyvoices.aggregate import COUNT_METHODS
    from manyvoices.analyse import NotEnough, Resampling, Settings, read_dataset
    from manyvoices.analyse.power import study_power

    if method not in COUNT_METHODS:
        raise typer.BadParameter(f"--method is one of {', '.join(COUNT_METHODS)}, found {method!r}")
    settings = Settings(resampling=Resampling(seed=seed, level=level), tie_threshold=tie_threshold)
    with _progress() as progress:
        task = progress.add_task("Reading conversations", total=None)
        dataset = read_dataset(release, on_conversation=lambda: progress.advance(task))
        _check_groups(dataset, group or ())
        progress.update(task, description="Playing studies of people", completed=0)
        try:
            return study_power(
                dataset, settings, sizes=sizes, method=method, effect=effect, power=chance,
                fields=group, n_draws=draws,
                on_size=lambda n: progress.update(task, completed=n),
            )  # fmt: skip
        except NotEnough as why:
            raise DataError([Fault(str(release), None, "", str(why), "a larger study")]) from why


def _check_groups(dataset: Dataset, columns: Sequence[str]) -> None:
    known = {field.column for field in dataset.fields()}
    for column in columns:
        if column not in known:
            names = ", ".join(sorted(known)) or "no question of this release"
            raise typer.BadParameter(f"--group is one of {names}, found {column!r}")


def _progress() -> Progress:
    columns = (
        SpinnerColumn(),
        TextColumn("{task.description}", markup=False),
        TextColumn("{task.completed:,.0f}"),
        TimeElapsedColumn(),
    )
    return Progress(*columns, console=errors, transient=True)


def _document(release: Path, found: StudyPower, needed: Needed) -> dict[str, Any]:
    curve = asdict(found.curve)
    return {
        "data": str(release),
        "needed": asdict(needed),
        "power": found.power,
        "effect": found.effect,
        "n_simulated": found.n_simulated,
        **curve,
        "groups": [asdict(one) for one in found.groups],
        "played": [asdict(one) for one in found.played],
    }


def _print(found: StudyPower, needed: Needed) -> None:
    curve = found.curve
    say = _sayer()
    say(
        f"{plural(curve.n_battles, 'battle')} of {people(curve.n_people)},"
        f" {plural(curve.n_models, 'model')}"
    )
    if found.n_simulated:
        say(f"{found.n_simulated:,} of them are bots of a rehearsal; people may differ more")
    say(f"{needed.target}: {_people(needed.n_people)}{_beyond(needed.extrapolated)}")
    if needed.low != needed.high:
        say(
            "  by the ends of the interval of the gap: "
            f"{_people(needed.low)} to {_people(needed.high)}"
        )
    console.print(_sizes(found))
    if found.groups:
        console.print(_groups(found))


def _sayer() -> Any:
    def say(text: str) -> None:
        console.print(text, markup=False, highlight=False, soft_wrap=True)

    return say


def _sizes(found: StudyPower) -> Table:
    curve = found.curve
    table = Table(title=f"{curve.first} and {curve.second} told apart", title_justify="left")
    for name in ("people", "chance", "wrong way", "tau", "± score", "made by"):
        table.add_column(name, justify="left" if name == "made by" else "right")
    for one in curve.sizes:
        made = "extrapolated" if one.extrapolated else "replayed"
        table.add_row(
            f"{one.n_people:,}", f"{one.separated:.0%}", f"{one.reversed:.0%}", f"{one.tau:.2f}",
            f"{one.half_width:.4f}", made,
        )  # fmt: skip
    return table


def _groups(found: StudyPower) -> Table:
    table = Table(title=f"A difference of {found.effect:g} points seen", title_justify="left")
    for name in ("group", "people", "chance", "seen from", "needed", "made by"):
        table.add_column(name, justify="left" if name in ("group", "made by") else "right")
    for one in found.groups:
        table.add_row(
            f"{one.group} ({one.field.lower()})", f"{one.n_group:,}", f"{one.power:.0%}",
            f"{one.detectable:.1f}", f"{one.needed:,.0f}",
            "extrapolated" if one.extrapolated else "this release",
        )  # fmt: skip
    return table


def _people(n: float) -> str:
    return f"{n:,.0f} people" if n < 1e9 else "no number of people"


def _beyond(extrapolated: bool) -> str:
    return " (extrapolated)" if extrapolated else ""
