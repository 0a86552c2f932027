"""The universes of a release."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace

import numpy as np

from manyvoices.analyse.dataset import CONVERSATION_TYPE, Dataset, NotEnough
from manyvoices.analyse.multilevel import PeopleStats, field_effects, group_codes
from manyvoices.analyse.multiverse.choices import (
    ALL,
    EVERYBODY,
    METHODS,
    THRESHOLDS,
    Ratings,
    choices_of,
)
from manyvoices.analyse.multiverse.conclusions import (
    GroupClaim,
    Multiverse,
    conclude,
    group_claim,
)
from manyvoices.analyse.multiverse.orders import Orders, orders
from manyvoices.analyse.settings import Settings
from manyvoices.analyse.table import BoolArray, IntArray

FEWEST_KEPT = 0.05
"""A fork is offered where it leaves at least this share of rows, and takes some away."""
SAME = 0.5
"""A person is a straight-liner who gave one score to all answers in this share of openings."""
FAST = 0.5
"""A survey filled in within this share of the median time is fast (Greszki, Meyer & Schoen 2015
call 50% faster than the median the strictest of three limits)."""
Masks = Mapping[str, BoolArray]
_TIMES = ("timing_duration_s", "timing_duration_mins")


def multiverse(
    dataset: Dataset,
    settings: Settings,
    *,
    methods: Sequence[str] = METHODS,
    thresholds: Sequence[float] | None = None,
) -> Multiverse:
    """Analyse a release in every combination of choices; the settings' tie threshold is default.

    Raises:
        NotEnough: No universe can be told from another, or the default has no order.
    """
    ratings, people, missing = release_ratings(dataset)
    asked = thresholds or dict.fromkeys((float(settings.tie_threshold), *THRESHOLDS))
    forks = choices_of(ratings, methods=methods, thresholds=tuple(asked))
    settings.tick("a multiverse of analyses")
    found = orders(ratings, forks)
    if not np.isfinite(found.scores[0]).all():
        raise NotEnough("Some model has no score, so there is no order to hold others against.")
    claim = _claim(dataset, settings, ratings, people, found)
    return conclude(found, ratings, claim, not_forks=missing)


def release_ratings(dataset: Dataset) -> tuple[Ratings, tuple[str, ...], tuple[str, ...]]:
    """All rated answers, the ids of their people, and which forks this release does not have."""
    import polars as pl

    rows = dataset.utterances.filter(pl.col("score").is_not_null())
    opening = rows["turn"].to_numpy() == 0
    if not opening.any():
        raise NotEnough("No answer of an opening turn was rated.")
    models = np.unique(rows["model"].to_numpy().astype(str)[opening])
    rows = rows.filter(pl.col("model").is_in(models.tolist()))
    _, model = np.unique(rows["model"].to_numpy().astype(str), return_inverse=True)
    people, person = np.unique(rows["user_id"].to_numpy().astype(str), return_inverse=True)
    turn = rows.select(pl.struct("conversation_id", "turn").rank("dense")).to_series().to_numpy()
    if len(models) < 2 or len(people) < 2:
        raise NotEnough("Opening turns hold scores of fewer than two models or two people.")
    plain = Ratings(
        score=rows["score"].to_numpy().astype(np.float64),
        model=model.astype(np.int64),
        person=person.astype(np.int64),
        turn=turn.astype(np.int64),
        opening=rows["turn"].to_numpy() == 0,
        models=tuple(models.tolist()),
        subsets={}, languages={}, people={},
    )  # fmt: skip
    forks, missing = _forks(dataset, plain, rows["conversation_id"].to_list(), people.tolist())
    subsets, languages, kept = forks
    plain = replace(plain, subsets=subsets, languages=languages, people=kept)
    return plain, tuple(people.tolist()), missing


def _forks(
    dataset: Dataset, plain: Ratings, talks: Sequence[str], people: Sequence[str]
) -> tuple[tuple[Masks, Masks, Masks], tuple[str, ...]]:
    """Masks of subsets, languages and people, and what there is not, in sentences."""
    whole = np.ones(len(plain.score), dtype=np.bool_)
    missing = []
    subsets, languages, kept = {ALL: whole}, {ALL: whole}, {EVERYBODY: whole}
    balanced = _balanced(dataset, talks)
    if _offered(balanced):
        subsets["balanced"] = balanced
    else:
        missing.append("The release marks no balanced subset.")
    named = _language(dataset, talks, people, plain.person)
    if named is not None and _offered(named[1]):
        languages[named[0]] = named[1]
    else:
        missing.append("No flag, or no second language, to filter languages by.")
    straight = ~straight_liners(plain)[plain.person]
    if _offered(straight):
        kept["no straight-liners"] = straight
    else:
        missing.append("Nobody gives one score to all answers in half of their openings.")
    slow = _slow(dataset, people)
    if slow is not None and _offered(slow[plain.person]):
        kept["no fast surveys"] = slow[plain.person]
    else:
        missing.append("No time of the survey by which fast people could be left out.")
    return (subsets, languages, kept), tuple(missing)


def _offered(mask: BoolArray) -> bool:
    return bool(FEWEST_KEPT <= mask.mean() < 1.0)


def straight_liners(ratings: Ratings) -> BoolArray:
    """(people,) who gave one score to all answers in `SAME` of their openings, and in two or more.

    Openings with one rated answer say nothing.
    """
    _, turn = np.unique(ratings.turn[ratings.opening], return_inverse=True)
    score, person = ratings.score[ratings.opening], ratings.person[ratings.opening]
    n = np.bincount(turn)
    high, low = np.full(len(n), -np.inf), np.full(len(n), np.inf)
    np.maximum.at(high, turn, score)
    np.minimum.at(low, turn, score)
    owner = np.zeros(len(n), dtype=np.int64)
    owner[turn] = person
    several = n > 1
    size = int(ratings.person.max()) + 1
    asked = np.bincount(owner[several], minlength=size)
    same = np.bincount(owner[several & (high == low)], minlength=size)
    return np.asarray((same >= SAME * asked) & (same > 1))


def _balanced(dataset: Dataset, talks: Sequence[str]) -> BoolArray:
    inside = set(dataset.balanced().conversations["conversation_id"].to_list())
    return np.array([talk in inside for talk in talks])


def _language(
    dataset: Dataset, talks: Sequence[str], people: Sequence[str], person: IntArray
) -> tuple[str, BoolArray] | None:
    import polars as pl

    flags = dataset.metadata
    if flags is not None and flags["en_flag"].is_not_null().any():
        prompts = flags.filter((pl.col("column_id") == "user_prompt") & ~pl.col("en_flag"))
        other = set(prompts["conversation_id"].to_list())
        return "English by flag", np.array([talk not in other for talk in talks])
    spoken = {one.participant_id: one.language for one in dataset.table.participants}
    known = [spoken.get(one, "") for one in people]
    if len(set(known)) < 2:
        return None
    most = max(sorted(set(known)), key=known.count)
    return f"{most} only", np.array([one == most for one in known])[person]


def _slow(dataset: Dataset, people: Sequence[str]) -> BoolArray | None:
    """(people,) whose survey took `FAST` of the median or more; True where it is not known."""
    name = next((each for each in _TIMES if each in dataset.people.columns), None)
    if name is None:
        return None
    took = dict(zip(dataset.people["user_id"].to_list(), dataset.people[name].to_list(),
                    strict=True))  # fmt: skip
    times = np.array([float(took.get(one) or np.nan) for one in people])
    if not np.isfinite(times).any():
        return None
    return np.asarray(~(times < FAST * np.nanmedian(times)))


def _claim(
    dataset: Dataset,
    settings: Settings,
    ratings: Ratings,
    people: tuple[str, ...],
    found: Orders,
) -> GroupClaim | None:
    """The surest difference between groups by default, in every universe."""
    rows = ratings.opening
    stats = PeopleStats.of(
        ratings.score[rows], ratings.model[rows], ratings.person[rows], len(people),
        len(ratings.models),
    )  # fmt: skip
    best = None
    for field in dataset.demographics():
        if field.column == CONVERSATION_TYPE:
            continue
        codes = group_codes(dataset, field, people)
        effects = field_effects(
            stats, codes, field.levels, ratings.models, field=field.column, label=field.label,
            min_group=settings.min_group, n_deals=0, level=settings.resampling.level,
        )  # fmt: skip
        if effects is None:
            continue
        names = [name for name, _ in effects.groups]
        kept = np.where(np.isin(codes, [field.levels.index(n) for n in names]), codes, -1)
        for row in effects.effects:
            if best is None or row.false_sign < best[0].false_sign:
                best = (row, field, kept)
    if best is None:
        return None
    row, field, codes = best
    way = "higher" if row.estimate > 0 else "lower"
    text = f"{row.model} is rated {way} by {row.group} ({field.label.lower()}) than by others"
    return group_claim(
        ratings, found, codes, field.levels.index(row.group), ratings.models.index(row.model),
        text, level=settings.resampling.level,
    )  # fmt: skip
