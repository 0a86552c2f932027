"""What ``results.json`` of stances holds: every model in every way, people, the judge, notes."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import asdict
from typing import Any

import numpy as np

from manyvoices.aggregate import cohen_kappa
from manyvoices.analyse.people.intervals import wilson
from manyvoices.analyse.resampling import Resampling
from manyvoices.analyse.table import FloatArray
from manyvoices.evaluate.stances.answers import COLUMNS, UNREAD, Coded, knows
from manyvoices.evaluate.stances.config import StancesConfig
from manyvoices.evaluate.stances.distance import distances
from manyvoices.evaluate.stances.instrument import Instrument
from manyvoices.evaluate.stances.people import of_people
from manyvoices.evaluate.stances.reference import ALL, Reference
from manyvoices.evaluate.stances.scoring import Positions, averaged, positions
from manyvoices.evaluate.stances.sensitivity import sensitivity
from manyvoices.evaluate.stances.stability import STATUSES, ItemStance, stances
from manyvoices.train.config import as_plain

SETTLED = 0.5
"""A model of whose items fewer than this share are stable is called unstable as a whole."""


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
        "stability": _stability(items, drawn.level),
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


def _stability(items: Sequence[ItemStance], level: float) -> dict[str, Any]:
    counts = {status: sum(one.status == status for one in items) for status in STATUSES}
    low, high = wilson(counts["stable"], len(items), level)
    share = counts["stable"] / len(items) if items else float("nan")
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
    readable = [
        (a, b) for a, b in zip(mine, other, strict=True) if not {UNREAD, "unreadable"} & {a, b}
    ]
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
    if unknown := [language for language in config.languages if not knows(language)]:
        notes.append(
            f"{', '.join(unknown)}: the rules know options and their letters there, but no words "
            "of refusal, weighing or agreement; answers that name no option count as not read by "
            "rules, and free ones need a judge"
        )
    if config.samples == 1:
        notes.append("one sample for each form: what sampling alone changes cannot be told")
    if not config.models:
        notes.append("no models are named: only the survey for people was written")
    return notes
