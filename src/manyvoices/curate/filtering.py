"""A release without what was decided to be left out, in each of its forms.

The release that was read stays as it is, and ``checks/exclusions.csv`` of the new one lists what
is missing and who decided it, so that curating again with a row undone brings it back.
"""

from __future__ import annotations

import contextlib
from collections import Counter
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Any, TypeAlias

from msgspec.structs import replace

from manyvoices.curate.exclusions import Exclusions
from manyvoices.curate.place import Place, find_release
from manyvoices.curate.texts import (
    MODEL_RESPONSE,
    OPEN_FEEDBACK,
    USER_PROMPT,
    answer_id,
    instance_id,
)
from manyvoices.io.native import read_native, write_native
from manyvoices.io.native_comparisons import comparisons_path, write_comparisons
from manyvoices.io.prism import find, read_prism_file, write_prism_conversations
from manyvoices.io.prism_survey import SurveyColumns
from manyvoices.io.writing import write_records
from manyvoices.schema import (
    Answer,
    Comparison,
    Conversation,
    DataError,
    Fault,
    PrismConversation,
    PrismMetadata,
    PrismSurveyRow,
    PrismUtterance,
    Turn,
)


class Filter:
    """What stays. Without its prompt a turn says nothing, so leaving out a prompt leaves out the
    turn. An id of `utterance` counts in every conversation that has it, in PRISM's form with or
    without the conversation's id before it (see `write_prism`)."""

    def __init__(self, exclusions: Exclusions) -> None:
        self._people = exclusions.excluded("person")
        self._conversations = exclusions.excluded("conversation")
        self._utterances = exclusions.excluded("utterance")
        self._texts = exclusions.excluded("text")

    def text(self, name: str) -> bool:
        """Whether a text stays, by its `instance_id`."""
        return name not in self._texts

    def person(self, user: str) -> bool:
        """Whether a person stays."""
        return user not in self._people

    def talk(self, user: str, conversation: str | None) -> bool:
        """Whether a conversation stays; None is none, and so only the person counts."""
        return self.person(user) and conversation not in self._conversations

    def turn(self, user: str, conversation: str, interaction: str | None) -> bool:
        """Whether a turn of a conversation stays."""
        return self.text(instance_id(USER_PROMPT, user, conversation, interaction))

    def utterance(
        self, user: str, conversation: str, interaction: str | None, utterance: str
    ) -> bool:
        """Whether one answer of a model stays."""
        here = self.talk(user, conversation) and self.turn(user, conversation, interaction)
        return here and not any(
            name in self._utterances
            or not self.text(instance_id(MODEL_RESPONSE, user, conversation, interaction, name))
            for name in names_of(conversation, utterance)
        )

    def feedback(self, user: str, conversation: str, text: str | None) -> str | None:
        """The open feedback, or None where it does not stay."""
        return text if self.text(instance_id(OPEN_FEEDBACK, user, conversation)) else None


def names_of(conversation: str | None, utterance: str) -> Iterator[str]:
    """The ids under which an utterance of PRISM's form may be known in the native one."""
    yield utterance
    if conversation is not None and utterance.startswith(f"{conversation}-"):
        yield utterance.removeprefix(f"{conversation}-")


def write_filtered(place: Place, exclusions: Exclusions, folder: Path) -> Place:
    """Write the native and PRISM's files of a release without what is left out; `folder` is then
    a release of the same form, without a manifest.

    Raises:
        DataError: A file has faults.
    """
    keep = Filter(exclusions)
    if place.native:
        _write_native(place.directory, keep, folder)
    if place.prism is not None:
        _write_prism(place.prism, keep, folder / "prism" if place.native else folder)
    return find_release(folder)


def _write_native(source: Path, keep: Filter, folder: Path) -> None:
    release = read_native(source)
    columns = SurveyColumns()
    for answer in release.answers:
        columns.see(answer)
    write_native(
        folder,
        participants=(p for p in release.participants if keep.person(p.participant_id)),
        answers=(a for a in release.answers if _stays(a, columns, keep)),
        conversations=(
            _conversation(c, keep)
            for c in release.conversations
            if keep.talk(c.participant_id, c.conversation_id)
        ),
    )
    if comparisons_path(source) is not None:
        kept = (_comparison(record, keep) for record in release.comparisons)
        write_comparisons(folder, (record for record in kept if record is not None))


def _comparison(record: Comparison, keep: Filter) -> Comparison | None:
    """A comparison, which is named like a conversation; None where it does not stay.

    The verdict is over all that was shown, so leaving out a prompt or an answer leaves it out.
    """
    user, name = record.participant_id, record.comparison_id
    if not keep.talk(user, name):
        return None
    for exchange in record.exchanges:
        turn = f"{name}-{exchange.turn}"
        answers = (answer_id(record, exchange, said) for said in exchange.answers)
        if not keep.turn(user, name, turn):
            return None
        if not all(keep.utterance(user, name, turn, answer) for answer in answers):
            return None
    return replace(record, reason_text=keep.feedback(user, name, record.reason_text))


def _stays(answer: Answer, columns: SurveyColumns, keep: Filter) -> bool:
    name = instance_id(columns.column(answer), answer.participant_id)
    return keep.person(answer.participant_id) and (answer.kind != "text" or keep.text(name))


