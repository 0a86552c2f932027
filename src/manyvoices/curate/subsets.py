"""The balanced subset: as many conversations of each type for each person (PRISM, appendix K).

Some people chose one type more often than asked for. Whoever held no conversation of some type is
left out; of everybody else as many of each type are kept as they held of their rarest one.
"""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

from manyvoices.curate.columns import Table, columns, unique_ids
from manyvoices.curate.drawing import Method, draw
from manyvoices.schema.errors import DataError, Fault

CONVERSATION_COLUMNS = ("conversation_id", "user_id", "conversation_type")


@dataclass(frozen=True, slots=True)
class Subset:
    """Which conversations are kept, and why the others are not."""

    included: tuple[str, ...]
    """Ids of conversations, in the order of the table."""
    excluded: Mapping[str, str]
    """Conversation -> the reason, in words. With `included` it names every conversation once."""
    people: tuple[str, ...]
    """Whoever has a conversation in the subset, in the order of their first one."""
    per_type: Mapping[str, int]
    """Type -> conversations kept; the same number for each."""
    types: tuple[str, ...]
    seed: int
    method: Method

    def flags(self, conversations: Iterable[str | None]) -> list[bool]:
        """``included_in_balanced_subset`` of conversations or of their utterances."""
        kept = set(self.included)
        return [one in kept for one in conversations]

    def flags_of_people(self, people: Iterable[str | None]) -> list[bool]:
        """``included_in_balanced_subset`` of people: whether any of their conversations is in."""
        kept = set(self.people)
        return [one in kept for one in people]


def balanced_subset(
    conversations: Table,
    *,
    types: Sequence[str] | None = None,
    seed: int = 0,
    method: Method = "manyvoices",
) -> Subset:
    """Keep, of each person, as many conversations of each type as of their rarest one.

    PRISM (arXiv 2404.16019), appendix K, ``get_balance_conversations`` of its code. The numbers per
    person and type follow from the counts alone; only which of several conversations is kept is
    drawn. By default that does not depend on the order of rows; ``method="prism"`` with seed 0 and
    the published order repeats the published draw.

    Args:
        conversations: Columns ``conversation_id``, ``user_id``, ``conversation_type``.
        types: The types to balance; None = all that occur.

    Raises:
        DataError: A column is missing, an id stands on two rows, or a type of `types` is named
            twice.
    """
    table = columns(conversations, CONVERSATION_COLUMNS, what="conversations")
    ids, users, kinds = (table[name] for name in CONVERSATION_COLUMNS)
    unique_ids(ids, column="conversation_id", what="conversations")
    wanted = (
        tuple(dict.fromkeys(k for k in kinds if k is not None)) if types is None else _once(types)
    )
    held: dict[str, dict[str, list[str]]] = defaultdict(lambda: defaultdict(list))
    excluded: dict[str, str] = {}
    for one, user, kind in zip(ids, users, kinds, strict=True):
        if user is None:
            excluded[one] = "it is nobody's"
        elif kind not in wanted:
            excluded[one] = "it has no type" if kind is None else f"its type is {kind}"
        else:
            held[user][kind].append(one)
    kept: set[str] = set()
    for user, of_type in held.items():
        absent = [kind for kind in wanted if not of_type.get(kind)]
        for kind, group in of_type.items():
            least = 0 if absent else min(len(of_type[k]) for k in wanted)
            chosen = set(draw(group, least, group=f"{user}\0{kind}", seed=seed, method=method))
            kept |= chosen
            reason = (
                f"its author held no conversation of type {absent[0]}"
                if absent
                else (f"its author held {len(group)} of type {kind}; {least} of each are kept")
            )
            excluded |= dict.fromkeys([one for one in group if one not in chosen], reason)
    return _subset(ids, users, kinds, kept, excluded, wanted, seed, method)


def _once(types: Sequence[str]) -> tuple[str, ...]:
    twice = [kind for kind, n in Counter(types).items() if n > 1]
    if twice:
        raise DataError([Fault("types", None, kind, "twice", "each type once") for kind in twice])
    return tuple(types)


def _subset(
    ids: list[str],
    users: list[str],
    kinds: list[str],
    kept: set[str],
    excluded: dict[str, str],
    types: tuple[str, ...],
    seed: int,
    method: Method,
) -> Subset:
    rows = [row for row in zip(ids, users, kinds, strict=True) if row[0] in kept]
    per_type = Counter(kind for _, _, kind in rows)
    return Subset(
        included=tuple(one for one, _, _ in rows),
        excluded={one: excluded[one] for one in ids if one not in kept},
        people=tuple(dict.fromkeys(user for _, user, _ in rows)),
        per_type={kind: per_type[kind] for kind in types},
        types=types,
        seed=seed,
        method=method,
    )
