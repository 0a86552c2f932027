"""Which group each battle belongs to: by a person's answer, language, or conversation type."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace

import numpy as np

from manyvoices.analyse.composition import choices
from manyvoices.analyse.table import IntArray, ReleaseTable
from manyvoices.analyse.words import declines
from manyvoices.schema.errors import DataError, Fault
from manyvoices.schema.judgements import Battle

CONVERSATION_TYPE = "conversation_type"
LANGUAGE = "language"
OTHERS = "All others who answered"
ONE_CHOICE = ("single", "likert", "country")
"""Kinds of question that put each person into one group at most."""
MAX_NAMED = 40
"""Of longer lists (countries) only the answers that somebody gave are groups."""


@dataclass(frozen=True, slots=True, eq=False)
class Split:
    """Battles sorted into groups, and what may be shuffled against what."""

    field: str
    label: str
    """The question as people read it."""
    names: tuple[str, ...]
    """The groups, in the order of the study."""
    unit: IntArray
    """(rows,) the person, or the conversation, that carries the label of this battle."""
    group_of_unit: IntArray
    """(units,) index into names; -1 = in no group (would rather not say, did not answer)."""
    stratum_of_unit: IntArray
    """(units,) a random deal exchanges labels within a stratum only."""
    sizes: tuple[int, ...]
    """Participants with a battle in each group."""

    def group(self, group_of_unit: IntArray | None = None) -> IntArray:
        """(rows,) group of each battle, under the true labels or those of a random deal."""
        labels = self.group_of_unit if group_of_unit is None else group_of_unit
        return labels[self.unit]

    def dealt(self, rng: np.random.Generator) -> IntArray:
        """(units,) the same labels dealt out at random within each stratum.

        Units in no group keep out of the deal: they are given a stratum of their own.
        """
        stratum = np.where(self.group_of_unit < 0, -1, self.stratum_of_unit)
        target = np.lexsort((np.arange(len(stratum)), stratum))
        source = np.lexsort((rng.random(len(stratum)), stratum))
        dealt = np.empty_like(self.group_of_unit)
        dealt[target] = self.group_of_unit[source]
        return dealt


def group_fields(table: ReleaseTable) -> tuple[str, ...]:
    """Every field by which people, or conversations, can be split, in the order of the study."""
    return (*_single_questions(table), CONVERSATION_TYPE, LANGUAGE)


def split_battles(table: ReleaseTable, battles: Sequence[Battle], field: str) -> Split:
    """Sort `battles` by `field`. Raises `DataError` for a field that the release does not have."""
    if field == CONVERSATION_TYPE:
        return _by_type(table, battles)
    people = [battle.participant_id or "" for battle in battles]
    if field == LANGUAGE:
        labels = {person.participant_id: person.language for person in table.participants}
        names = tuple(sorted(set(labels.values())))
        return _by_person(field, "Language", names, people, labels)
    questions = _single_questions(table)
    if field not in questions:
        expected = "one of " + ", ".join(group_fields(table))
        raise DataError([Fault("--group", None, "", repr(field), expected)])
    return _by_answer(table, field, questions[field], people)


def folded_split(split: Split, min_group: int) -> tuple[Split, tuple[str, ...]]:
    """Join all small groups into one, if one group only is large and they are large together.

    Returns the split, and the names that were joined (none where nothing was). Conversation types
    are left as they are: a person has several of them.
    """
    large = [g for g, size in enumerate(split.sizes) if size >= min_group]
    small = [g for g, size in enumerate(split.sizes) if 0 < size < min_group]
    together = sum(split.sizes[g] for g in small)
    if len(large) != 1 or len(small) < 2 or together < min_group:
        return split, ()
    if split.field == CONVERSATION_TYPE:
        return split, ()
    group = np.where(split.group_of_unit == large[0], 0, 1)
    group[split.group_of_unit < 0] = -1
    folded = replace(
        split,
        names=(split.names[large[0]], OTHERS),
        group_of_unit=group,
        sizes=(split.sizes[large[0]], together),
    )
    return folded, tuple(split.names[g] for g in small)


def _single_questions(table: ReleaseTable) -> dict[str, tuple[str, str]]:
    """Field name -> (survey, question); the survey is named where two ask the same question."""
    asked = {(a.survey, a.question_id) for a in table.answers if a.kind in ONE_CHOICE}
    order = {name: place for place, name in enumerate(table.words.questions)}
    names = sorted(asked, key=lambda name: (order.get(name, len(order)), name))
    times = Counter(question for _, question in names)
    return {q if times[q] == 1 else f"{survey}.{q}": (survey, q) for survey, q in names}


def _by_answer(
    table: ReleaseTable, field: str, question: tuple[str, str], people: list[str]
) -> Split:
    words = table.words.questions.get(question)
    options = dict(words.options) if words else {}
    labels: dict[str, str] = {}
    for answer in table.answers:
        if (answer.survey, answer.question_id) == question:
            for value in choices(answer):
                label = options.get(value, value)
                if not declines(label):
                    labels[answer.participant_id] = label
    known = [label for label in options.values() if not declines(label)]
    if len(known) > MAX_NAMED:
        given = set(labels.values())
        known = [label for label in known if label in given]
    names = tuple(dict.fromkeys([*known, *sorted(set(labels.values()))]))
    return _by_person(field, words.label if words else field, names, people, labels)


def _by_person(
    field: str,
    label: str,
    names: tuple[str, ...],
    people: list[str],
    labels: Mapping[str, str],
) -> Split:
    units = {person: number for number, person in enumerate(dict.fromkeys(people))}
    code = {name: number for number, name in enumerate(names)}
    group = np.array([code.get(labels.get(p, ""), -1) for p in units], dtype=np.int64)
    sizes = np.bincount(group[group >= 0], minlength=len(names))
    return Split(
        field=field,
        label=label,
        names=names,
        unit=np.array([units[person] for person in people], dtype=np.int64),
        group_of_unit=group,
        stratum_of_unit=np.zeros(len(units), dtype=np.int64),
        sizes=tuple(int(size) for size in sizes),
    )


def _by_type(table: ReleaseTable, battles: Sequence[Battle]) -> Split:
    """A person has conversations of several types: types are exchanged within a person."""
    types = {row.conversation_id: row.type for row in table.conversations}
    owner = {battle.conversation_id or "": battle.participant_id or "" for battle in battles}
    units = {conversation: number for number, conversation in enumerate(owner)}
    people = {person: number for number, person in enumerate(dict.fromkeys(owner.values()))}
    known = [name for name in table.words.types if name in types.values()]
    codes = tuple(dict.fromkeys([*known, *sorted(set(types.values()))]))
    code = {name: number for number, name in enumerate(codes)}
    group = np.array([code[types[c]] for c in units], dtype=np.int64)
    stratum = np.array([people[person] for person in owner.values()], dtype=np.int64)
    sizes = [len(set(stratum[group == g].tolist())) for g in range(len(codes))]
    return Split(
        field=CONVERSATION_TYPE,
        label="Conversation type",
        names=tuple(table.words.types.get(name, name) for name in codes),
        unit=np.array([units[b.conversation_id or ""] for b in battles], dtype=np.int64),
        group_of_unit=group,
        stratum_of_unit=stratum,
        sizes=tuple(sizes),
    )