def _conversation(record: Conversation, keep: Filter) -> Conversation:
    keys = (record.participant_id, record.conversation_id)
    turns = [
        _turn(record, turn, keep)
        for turn in record.turns
        if keep.turn(*keys, f"{record.conversation_id}-{turn.turn}")
    ]
    feedback = keep.feedback(*keys, record.open_feedback)
    return replace(record, turns=turns, open_feedback=feedback)


def _turn(record: Conversation, turn: Turn, keep: Filter) -> Turn:
    user, name = record.participant_id, record.conversation_id
    kept = [
        u
        for u in turn.utterances
        if keep.utterance(user, name, f"{name}-{turn.turn}", u.utterance_id)
    ]
    if len(kept) == len(turn.utterances):
        return turn
    ids = {u.utterance_id for u in kept}
    kept = [u if u.replaced_by in ids else replace(u, replaced_by=None) for u in kept]
    return replace(turn, utterances=kept, tied=[name for name in turn.tied if name in ids])


def _write_prism(source: Path, keep: Filter, folder: Path) -> None:
    read = _reader(source)
    gone = _gone(read("utterances"), keep)
    kept = (c for c in read("conversations") if keep.talk(c.user_id, c.conversation_id))
    counted: Counter[str] = Counter()
    write_prism_conversations(
        (_shortened(_counted(c, counted), gone, keep) for c in kept),
        folder / "conversations.jsonl",
    )
    write_records((u for u in read("utterances") if _says(u, keep)), folder / "utterances.jsonl")
    rows = (row for row in read("survey") if keep.person(row["user_id"]))
    write_records((_person(r, counted, keep) for r in rows), folder / "survey.jsonl")
    if find(source, "metadata").exists():
        rows = (m for m in read("metadata") if _described(m, keep))
        write_records(rows, folder / "metadata.jsonl")


def _reader(source: Path) -> Any:
    return lambda name: read_prism_file(find(source, name), name)


Gone: TypeAlias = set[tuple[str, int, int | None]]
"""Conversation, turn and place in the turn of what a history is to be without; None: all of it."""


def _gone(rows: Iterable[PrismUtterance], keep: Filter) -> Gone:
    gone: Gone = set()
    for row in rows:
        if not all(keep.turn(*keys) for keys in _turn_keys(row)):
            gone.add((row.conversation_id, row.turn, None))
        if not _says(row, keep):
            gone.add((row.conversation_id, row.turn, row.within_turn_id))
    return gone


def _turn_keys(row: PrismUtterance) -> Iterator[tuple[str, str, str]]:
    """The keys of a row's turn, by its own name and by the one that native records give it."""
    for interaction in (row.interaction_id, f"{row.conversation_id}-{row.turn}"):
        yield row.user_id, row.conversation_id, interaction


def _says(row: PrismUtterance, keep: Filter) -> bool:
    return all(keep.utterance(*keys, row.utterance_id) for keys in _turn_keys(row))


def _counted(row: PrismConversation, counted: Counter[str]) -> PrismConversation:
    counted[row.user_id] += 1
    return row


def _shortened(row: PrismConversation, gone: Gone, keep: Filter) -> PrismConversation:
    name = row.conversation_id
    turns = {m.turn for m in row.conversation_history if (name, m.turn, None) in gone}
    history = [
        message
        for message in row.conversation_history
        if message.turn not in turns
        if message.role == "user" or (name, message.turn, message.within_turn_id) not in gone
    ]
    return replace(
        row,
        conversation_history=history,
        conversation_turns=row.conversation_turns - len(turns),
        opening_prompt=None if 0 in turns else row.opening_prompt,
        open_feedback=keep.feedback(row.user_id, name, row.open_feedback),
    )


def _person(row: PrismSurveyRow, counted: Counter[str], keep: Filter) -> PrismSurveyRow:
    """A survey row with the conversations that are left counted anew."""
    user = str(row["user_id"])
    row = {k: v if keep.text(instance_id(k, user)) else None for k, v in row.items()}
    if "num_completed_conversations" in row:
        row["num_completed_conversations"] = counted[user]
    if "survey_only" in row:
        row["survey_only"] = counted[user] == 0
    return row


def _described(row: PrismMetadata, keep: Filter) -> bool:
    keys = (row.user_id, row.conversation_id)
    if row.utterance_id is not None and row.conversation_id is not None:
        return keep.utterance(
            row.user_id, row.conversation_id, row.interaction_id, row.utterance_id
        )
    name = instance_id(row.column_id, *keys[:1], row.conversation_id, row.interaction_id)
    return keep.talk(*keys) and keep.text(name)


@contextlib.contextmanager
def unchanged(paths: Iterable[Path]) -> Iterator[None]:
    """Refuse to end well where one of the files read was written to meanwhile."""
    before = {path: _stamp(path) for path in paths}
    yield
    changed = [path for path, stamp in before.items() if _stamp(path) != stamp]
    if changed:
        raise DataError(
            [
                Fault(str(p), None, "", "a file that changed while it was read", "a frozen release")
                for p in changed
            ]
        )


def _stamp(path: Path) -> tuple[int, int]:
    told = path.stat()
    return told.st_size, told.st_mtime_ns
