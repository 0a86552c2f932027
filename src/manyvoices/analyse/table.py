"""A release as columns: read once, then every question is asked of arrays.

Conversations are nested and long; every analysis needs a few numbers of each. `tabulate` walks
the stream once and keeps those, so that a release larger than memory in text still fits.
"""

from __future__ import annotations

import datetime as dt
from collections import Counter
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray

from manyvoices.analyse.words import StudyWords
from manyvoices.schema.conversations import Conversation
from manyvoices.schema.people import Answer, Participant

FloatArray = NDArray[np.float64]
IntArray = NDArray[np.int64]
BoolArray = NDArray[np.bool_]


@dataclass(frozen=True, slots=True)
class Source:
    """Which files a result stands on, so that anybody can find them again."""

    release_id: str = ""
    study_id: str = ""
    version: str = ""
    created_at: dt.datetime | None = None
    study_digest: str = ""
    manifest_sha256: str = ""
    """Hash of manifest.json, which itself holds the hash of every file; empty without one."""
    title: str = ""
    notes: tuple[str, ...] = ()
    """What a reader must know about the release, as its manifest and its reading say."""


@dataclass(frozen=True, slots=True)
class ConversationRow:
    """What is kept of one conversation besides its utterances."""

    conversation_id: str
    participant: int
    """Row of its participant in `ReleaseTable.participants`; -1 where nobody is on record."""
    type: str
    finished: bool
    simulated: bool
    consent_version: str | None
    started_at: dt.datetime
    finished_at: dt.datetime | None
    performance: Mapping[str, int | None]
    choice: Mapping[str, int | None]


@dataclass(frozen=True, slots=True, eq=False)
class Utterances:
    """One entry per candidate answer, all arrays (n_utterances,)."""

    conversation: IntArray
    """Row of its conversation in `ReleaseTable.conversations`."""
    turn: IntArray
    """0 = opening."""
    position: IntArray
    model: IntArray
    """Row of its model in `ReleaseTable.models`."""
    score: FloatArray
    """On the study's scale; NaN = not rated."""
    chosen: BoolArray
    failed: BoolArray
    """The model gave no answer."""

    def __len__(self) -> int:
        return len(self.model)


@dataclass(frozen=True, slots=True, eq=False)
class ReleaseTable:
    """Everything that the analyses of a report ask of a release."""

    source: Source
    words: StudyWords
    participants: tuple[Participant, ...]
    answers: tuple[Answer, ...]
    conversations: tuple[ConversationRow, ...]
    utterances: Utterances
    models: tuple[str, ...]
    """Sorted by name, so that an order on paper never comes from an order of files."""
    n_turns: int
    failures: Mapping[tuple[str, str], int] = field(default_factory=dict)
    """(model, kind of failure) -> how often."""

    def cluster_of_utterance(self) -> IntArray:
        """Participant row of each utterance, (n_utterances,)."""
        owner = np.array([row.participant for row in self.conversations], dtype=np.int64)
        return owner[self.utterances.conversation] if len(owner) else owner


@dataclass(slots=True)
class _Gathering:
    """The lists that grow while a stream is read."""

    rows: list[ConversationRow] = field(default_factory=list)
    cells: list[tuple[int, int, int, int, float, bool, bool]] = field(default_factory=list)
    models: dict[str, int] = field(default_factory=dict)
    failures: Counter[tuple[str, str]] = field(default_factory=Counter)
    n_turns: int = 0

    def add(self, conversation: Conversation, participant: int) -> None:
        number = len(self.rows)
        self.rows.append(_conversation_row(conversation, participant))
        self.n_turns += len(conversation.turns)
        for turn in conversation.turns:
            for utterance in turn.utterances:
                model = self.models.setdefault(utterance.model, len(self.models))
                failed = utterance.text is None
                score = float("nan") if utterance.score is None else float(utterance.score)
                self.cells.append(
                    (
                        number,
                        turn.turn,
                        utterance.position,
                        model,
                        score,
                        utterance.chosen,
                        failed,
                    )
                )
                if failed:
                    self.failures[utterance.model, utterance.failure or "unknown"] += 1


def tabulate(
    participants: Iterable[Participant],
    answers: Iterable[Answer],
    conversations: Iterable[Conversation],
    *,
    words: StudyWords | None = None,
    source: Source | None = None,
    on_conversation: Callable[[], None] | None = None,
) -> ReleaseTable:
    """Read the three streams of a native release, once each, into a `ReleaseTable`."""
    people = tuple(participants)
    row_of = {person.participant_id: row for row, person in enumerate(people)}
    gathering = _Gathering()
    for conversation in conversations:
        gathering.add(conversation, row_of.get(conversation.participant_id, -1))
        if on_conversation is not None:
            on_conversation()
    models = tuple(sorted(gathering.models))
    return ReleaseTable(
        source=source or Source(),
        words=words or StudyWords(),
        participants=people,
        answers=tuple(answers),
        conversations=tuple(gathering.rows),
        utterances=_columns(gathering, models),
        models=models,
        n_turns=gathering.n_turns,
        failures=dict(sorted(gathering.failures.items())),
    )


def _conversation_row(conversation: Conversation, participant: int) -> ConversationRow:
    return ConversationRow(
        conversation_id=conversation.conversation_id,
        participant=participant,
        type=conversation.conversation_type,
        finished=conversation.finished_at is not None,
        simulated=conversation.simulated,
        consent_version=conversation.consent_version,
        started_at=conversation.started_at,
        finished_at=conversation.finished_at,
        performance=dict(conversation.performance_attributes),
        choice=dict(conversation.choice_attributes),
    )


def _columns(gathering: _Gathering, models: tuple[str, ...]) -> Utterances:
    code_of = {name: code for code, name in enumerate(models)}
    recode = np.array([code_of[name] for name in gathering.models], dtype=np.int64)
    cells = gathering.cells
    return Utterances(
        conversation=np.array([cell[0] for cell in cells], dtype=np.int64),
        turn=np.array([cell[1] for cell in cells], dtype=np.int64),
        position=np.array([cell[2] for cell in cells], dtype=np.int64),
        model=recode[np.array([cell[3] for cell in cells], dtype=np.int64)],
        score=np.array([cell[4] for cell in cells], dtype=np.float64),
        chosen=np.array([cell[5] for cell in cells], dtype=np.bool_),
        failed=np.array([cell[6] for cell in cells], dtype=np.bool_),
    )
