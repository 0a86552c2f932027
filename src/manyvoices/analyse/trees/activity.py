"""Messages day by day, and texts that stand more than once."""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass

import numpy as np

from manyvoices.analyse.overview import Count
from manyvoices.analyse.table import IntArray
from manyvoices.analyse.trees.columns import NONE, TreeColumns

N_SERIES = 3
"""Languages with a line of their own; the others are one."""
OTHERS = "other languages"


@dataclass(frozen=True, slots=True)
class Series:
    """Messages in one language."""

    language: str
    """Or `OTHERS`."""
    per_day: tuple[int, ...]
    """One for each day from the first to the last."""


@dataclass(frozen=True, slots=True)
class Activity:
    """When messages were written."""

    first: dt.date
    last: dt.date
    n: int
    """Messages with a date."""
    n_without: int
    per_day: tuple[int, ...]
    series: tuple[Series, ...]
    busiest: tuple[dt.date, int]
    languages_per_day: float
    """Languages written in on a day, mean over days with a message."""

    @property
    def days(self) -> tuple[dt.date, ...]:
        """From the first to the last."""
        return tuple(self.first + dt.timedelta(i) for i in range(len(self.per_day)))


@dataclass(frozen=True, slots=True)
class Repeats:
    """Texts equal to another, as `manyvoices.curate.find_duplicates` compares them: up to case,
    white space and Unicode's compatibility forms, five words or more, prompts with prompts and
    replies with replies."""

    n_texts: int
    """Texts that were compared."""
    n_short: int
    """Texts too short to be compared."""
    repeated: Count
    """Texts equal to another before it."""
    prompter: Count
    assistant: Count
    one_person: Count
    """Of the repeated: by the author of an equal text before it; only among texts with authors."""
    n_groups: int
    largest: int
    """Texts in the largest group; 0 where there is none."""


def activity_of(columns: TreeColumns) -> Activity | None:
    """Messages per day; None where no message has a date."""
    c = columns
    dated = c.day != NONE
    if not dated.any():
        return None
    day, language = c.day[dated], c.language[dated]
    first, n_days = int(day.min()), int(day.max() - day.min()) + 1
    per_day = np.bincount(day - first, minlength=n_days)
    pairs = np.unique(np.stack([day, language]), axis=1)
    busiest = int(per_day.argmax())
    return Activity(
        first=dt.date.fromordinal(first),
        last=dt.date.fromordinal(first + n_days - 1),
        n=len(day),
        n_without=int((~dated).sum()),
        per_day=tuple(per_day.tolist()),
        series=_series(day - first, language, n_days, c.languages),
        busiest=(dt.date.fromordinal(first + busiest), int(per_day[busiest])),
        languages_per_day=pairs.shape[1] / int((per_day > 0).sum()),
    )


def _series(
    day: IntArray, language: IntArray, n_days: int, names: tuple[str, ...]
) -> tuple[Series, ...]:
    """The largest languages, then all others in one where there are any."""
    n = np.bincount(language, minlength=len(names))
    order = sorted((code for code in range(len(names)) if n[code]), key=lambda code: -n[code])
    alone = order if len(order) <= N_SERIES else order[: N_SERIES - 1]
    found = [
        Series(names[code], tuple(np.bincount(day[language == code], minlength=n_days).tolist()))
        for code in alone
    ]
    if len(alone) < len(order):
        rest = ~np.isin(language, alone)
        found.append(Series(OTHERS, tuple(np.bincount(day[rest], minlength=n_days).tolist())))
    return tuple(found)


def repeats_of(columns: TreeColumns) -> Repeats:
    """Count equal texts that were not deleted."""
    c = columns
    kept = c.live & (c.fingerprint != 0)
    role, author = c.is_assistant[kept].astype(np.int64), c.author[kept]
    text, sizes = np.unique(
        np.stack([role, c.fingerprint[kept]]), axis=1, return_inverse=True, return_counts=True
    )[1:]
    text = text.reshape(-1)
    later = np.bincount(role, minlength=2) - [len(np.unique(text[role == one])) for one in (0, 1)]
    known = author != NONE
    own = np.unique(np.stack([text[known], author[known]]), axis=1).shape[1]
    n_known = int(known.sum())
    repeated_known = n_known - len(np.unique(text[known]))
    return Repeats(
        n_texts=len(text),
        n_short=int((c.live & (c.fingerprint == 0)).sum()),
        repeated=Count(int(later.sum()), len(text)),
        prompter=Count(int(later[0]), int((role == 0).sum())),
        assistant=Count(int(later[1]), int((role == 1).sum())),
        one_person=Count(n_known - own, repeated_known),
        n_groups=int((sizes > 1).sum()),
        largest=int(sizes.max()) if len(sizes) and sizes.max() > 1 else 0,
    )
