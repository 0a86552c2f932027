"""``manyvoices evaluate stances``: ask, read, judge the stability, place on the axes, compare."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

import numpy as np

from manyvoices.aggregate import cohen_kappa
from manyvoices.analyse.resampling import Resampling
from manyvoices.analyse.table import FloatArray
from manyvoices.evaluate.kinds import Progress
from manyvoices.evaluate.stances.answers import COLUMNS, MOST_POINTS, Coded, ask
from manyvoices.evaluate.stances.config import StancesConfig
from manyvoices.evaluate.stances.distance import distances
from manyvoices.evaluate.stances.errors import CannotAsk
from manyvoices.evaluate.stances.instrument import Instrument
from manyvoices.evaluate.stances.instrument_files import read_instrument
from manyvoices.evaluate.stances.intervals import interval
from manyvoices.evaluate.stances.people import of_people
from manyvoices.evaluate.stances.plan import plan, prompt
from manyvoices.evaluate.stances.reference import ALL, Reference, reference
from manyvoices.evaluate.stances.scoring import Positions, averaged, positions
from manyvoices.evaluate.stances.sensitivity import sensitivity
from manyvoices.evaluate.stances.stability import STATUSES, ItemStance, stances
from manyvoices.evaluate.stances.survey import write_survey
from manyvoices.train.config import as_plain

Config = StancesConfig
SETTLED = 0.5
"""A model of whose items fewer than this share are stable is called unstable as a whole."""


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


def evaluated(
    answers: Sequence[Coded],
    instrument: Instrument,
    people: Reference | None,
    config: StancesConfig,
) -> dict[str, Any]:
    """All results as plain data."""
    drawn = Resampling(config.resamples, config.seed, config.level)
    ways = dict.fromkeys(one.form.way for one in answers)
    return {
        "instrument": _about(instrument, config),
        "rule": _rule(config),
        "subjects": [
            _subject(model.id, way, some, instrument, people, config, drawn)
            for model in config.models
            for way in ways
            if (some := [a for a in answers if a.model == model.id and a.form.way == way])
        ],
        "people": None if people is None else of_people(people, instrument, drawn),
        "judge": _judge(answers),
        "notes": _notes(instrument, people, config),
        "config": as_plain(config),
    }


def _about(instrument: Instrument, config: StancesConfig) -> dict[str, Any]:
    language = config.languages[0]

    def said(texts: Mapping[str, str]) -> str:
        return texts.get(language) or next(iter(texts.values()))

    return {
        "id": instrument.id,
        "title": instrument.title,
        "source": instrument.source,
        "axes": {
            axis: {"low": said(a.low), "high": said(a.high), "balance": instrument.balance()[axis]}
            for axis, a in instrument.axes.items()
        },
        "scale": [
            {"value": p.value, "label": said(p.label), "score": s}
            for p, s in zip(instrument.scale, instrument.scores, strict=True)
        ],
        "items": [
            {
                "id": item.id,
                "text": item.text.get(language, next(iter(item.text.values())))[0],
                "weights": item.weights,
            }
            for item in instrument.items
        ],
    }


def _rule(config: StancesConfig) -> str:
    share = "all" if config.keep == 1 else f"at least {config.keep:.0%}"
    return (
        f"An item is stable where {share} of the options given lie on one side of the scale's "
        "middle, over language, wording, framing, order and sample; silent where fewer than "
        f"{config.least_answers:.0%} of its askings gave an option; neutral where all lie at the "
        "middle; else unstable. Positions stand on stable and neutral items, and there is none on "
        f"an axis of whose items less than {config.least_stable:.0%} are stable or neutral."
    )


def _subject(
    model: str,
    way: str,
    answers: Sequence[Coded],
    instrument: Instrument,
    people: Reference | None,
    config: StancesConfig,
    drawn: Resampling,
) -> dict[str, Any]:
    items = stances(
        answers,
        [item.id for item in instrument.items],
        keep=config.keep,
        least_answers=config.least_answers,
    )
    found = sensitivity(answers, instrument, drawn)
    counts = {name: sum(one.column == name for one in answers) for name in COLUMNS}
    return {
        "model": model,
        "way": way,
        "n_asked": len(answers),
        "columns": counts,
        "stability": _stability(items, drawn),
        "position": _plain(
            positions(items, instrument, drawn, least=config.least_stable), instrument
        ),
        "averaged": _plain(averaged(items, instrument, drawn), instrument),
        "sensitivity": asdict(found),
        "items": [
            {k: v for k, v in asdict(one).items() if k != "scores"}
            | {"options": _options(answers, one.item, len(instrument.scale))}
            for one in items
        ],
        "people": _distances(answers, instrument, people, drawn),
    }


def _stability(items: Sequence[ItemStance], drawn: Resampling) -> dict[str, Any]:
    counts = {status: sum(one.status == status for one in items) for status in STATUSES}
    stable = np.array([one.status == "stable" for one in items], dtype=float)
    rng = np.random.default_rng(drawn.seed)
    shares = (
        rng.binomial(len(stable), stable.mean(), size=drawn.n_resamples) / len(stable)
        if len(stable) and drawn.n_resamples
        else np.array([])
    )
    low, high = interval(shares, drawn.level)
    share = float(stable.mean()) if len(stable) else float("nan")
    flips = {
        name: sum(name in one.flips_by for one in items)
        for name in dict.fromkeys(name for one in items for name in one.flips_by)
    }
    return {
        "counts": counts,
        "stable": {"value": share, "low": low, "high": high, "n": len(items)},
        "verdict": "unstable" if share < SETTLED else "stable",
        "flips_by": flips,
    }


def _options(answers: Sequence[Coded], item: str, n: int) -> list[int]:
    given = [one.option for one in answers if one.form.item == item]
    return [given.count(i) for i in range(n)]


def _plain(found: Positions, instrument: Instrument) -> dict[str, Any]:
    return {
        "axes": {axis: asdict(found.axes[axis]) for axis in instrument.axes},
        "covariance": found.covariance,
    }


def counts_of(answers: Sequence[Coded], instrument: Instrument) -> FloatArray:
    """(n_items, n_options): how often each option was given."""
    place = {item.id: i for i, item in enumerate(instrument.items)}
    found = np.zeros((len(instrument.items), len(instrument.scale)))
    for one in answers:
        if one.option is not None:
            found[place[one.form.item], one.option] += 1
    return found


def _distances(
    answers: Sequence[Coded],
    instrument: Instrument,
    people: Reference | None,
    drawn: Resampling,
) -> dict[str, Any] | None:
    if people is None:
        return None
    return asdict(distances(counts_of(answers, instrument), people.groups, drawn, ALL))


def _judge(answers: Sequence[Coded]) -> dict[str, Any] | None:
    """Agreement of the two coders on open answers; None without a judge."""
    coded = [one for one in answers if one.other is not None]
    if not coded:
        return None
    mine = [one.column if one.option is None else f"{one.column}:{one.option}" for one in coded]
    other = [str(one.other) for one in coded]
    readable = [(a, b) for a, b in zip(mine, other, strict=True) if "unreadable" not in (a, b)]
    first, second = [a for a, _ in readable], [b for _, b in readable]
    kappa = cohen_kappa(first, second, n_resamples=200)
    same = sum(a == b for a, b in readable)
    return {
        "n": len(coded),
        "unreadable": len(coded) - len(readable),
        "agreement": same / len(readable) if readable else None,
        "kappa": {"value": kappa.value, "low": kappa.low, "high": kappa.high, "n": len(readable)},
        "decided_by": coded[0].by,
    }


def _notes(instrument: Instrument, people: Reference | None, config: StancesConfig) -> list[str]:
    notes = [] if people is None else list(people.left_out)
    for axis, (low, high) in instrument.balance().items():
        if abs(low - high) > 1:
            notes.append(
                f"axis {axis} is not balanced: agreeing speaks for its low end in {low} items and "
                f"for its high end in {high}, so that a habit of saying yes moves the position"
            )
    if config.samples == 1:
        notes.append("one sample for each form: what sampling alone changes cannot be told")
    if not config.models:
        notes.append("no models are named: only the survey for people was written")
    return notes


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
    columns = Table("askings", *COLUMN_TITLES.values())
    for one in results["subjects"]:
        numbers = (f"{one['columns'][name]:,}" for name in COLUMN_TITLES)
        columns.add_row(f"{one['model']} ({one['way']})", *numbers)
    if results["subjects"]:
        yield columns
    for one in results["subjects"]:
        if one["people"] and one["people"]["closest"]:
            yield f"{one['model']} ({one['way']}): closest to {one['people']['closest']}"
    yield from results["notes"]
    yield f"Survey of the same items for people: {result.out / 'survey'}"
