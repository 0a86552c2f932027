"""What a record's types cannot say: ids used twice, replies that name another parent, and so on."""

from __future__ import annotations

import functools
import operator
from collections import Counter
from collections.abc import Callable, Hashable, Iterator, Sequence
from typing import Any, Protocol

from manyvoices.io.faults import describe
from manyvoices.io.lines import Problem
from manyvoices.io.unique import UniqueIds
from manyvoices.schema import (
    SCHEMA_VERSION,
    Answer,
    Conversation,
    Message,
    MessageTree,
    Participant,
    Turn,
)


class Unique:
    """Ids seen so far in a file, each with the line that it was first seen on."""

    def __init__(self) -> None:
        self._lines: dict[Hashable, int] = {}

    def problems(
        self, key: Hashable, line: int, path: str, shown: str | None = None
    ) -> list[Problem]:
        """The problem of a key that was there before; `shown` is how to name it."""
        first = self._lines.get(key)
        if first is None:
            self._lines[key] = line
            return []
        return [twice(path, key if shown is None else shown, first)]


class UniqueField:
    """A field that no two records of a file share."""

    def __init__(self, field: str) -> None:
        self._field, self._value = field, operator.attrgetter(field)
        self._first_line = dict[str, int]().setdefault

    def problems(self, record: Any, line: int) -> Sequence[Problem]:
        """The problem of a record whose field was there before."""
        first = self._first_line(self._value(record), line)
        return () if first == line else [twice(self._field, self._value(record), first)]


def twice(path: str, key: object, first: int) -> Problem:
    """The problem of an id that was there before."""
    return path, f"{describe(key)} again (first on line {first})", "an id that is used once"


class _Place:
    """Where a reply hangs, spelled out only when something is wrong with it."""

    __slots__ = ("name", "parent")

    def __init__(self, name: str, parent: _Place | None = None) -> None:
        self.name, self.parent = name, parent

    def field(self, name: str) -> str:
        parts = [name]
        place: _Place | None = self
        while place is not None:
            parts.append(place.name)
            place = place.parent
        return ".".join(part for part in reversed(parts) if part)


class TreeCheck:
    """Message ids unique in the file, and each reply naming the message that it hangs below.

    A tree without faults is looked through once and quickly; only where something is wrong is it
    walked again, to say where.

    Args:
        report: Takes (line, problem) of an id that came again long after it was first there.
    """

    def __init__(self, report: Callable[[int, Problem], None]) -> None:
        self._report = report
        self._ids = UniqueIds(functools.partial(self._again, "message_id"))
        self._trees = UniqueIds(functools.partial(self._again, "message_tree_id"))

    def tree(self, tree: MessageTree, line: int) -> list[Problem]:
        """Problems of a tree, its prompt being the root."""
        problems = self._tree_id(tree.message_tree_id, line)
        if isinstance(tree.prompt.parent_id, str):
            found = describe(tree.prompt.parent_id)
            problems.append(("prompt.parent_id", found, "null: a prompt has no parent"))
        return problems + self._look(tree.prompt, line, "prompt")

    def message(self, message: Message, line: int) -> list[Problem]:
        """Problems of a message; what it says of its own parent cannot be checked here."""
        return self._look(message, line, "")

    def end(self) -> None:
        """Report what can only be known when the file has been read."""
        self._ids.settle()
        self._trees.settle()

    def _again(self, path: str, line: int, first: int) -> None:
        found = f"an id that is on line {first} already"
        self._report(line, (path, found, "an id that is used once"))

    def _tree_id(self, name: str, line: int) -> list[Problem]:
        if self._trees.add([name], line):
            return []
        return [twice("message_tree_id", name, self._trees.first(name) or 0)]

    def _look(self, root: Message, line: int, name: str) -> list[Problem]:
        messages, is_sound = [root], True
        for message in messages:
            if replies := message.replies:
                here = message.message_id
                for reply in replies:
                    if reply.parent_id != here and isinstance(reply.parent_id, str):
                        is_sound = False
                messages += replies
        ids = [message.message_id for message in messages]
        if is_sound and self._ids.add(ids, line):
            return []
        problems = self._walk(root, line, name)
        self._ids.add_new(ids, line)
        return problems

    def _walk(self, root: Message, line: int, name: str) -> list[Problem]:
        # How deep a tree goes is up to the data, so the stack is a list and not Python's.
        problems: list[Problem] = []
        here: set[str] = set()
        stack = [(root, _Place(name))]
        while stack:
            message, place = stack.pop()
            first = line if message.message_id in here else self._ids.first(message.message_id)
            here.add(message.message_id)
            if first is not None:
                problems.append(twice(place.field("message_id"), message.message_id, first))
            for index, reply in enumerate(message.replies or ()):
                below = _Place(f"replies[{index}]", place)
                problems += _parent_problems(reply, message, below)
                stack.append((reply, below))
        return problems


