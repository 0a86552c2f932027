"""What mattered to people: performance and choice attributes, and sliders of the survey."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass

import numpy as np

from manyvoices.analyse.overview import Count
from manyvoices.analyse.resampling import Means, Resampling, cluster_means
from manyvoices.analyse.table import ReleaseTable
from manyvoices.analyse.words import AttributeWords

NOT_APPLICABLE = "not_applicable"
"""How a survey's slider stores "does not apply"."""


@dataclass(frozen=True, slots=True)
class AttributeSummary:
    """One statement and the values people gave it."""

    id: str
    label: str
    n: int
    """Values given."""
    not_applicable: Count
    """"Does not apply", of all who answered this statement either way."""
    mean: float
    low: float
    """Interval of the mean over resampled participants."""
    high: float
    sd: float
    q25: float
    median: float
    q75: float


@dataclass(frozen=True, slots=True)
class AttributeBlock:
    """Statements that were asked together on one scale."""

    kind: str
    """performance | choice | survey"""
    title: str
    anchors: tuple[str, str]
    scale: tuple[int, int]
    unit: str
    """What answered: "conversations" or "participants"."""
    n_asked: int
    """Units in which at least one statement was answered."""
    items: tuple[AttributeSummary, ...]
    """Highest mean first."""


@dataclass(frozen=True, slots=True)
class _Reply:
    cluster: int
    values: Mapping[str, int | None]


def attribute_blocks(
    table: ReleaseTable, *, resampling: Resampling | None = None
) -> tuple[AttributeBlock, ...]:
    """Summarise each block of sliders.

    A missing entry was left untouched and counts for nothing; an entry of None means that the
    person said "does not apply". Neither is ever read as a number.
    """
    drawn = resampling or Resampling()
    titles = {
        "performance": table.words.performance,
        "choice": table.words.choice,
    }
    blocks = []
    for kind, words in titles.items():
        replies = [_Reply(row.participant, getattr(row, kind)) for row in table.conversations]
        blocks.append(_block(kind, words, "conversations", replies, drawn))
    blocks += [
        _block("survey", words, "participants", replies, drawn)
        for words, replies in _survey_sliders(table)
    ]
    return tuple(block for block in blocks if block is not None)


def _survey_sliders(table: ReleaseTable) -> Iterable[tuple[AttributeWords, list[_Reply]]]:
    row_of = {person.participant_id: row for row, person in enumerate(table.participants)}
    asked: dict[tuple[str, str], list[_Reply]] = {}
    for answer in table.answers:
        if answer.kind == "vas" and isinstance(answer.value, dict):
            # A survey stores untouched as None and "does not apply" as a word; here untouched is
            # absent and None is "does not apply", as in a conversation's attributes.
            values = {
                str(item): None if value == NOT_APPLICABLE else int(value)
                for item, value in answer.value.items()
                if value is not None
            }
            reply = _Reply(row_of.get(answer.participant_id, -1), values)
            asked.setdefault((answer.survey, answer.question_id), []).append(reply)
    for name, replies in asked.items():
        question = table.words.questions.get(name)
        yield (
            (
                AttributeWords(name[1])
                if question is None
                else AttributeWords(
                    question.label, question.anchors, question.options, question.scale
                )
            ),
            replies,
        )


def _block(
    kind: str,
    words: AttributeWords,
    unit: str,
    replies: list[_Reply],
    resampling: Resampling,
) -> AttributeBlock | None:
    answered = [reply for reply in replies if reply.values]
    if not answered:
        return None
    labels = dict(words.items)
    for reply in answered:
        labels.update({name: name for name in reply.values if name not in labels})
    names = tuple(labels)
    given = [
        (float(value), names.index(name), reply.cluster)
        for reply in answered
        for name, value in reply.values.items()
        if value is not None
    ]
    values = np.array([row[0] for row in given])
    codes = np.array([row[1] for row in given], dtype=np.int64)
    people = np.array([row[2] for row in given], dtype=np.int64)
    means = cluster_means(values, codes, people, n_groups=len(names), resampling=resampling)
    items = [
        _summary(name, labels[name], values[codes == code], means, code, answered)
        for code, name in enumerate(names)
    ]
    ordered = sorted(items, key=lambda item: (np.isnan(item.mean), -item.mean, item.id))
    return AttributeBlock(
        kind, words.opener, words.anchors, words.scale, unit, len(answered), tuple(ordered)
    )


def _summary(
    name: str,
    label: str,
    values: np.typing.NDArray[np.float64],
    means: Means,
    code: int,
    answered: list[_Reply],
) -> AttributeSummary:
    n_na = sum(name in reply.values and reply.values[name] is None for reply in answered)
    quartiles = np.quantile(values, [0.25, 0.5, 0.75]) if len(values) else np.full(3, np.nan)
    return AttributeSummary(
        id=name,
        label=label,
        n=len(values),
        not_applicable=Count(n_na, len(values) + n_na),
        mean=float(means.mean[code]),
        low=float(means.low[code]),
        high=float(means.high[code]),
        sd=float(values.std(ddof=1)) if len(values) > 1 else float("nan"),
        q25=float(quartiles[0]),
        median=float(quartiles[1]),
        q75=float(quartiles[2]),
    )
