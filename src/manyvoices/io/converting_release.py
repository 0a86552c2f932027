"""From a native release to PRISM's rows, and from a whole release to one of its parts."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterable, Iterator
from itertools import chain
from typing import Any

from manyvoices.io.converting import (
    Converter,
    NotCarried,
    count_present,
    register_converter,
)
from manyvoices.io.prism_rows import PrismBuilder
from manyvoices.io.registry import Content
from manyvoices.schema import (
    Answer,
    Comparison,
    Conversation,
    Participant,
    PrismConversation,
    PrismMetadata,
    PrismUtterance,
    Turn,
)

_PERSON = ("consent_version", "consented_at", "language", "completed_at", "recruitment_provider")
_ANSWER = ("consent_version", "traces")
_TALK = ("consent_version", "traces")
_TURN = ("tied", "all_bad")
_MESSAGE = ("lang", "labels", "events", "emojis", "review_result")
_UTTERANCE = (
    *("failure", "latency_ms", "finish_reason", "prompt_tokens", "completion_tokens"),
    *("model_version", "replaced_by", "request", "tries", "n_words_cut", "trace"),
)
_SEEDS = ("turn.seed", "turn.created_at")


def release_prism(records: Iterable[Any], not_carried: NotCarried) -> Iterator[Any]:
    """PRISM's rows of a native release: conversation by conversation, the survey at the end.

    In memory are the participants and their answers. Left out and counted are people who withdrew,
    unfinished conversations, turns and utterances without an answer, and every field for which
    PRISM's columns have no place.
    """
    rest = iter(records)
    people: list[Participant] = []
    answers: list[Answer] = []
    first: list[Conversation] = []
    for record in rest:
        match record:
            case Participant():
                people.append(record)
                _count("participant", record, _PERSON, not_carried)
            case Answer():
                answers.append(record)
                _count("answer", record, _ANSWER, not_carried)
            case _:
                first.append(record)
                break
    builder = PrismBuilder(people, answers)
    for talk in _without_comparisons(chain(first, rest), not_carried):
        _count_talk(talk, not_carried)
        if (rows := builder.conversation(talk)) is not None:
            yield rows.conversation
            yield from rows.utterances
            yield from rows.metadata
    for row, texts in builder.survey():
        yield row
        yield from texts
    not_carried.update(builder.n_left_out)


def _without_comparisons(records: Iterable[Any], not_carried: NotCarried) -> Iterator[Any]:
    for record in records:
        if isinstance(record, Comparison):
            not_carried["comparisons"] += 1
        else:
            yield record


def _count(kind: str, record: Any, fields: Iterable[str], not_carried: NotCarried) -> None:
    found: NotCarried = Counter()
    count_present(record, fields, found)
    for name, n in found.items():
        not_carried[f"{kind}.{name}"] += n


def _count_talk(talk: Conversation, not_carried: NotCarried) -> None:
    _count("conversation", talk, _TALK, not_carried)
    for turn in talk.turns:
        _count_turn(turn, not_carried)
        for utterance in turn.utterances:
            _count("utterance", utterance, _UTTERANCE, not_carried)


def _count_turn(turn: Turn, not_carried: NotCarried) -> None:
    _count("turn", turn, _TURN, not_carried)
    _count("turn.message", turn.message, _MESSAGE, not_carried)
    for name in _SEEDS:
        not_carried[name] += 1


def _only(kind: type, names: dict[type, str]) -> Callable[..., Iterator[Any]]:
    """Keep the records of one kind, and count the others."""

    def convert(records: Iterable[Any], not_carried: NotCarried) -> Iterator[Any]:
        for record in records:
            if type(record) is kind:
                yield record
            else:
                not_carried[names[type(record)]] += 1

    return convert


_NATIVE: dict[type, Content] = {
    Participant: "participants",
    Answer: "survey-answers",
    Conversation: "conversations",
    Comparison: "comparisons",
}
_PRISM: dict[type, Content] = {
    dict: "prism-survey",
    PrismConversation: "prism-conversations",
    PrismUtterance: "prism-utterances",
    PrismMetadata: "prism-metadata",
}


def _register_parts(whole: Content, parts: dict[type, Content]) -> None:
    words = {kind: f"rows of {part}" for kind, part in parts.items()}
    for kind, part in parts.items():
        others = tuple(word for other, word in words.items() if other is not kind)
        register_converter(Converter(whole, part, _only(kind, dict(words)), others))


_CANNOT = (
    "comparisons",
    *(f"participant.{name}" for name in _PERSON),
    *(f"answer.{name}" for name in _ANSWER),
    *(f"conversation.{name}" for name in _TALK),
    *(f"turn.{name}" for name in _TURN),
    *(f"turn.message.{name}" for name in _MESSAGE),
    *_SEEDS,
    *(f"utterance.{name}" for name in _UTTERANCE),
)

register_converter(Converter("release", "prism", release_prism, _CANNOT))
_register_parts("release", _NATIVE)
_register_parts("prism", _PRISM)