def _parent_problems(reply: Message, parent: Message, place: _Place) -> list[Problem]:
    if isinstance(reply.parent_id, str) and reply.parent_id != parent.message_id:
        wanted = f"{describe(parent.message_id)}, the message that it is a reply to"
        return [(place.field("parent_id"), describe(reply.parent_id), wanted)]
    return []


class _Versioned(Protocol):
    """A record that says which version of its form it is in."""

    @property
    def schema_version(self) -> str: ...


class NativeCheck:
    """Ids unique in their file, versions known, and conversations that make sense turn by turn."""

    def __init__(self) -> None:
        self._seen = Unique()

    def participant(self, record: Participant, line: int) -> list[Problem]:
        """Problems of a participant."""
        return version_problems(record) + self._seen.problems(
            record.participant_id, line, "participant_id"
        )

    def answer(self, record: Answer, line: int) -> list[Problem]:
        """Problems of an answer: one person answers one question of one survey once."""
        key = (record.participant_id, record.survey, record.question_id)
        return version_problems(record) + self._seen.problems(
            key, line, "question_id", record.question_id
        )

    def conversation(self, record: Conversation, line: int) -> list[Problem]:
        """Problems of a conversation."""
        problems = version_problems(record)
        problems += self._seen.problems(record.conversation_id, line, "conversation_id")
        problems += _utterance_id_problems(record)
        last = -1
        for index, turn in enumerate(record.turns):
            if turn.turn <= last:
                wanted = f"an integer above {last}: turns count up from 0"
                problems.append((f"turns[{index}].turn", describe(turn.turn), wanted))
            last = turn.turn
            problems += _turn_problems(turn, f"turns[{index}]")
        return problems


def version_problems(record: _Versioned) -> list[Problem]:
    """The problem of a record of a version that this manyvoices does not know."""
    if record.schema_version == SCHEMA_VERSION:
        return []
    return [("schema_version", describe(record.schema_version), f'"{SCHEMA_VERSION}"')]


def _utterance_id_problems(record: Conversation) -> Iterator[Problem]:
    counts = Counter(u.utterance_id for turn in record.turns for u in turn.utterances)
    for name, count in counts.items():
        if count > 1:
            yield "turns", f"utterance_id {describe(name)} {count} times", "an id that is used once"


def _turn_problems(turn: Turn, path: str) -> Iterator[Problem]:
    if turn.message.role != "prompter":
        found = describe(turn.message.role)
        yield f"{path}.message.role", found, "prompter: a turn opens with a person's message"
    ids = {utterance.utterance_id for utterance in turn.utterances}
    for index, name in enumerate(turn.tied):
        if name not in ids:
            yield f"{path}.tied[{index}]", describe(name), "the id of an utterance of this turn"
    if (n_chosen := sum(utterance.chosen for utterance in turn.utterances)) > 1:
        yield f"{path}.utterances", f"{n_chosen} chosen utterances", "one at most"
    if turn.all_bad and n_chosen:
        wanted = "none: the person said that every answer is bad"
        yield f"{path}.utterances", f"{n_chosen} chosen, and all_bad", wanted
    for index, utterance in enumerate(turn.utterances):
        if utterance.text is not None:
            continue
        here = f"{path}.utterances[{index}]"
        if utterance.score is not None:
            yield f"{here}.score", describe(utterance.score), "null: there was no answer to rate"
        if utterance.chosen:
            yield f"{here}.chosen", "true", "false: there was no answer to choose"
