"""``manyvoices evaluate stances``: ask, read, judge the stability, place on the axes, compare."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from manyvoices.evaluate.kinds import Progress
from manyvoices.evaluate.stances.answers import MOST_POINTS, ask
from manyvoices.evaluate.stances.config import StancesConfig
from manyvoices.evaluate.stances.errors import CannotAsk
from manyvoices.evaluate.stances.instrument_files import read_instrument
from manyvoices.evaluate.stances.plan import plan, prompt
from manyvoices.evaluate.stances.reference import reference
from manyvoices.evaluate.stances.results import evaluated
from manyvoices.evaluate.stances.survey import write_survey

Config = StancesConfig


@dataclass(frozen=True, slots=True)
class StancesResult:
    """What was found, and where it was written."""

    out: Path
    results: Mapping[str, Any]


def run(config: StancesConfig, *, progress: Progress | None = None) -> StancesResult:
    """Read, ask, judge, write.

    Raises:
        ConfigError, DataError: The instrument, people's answers or an earlier run's answers cannot
            be read.
        CannotAsk: The configuration names what is not there.
        NoReference: People's answers hold none of the items.
    """
    from manyvoices.evaluate.stances.files import write

    instrument = read_instrument(config.instrument)
    for form in plan(instrument, config):
        prompt(form, instrument, config)  # every fault before the first call
    if config.judge is not None and len(instrument.scale) > MOST_POINTS:
        found = f"a scale of {len(instrument.scale)} points"
        raise CannotAsk("judge", found, [f"at most {MOST_POINTS} points", "no judge"])
    people = reference(instrument, config.human)
    answers = ask(instrument, config, progress) if config.models else []
    results = evaluated(answers, instrument, people, config)
    write_survey(instrument, config.languages[0], config.out)
    write(config.out, results, answers)
    return StancesResult(config.out, results)


def lines(result: StancesResult) -> Iterator[Any]:
    """What a terminal shows."""
    from rich.table import Table

    from manyvoices.evaluate.files import shown
    from manyvoices.evaluate.stances.files import COLUMN_TITLES, position_text

    results = result.results
    axes = results["instrument"]["axes"]
    table = Table("model", "asked", "items stable", *axes, "first option", "saying yes")
    for one in results["subjects"]:
        found = one["sensitivity"]
        table.add_row(
            f"{one['model']} ({one['way']})",
            f"{one['n_asked']:,}",
            shown(one["stability"]["stable"], 2),
            *(position_text(one["position"]["axes"][axis]) for axis in axes),
            shown(found["first_option"], 2),
            shown(found["agreement"], 2),
        )
    if results["subjects"]:
        yield table
    for one in results["subjects"]:
        became = (f"{title} {n:,}" for name, title in COLUMN_TITLES.items()
                  if (n := one["columns"][name]))  # fmt: skip
        yield f"{one['model']} ({one['way']}), askings: {', '.join(became)}"
    for one in results["subjects"]:
        if one["people"] and one["people"]["closest"]:
            yield f"{one['model']} ({one['way']}): closest to {one['people']['closest']}"
    yield from results["notes"]
    yield f"Survey of the same items for people: {result.out / 'survey'}"
