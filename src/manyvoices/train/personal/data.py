"""Rankings of people become items, and each person's conversations are shared out.

Three parts: what seen people said and the heads are fitted to; what seen people said and is
predicted; what unseen people said, of which some is shown and the rest predicted.
"""

from __future__ import annotations

import hashlib
from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from manyvoices.train.config import SplitConfig
from manyvoices.train.personal.choices import BoolArray, IntArray, Ranked
from manyvoices.train.personal.errors import NoRatersError, TooFewPeople
from manyvoices.train.personal.survey import Row
from manyvoices.train.splits import split
from manyvoices.train.views import ReplyGroup, Turn
from manyvoices.train.views_all import Views

LEAST_PEOPLE = 10


@dataclass(frozen=True, slots=True, eq=False)
class PeopleData:
    """All rankings of all people."""

    people: tuple[str, ...]
    """Pseudonyms of the release."""
    rows: tuple[Row, ...]
    """Survey answers of each."""
    unseen: BoolArray
    """(n_people,) whether the person is held out."""
    groups: tuple[ReplyGroup, ...]
    rankings: tuple[Ranked, ...]
    """Of each group, with its items."""
    asked: BoolArray
    """(n_groups,) whether it is predicted."""
    item_person: IntArray
    """(n_items,)."""
    item_text: IntArray
    """(n_items,) place in `texts`: several people may have rated one reply."""
    texts: tuple[tuple[tuple[Turn, ...], str], ...]
    """Distinct (message with what came before, reply)."""

    @property
    def ranking_person(self) -> IntArray:
        """(n_groups,)."""
        return np.array([one.person for one in self.rankings], dtype=np.int64)

    def chosen(self, which: BoolArray) -> list[Ranked]:
        """The rankings of these groups."""
        return [one for one, there in zip(self.rankings, which, strict=True) if there]


def people_data(
    views: Views, config: SplitConfig, *, held_out: float, seed: int, where: str
) -> PeopleData:
    """Of a release.

    Args:
        config: How people are held out.
        held_out: Share of each person's conversations that is predicted.

    Raises:
        NoRatersError: No ranking says whose it is.
        TooFewPeople: Fewer than ten raters.
    """
    groups = views.rater_groups()
    if not groups:
        raise NoRatersError(where, len(views.groups()))
    names = sorted({str(group.rater) for group in groups})
    if len(names) < LEAST_PEOPLE:
        raise TooFewPeople(len(names), LEAST_PEOPLE, "rated")
    unseen: frozenset[str] = frozenset()
    if config.share:
        halves = split(
            groups, "rater", config.share, config.seed, shared_prompts=config.shared_prompts
        )
        groups, unseen = (*halves.train, *halves.test), halves.unseen_raters
    return table_of(groups, views.people, unseen, held_out=held_out, seed=seed)


def table_of(
    groups: Sequence[ReplyGroup],
    survey: Mapping[str, Row],
    unseen: Iterable[str],
    *,
    held_out: float,
    seed: int = 0,
) -> PeopleData:
    """Groups whose raters are known, as rankings of items."""
    people = tuple(sorted({str(group.rater) for group in groups}))
    number = {name: i for i, name in enumerate(people)}
    texts: dict[tuple[tuple[Turn, ...], str], int] = {}
    item_person: list[int] = []
    item_text: list[int] = []
    rankings = []
    for group in groups:
        person = number[str(group.rater)]
        items = tuple(range(len(item_text), len(item_text) + len(group.replies)))
        item_text += [texts.setdefault((group.prefix, r), len(texts)) for r in group.replies]
        item_person += [person] * len(items)
        rankings.append(Ranked(person, items, group.ranks, group.scores, group.weight))
    away = frozenset(unseen)
    return PeopleData(
        people=people,
        rows=tuple(survey.get(name, {}) for name in people),
        unseen=np.array([name in away for name in people], dtype=np.bool_),
        groups=tuple(groups),
        rankings=tuple(rankings),
        asked=_asked(groups, held_out, seed),
        item_person=np.array(item_person, dtype=np.int64),
        item_text=np.array(item_text, dtype=np.int64),
        texts=tuple(texts),
    )


def _asked(groups: Sequence[ReplyGroup], share: float, seed: int) -> BoolArray:
    """Whole conversations, at least one of each person who has two: later turns repeat earlier
    ones, so that a conversation is never on both sides."""
    trees: dict[str, set[str]] = defaultdict(set)
    for group in groups:
        trees[str(group.rater)].add(group.tree_id)
    asked: set[tuple[str, str]] = set()
    for rater, mine in trees.items():
        n = min(len(mine) - 1, max(1, round(share * len(mine))))
        for tree in sorted(mine, key=lambda tree: _hash(seed, rater, tree))[:n]:
            asked.add((rater, tree))
    return np.array([(str(g.rater), g.tree_id) in asked for g in groups], dtype=np.bool_)


def _hash(*parts: object) -> bytes:
    return hashlib.sha256("\x00".join(map(str, parts)).encode()).digest()
