"""Texts that stand more than once: the same, nearly the same, by one person or by several.

A repeated text is not a fault in itself: many people greet a model with the same word. So short
texts are left alone, and what is found is a list with the evidence, for a person to decide.
"""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

from manyvoices.curate.checks_shingles import near_pairs, normalised, shingles
from manyvoices.curate.columns import Table, columns, unique_ids
from manyvoices.curate.exclusions import Exclusion

TEXT_COLUMNS = ("instance_id", "user_id", "text")
LEAST_WORDS = 5
"""Shorter texts ("hello", "thank you") are the same by chance."""


@dataclass(frozen=True, slots=True)
class ExactGroup:
    """Texts that are equal up to case, white space and Unicode's compatibility forms."""

    instance_ids: tuple[str, ...]
    """In the order of the table; the first is the earliest."""
    user_ids: tuple[str | None, ...]
    """Whose they are, one for each."""

    @property
    def one_person(self) -> bool:
        """Whether all are by one person."""
        return len(set(self.user_ids)) == 1


@dataclass(frozen=True, slots=True)
class NearPair:
    """Two texts that are not equal and share most of their word triples."""

    first: str
    second: str
    user_ids: tuple[str | None, str | None]
    overlap: float
    """Jaccard, 0 to 1."""

    @property
    def one_person(self) -> bool:
        """Whether both are by one person."""
        return self.user_ids[0] == self.user_ids[1]


@dataclass(frozen=True, slots=True)
class Repetition:
    """How often one person wrote what they had written before."""

    user_id: str
    n_texts: int
    """Texts of theirs that are long enough to be compared."""
    n_repeats: int
    """Of these, equal or near to an earlier one of theirs."""

    @property
    def share(self) -> float:
        """0 to 1."""
        return self.n_repeats / self.n_texts


@dataclass(frozen=True, slots=True)
class Duplicates:
    """What stands more than once."""

    exact: tuple[ExactGroup, ...]
    near: tuple[NearPair, ...]
    repetition: tuple[Repetition, ...]
    """Only people with at least one repeat, in the order of their first text."""
    n_texts: int
    """Texts that were compared."""
    n_short: int
    """Texts left alone as too short; null is counted in neither."""
    threshold: float

    def proposals(self, *, least_share: float = 0.5, least_repeats: int = 3) -> list[Exclusion]:
        """Later copies of a text, and people who mostly repeat themselves. Nothing is decided."""
        return [
            *self._of_texts(),
            *(
                Exclusion(
                    "person",
                    row.user_id,
                    "repetition",
                    f"{row.n_repeats} of {row.n_texts} texts repeat an earlier one of theirs",
                    f"share {row.share:.2f}",
                )
                for row in self.repetition
                if row.share >= least_share and row.n_repeats >= least_repeats
            ),
        ]

    def _of_texts(self) -> Iterator[Exclusion]:
        for group in self.exact:
            who = "the same person" if group.one_person else "another person"
            for one, user in zip(group.instance_ids[1:], group.user_ids[1:], strict=True):
                by = "the same person" if user == group.user_ids[0] else who
                reason = f"equal to {group.instance_ids[0]}, by {by}"
                yield Exclusion("text", one, "duplicate", reason, f"{len(group.user_ids)} copies")
        for pair in self.near:
            by = "the same person" if pair.one_person else "another person"
            reason = f"nearly equal to {pair.first}, by {by}"
            evidence = f"overlap {pair.overlap:.3f}"
            yield Exclusion("text", pair.second, "near duplicate", reason, evidence)


def find_duplicates(
    texts: Table, *, threshold: float = 0.8, least_words: int = LEAST_WORDS
) -> Duplicates:
    """Equal and nearly equal texts among those of people.

    Args:
        texts: Columns ``instance_id``, ``user_id``, ``text``; the order is that of time. Choose the
            kinds of text before (prompts with prompts): a column is not looked at.
        threshold: Least Jaccard overlap of word triples for "nearly", 0 to 1.

    Of several near copies each is paired with every other that is found (see `checks_shingles`); of
    equal texts only the first enters the search.
    """
    table = columns(texts, TEXT_COLUMNS, what="texts")
    ids, users, written = (table[name] for name in TEXT_COLUMNS)
    unique_ids(ids, column="instance_id", what="texts")
    groups: dict[str, list[int]] = defaultdict(list)
    n_short = 0
    for i, text in enumerate(written):
        if text is None:
            continue
        plain = normalised(text)
        if plain.count(" ") + 1 < least_words:
            n_short += 1
        else:
            groups[plain].append(i)
    firsts = [rows[0] for rows in groups.values()]
    a, b, overlap = near_pairs(shingles([written[i] for i in firsts]), threshold=threshold)
    pairs = [(firsts[x], firsts[y], float(o)) for x, y, o in zip(a, b, overlap, strict=True)]
    rows_of = {rows[0]: rows for rows in groups.values()}
    return Duplicates(
        exact=tuple(
            ExactGroup(tuple(ids[i] for i in rows), tuple(users[i] for i in rows))
            for rows in groups.values()
            if len(rows) > 1
        ),
        near=tuple(NearPair(ids[x], ids[y], (users[x], users[y]), o) for x, y, o in pairs),
        repetition=_repetition(users, rows_of, [(x, y) for x, y, _ in pairs]),
        n_texts=sum(map(len, groups.values())),
        n_short=n_short,
        threshold=threshold,
    )


def _repetition(
    users: Sequence[str | None],
    rows_of: Mapping[int, list[int]],
    pairs: list[tuple[int, int]],
) -> tuple[Repetition, ...]:
    """Count, per person, texts with an earlier one of their own that is equal or near."""
    near: dict[int, list[int]] = defaultdict(list)
    for x, y in pairs:
        near[x].append(y)
        near[y].append(x)
    totals: Counter[str] = Counter()
    repeats: Counter[str] = Counter()
    earliest: dict[tuple[int, str], int] = {}
    for first, rows in rows_of.items():
        for i in rows:
            user = users[i]
            if user is not None:
                totals[user] += 1
                earliest.setdefault((first, user), i)
    for first, rows in rows_of.items():
        for i in rows:
            user = users[i]
            if user is not None and any(
                earliest.get((group, user), i) < i for group in (first, *near[first])
            ):
                repeats[user] += 1
    return tuple(Repetition(user, totals[user], repeats[user]) for user in totals if repeats[user])
