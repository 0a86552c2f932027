"""The texts of a release by kind, each with the person who wrote or prompted it."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

import numpy as np

from manyvoices.analyse.dataset import Dataset
from manyvoices.analyse.table import IntArray

PROMPTS, RESPONSES, FEEDBACK, OPENERS = (
    "user_prompt",
    "model_response",
    "open_feedback",
    "opening_prompt",
)
_LABELS = {
    PROMPTS: "prompts",
    RESPONSES: "model responses",
    FEEDBACK: "open feedback",
    "system_string": "system strings",
    "self_description": "self-descriptions",
}
_MOSTLY = 0.5


@dataclass(frozen=True, slots=True, eq=False)
class Texts:
    """All texts of one kind, in the order of the files; empty ones are left out."""

    kind: str
    """The column of PRISM that they stand in."""
    label: str
    texts: Sequence[str]
    people: IntArray
    """(n,): place of the person in `Dataset.people`; of a response, the person who prompted it."""
    quotable: tuple[bool, ...]
    """Whether a text may be quoted: not where it is flagged for personal details."""
    question: str = ""
    """What people were asked, where the study says it."""

    @property
    def by_model(self) -> bool:
        """Whether a model wrote them."""
        return self.kind == RESPONSES


@dataclass(frozen=True, slots=True)
class Flagged:
    """Ids of texts with personal details, by kind; and whether anybody looked."""

    ids: dict[str, frozenset[str]]
    n_unchecked: int
    """Texts that nobody checked."""


def texts_by_kind(dataset: Dataset) -> tuple[Texts, ...]:
    """Survey texts, open feedback, prompts (each once, however many answers it got), responses."""
    flags = flagged(dataset)
    place = {user: i for i, user in enumerate(dataset.people["user_id"].to_list())}
    found = [_survey_texts(dataset, name, place, flags) for name in text_columns(dataset)]
    talks, answers = dataset.conversations, dataset.utterances
    prompts = answers.unique(subset="interaction_id", keep="first", maintain_order=True)
    found += [
        _texts(FEEDBACK, talks[FEEDBACK], talks["user_id"], talks["conversation_id"], place, flags),
        _texts(
            PROMPTS, prompts[PROMPTS], prompts["user_id"], prompts["interaction_id"], place, flags
        ),
        _texts(
            RESPONSES, answers[RESPONSES], answers["user_id"], answers["utterance_id"], place, flags
        ),
    ]
    return tuple(one for one in found if one.texts)


def text_columns(dataset: Dataset) -> tuple[str, ...]:
    """PRISM's two text questions, or, in another study, columns of mostly different long texts."""
    import polars as pl

    people = dataset.people
    known = [name for name in ("system_string", "self_description") if name in people.columns]
    if known:
        return tuple(known)
    found = []
    for name, kind in people.schema.items():
        if kind != pl.String or name.endswith("_self_described"):
            continue
        values = people[name].drop_nulls().to_list()
        long = [value for value in values if len(value.split()) >= 4]
        if values and len(long) > len(values) * _MOSTLY < len(set(values)):
            found.append(name)
    return tuple(found)


def flagged(dataset: Dataset) -> Flagged:
    """Texts that the release flags for personal details (``pii_flag``)."""
    import polars as pl

    if dataset.metadata is None:
        return Flagged({}, -1)
    keys = {PROMPTS: "interaction_id", RESPONSES: "utterance_id", FEEDBACK: "conversation_id"}
    rows = dataset.metadata.filter(pl.col("pii_flag").fill_null(value=False))
    ids: dict[str, set[str]] = {}
    for row in rows.to_dicts():
        kind = row["column_id"]
        key = row[keys.get(kind, "user_id")]
        if key is not None:
            ids.setdefault(kind, set()).add(key)
    return Flagged(
        {kind: frozenset(found) for kind, found in ids.items()},
        int(dataset.metadata["pii_flag"].null_count()),
    )


def _survey_texts(dataset: Dataset, name: str, place: dict[str, int], flags: Flagged) -> Texts:
    people = dataset.people
    asked = {n: words.label for (_, n), words in dataset.table.words.questions.items()}
    return _texts(
        name, people[name], people["user_id"], people["user_id"], place, flags, asked.get(name, "")
    )


def _texts(
    kind: str,
    texts: Iterable[str | None],
    users: Iterable[str],
    keys: Iterable[str],
    place: dict[str, int],
    flags: Flagged,
    question: str = "",
) -> Texts:
    hidden = flags.ids.get(kind, frozenset())
    rows = [
        (text, place[user], key not in hidden)
        for text, user, key in zip(texts, users, keys, strict=True)
        if text and text != "EMPTY STRING" and user in place
    ]
    return Texts(
        kind=kind,
        label=_LABELS.get(kind, kind.replace("_", " ")),
        texts=[text for text, _, _ in rows],
        people=np.array([person for _, person, _ in rows], dtype=np.int64),
        quotable=tuple(may for _, _, may in rows),
        question=question,
    )
