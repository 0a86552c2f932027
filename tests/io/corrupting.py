"""Good files of every format of lines, and a thousand ways to spoil one of their lines.

Used by the tests and by ``python -m benchmarks.fuzz_readers``. A spoiled file has good lines round
one bad one, so that a test can ask for the bad one's number and for the others' records.
"""

from __future__ import annotations

import json
import random
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from itertools import islice
from typing import Any

NOW = "2026-01-31T09:30:00Z"
_LINE = [{"role": "user", "content": "hi"}, {"role": "assistant", "content": "hello"}]
_HH = "\n\nHuman: hi\n\nAssistant: "
_PRISM_HISTORY = [
    {"turn": 0, "role": "user", "content": "hi"},
    {"turn": 0, "role": "model", "content": "hello", "model_name": "m", "model_provider": "p",
     "score": 80, "if_chosen": True, "within_turn_id": 0},
]  # fmt: skip


def _message(name: str, **more: Any) -> dict[str, Any]:
    return {"message_id": name, "text": "hi", "role": "prompter", "lang": "en", **more}


def _rows(form: str, n: int) -> dict[str, Any]:
    """A good row of a format; `n` makes its ids its own."""
    reply = {**_message(f"m{n}b"), "parent_id": f"m{n}", "role": "assistant", "rank": 0}
    who = {"participant_id": f"p{n}", "study_id": "s", "consent_version": "1", "simulated": False}
    utterance = {"utterance_id": "u", "model": "m", "model_provider": "scripted", "text": "hello",
                 "score": 80, "chosen": True, "position": 0}  # fmt: skip
    turn = {"turn": 0, "message": _message(f"m{n}"), "utterances": [utterance], "seed": 1,
            "created_at": NOW}  # fmt: skip
    prism = {"conversation_id": f"c{n}", "user_id": "u1", "conversation_type": "unguided"}
    rows: dict[str, dict[str, Any]] = {
        "oasst-trees": {"message_tree_id": f"m{n}", "tree_state": "growing",
                        "prompt": _message(f"m{n}", replies=[reply])},
        "oasst-messages": _message(f"m{n}", replies=[reply]),
        "oasst-threads": {"thread_id": f"m{n}b", "thread": [_message(f"m{n}"), reply]},
        "oasst-flat": {**_message(f"m{n}"), "message_tree_id": f"m{n}", "parent_id": None,
                       "emojis": {"name": ["+1"], "count": [2]},
                       "labels": {"name": ["spam"], "value": [0.5], "count": [1]}},
        "arena": {"battle_id": f"b{n}", "model_a": "x", "model_b": "y", "winner": "model_a",
                  "judge": "j", "turn": 1, "language": "English", "conversation_a": _LINE,
                  "conversation_b": _LINE, "anony": True, "tstamp": 1.5},
        "trl-messages": {"messages": _LINE, "dialogue_id": f"d{n}"},
        "trl-preferences": {"prompt": _LINE[:1], "chosen": _LINE[1:], "rejected": _LINE[1:],
                            "margin": 1.5},
        "trl-kto": {"prompt": "hi", "completion": "hello", "label": True},
        "hh": {"chosen": _HH + "a", "rejected": _HH + "b"},
        "rated": {"item_id": f"i{n}", "participant_id": "p", "text": "hi", "rating.quality": 3.0,
                  "gender": "f", "simulated": False},
        "native-participants": {**who, "consented_at": NOW, "language": "en", "status": "active",
                                "started_at": NOW},
        "native-answers": {**who, "survey": "s", "question_id": "q", "kind": "single",
                           "value": "x", "answered_at": NOW},
        "native-conversations": {**who, "conversation_id": f"c{n}", "conversation_type": "t",
                                 "turns": [turn], "started_at": NOW},
        "native-trees": {"tree": {"message_tree_id": f"m{n}", "prompt": _message(f"m{n}")},
                         "study_id": "s", "language": "en", "goal_size": 3, "is_scored": False,
                         "simulated": False, "created_at": NOW, "changed_at": NOW,
                         "messages": [{"message_id": f"m{n}", "created_at": NOW}]},
        "native-labels": {"message_id": f"m{n}", "participant_id": "p", "name": "spam",
                          "value": 0.5, "created_at": NOW, "simulated": False},
        "native-rankings": {"parent_id": f"m{n}", "participant_id": "p", "ranking": [["a"]],
                            "created_at": NOW, "simulated": False},
        "prism-survey": {"user_id": f"u{n}", "survey_only": False, "age": "25-34 years old"},
        "prism-conversations": {**prism, "opening_prompt": "hi", "conversation_turns": 1,
                                "conversation_history": _PRISM_HISTORY,
                                "performance_attributes": {"values": 50},
                                "choice_attributes": {"values": None}, "open_feedback": "ok",
                                "generated_datetime": "2026-01-31 09:30:00",
                                "timing_duration_s": 10.0, "timing_duration_mins": 0.2,
                                "included_in_balanced_subset": True},
        "prism-utterances": {"utterance_id": f"ut{n}", "interaction_id": f"int{n}", **prism,
                             "turn": 0, "within_turn_id": 0, "user_prompt": "hi",
                             "model_response": "hello", "model_name": "m", "model_provider": "p",
                             "score": 80, "if_chosen": True, "included_in_balanced_subset": True},
        "prism-wide": {"interaction_id": f"int{n}", "conversation_id": f"c{n}", "turn": 0,
                       "user_prompt": "hi", "user_id": "u1", "utterance_id_a": f"ut{n}",
                       "within_turn_id_a": 0, "conversation_type_a": "unguided",
                       "model_response_a": "hello", "model_name_a": "m", "model_provider_a": "p",
                       "score_a": 80, "if_chosen_a": True, "included_in_balanced_subset_a": None},
        "prism-metadata": {"column_id": "user_prompt", "user_id": "u1", "conversation_id": f"c{n}",
                           "interaction_id": "i", "utterance_id": None, "pii_flag": False,
                           "pii_manual_flag": None, "language_flag": "en", "en_flag": True,
                           "moderation_flag": {"hate": False}},
    }  # fmt: skip
    return rows[form]


FORMATS = (
    *(
        "oasst-trees",
        "oasst-messages",
        "oasst-threads",
        "oasst-flat",
        "arena",
        "trl-messages",
        "trl-preferences",
        "trl-kto",
        "hh",
    ),
    *("rated", "native-participants", "native-answers", "native-conversations", "prism-survey"),
    *("prism-conversations", "prism-utterances", "prism-wide", "prism-metadata"),
    *("native-trees", "native-labels", "native-rankings"),
)

# Field of a row -> values that cannot be right there, by format; found by their path of keys.
_ENUMS = {
    "oasst-trees": (("tree_state",), ("prompt", "role")),
    "oasst-messages": (("role",),),
    "oasst-threads": (("thread", 0, "role"),),
    "oasst-flat": (("role",),),
    "arena": (("winner",), ("conversation_a", 0, "role")),
    "trl-messages": (("messages", 0, "role"),),
    "trl-preferences": (("chosen", 0, "role"),),
    "native-participants": (("status",),),
    "native-conversations": (("turns", 0, "message", "role"),),
    "native-trees": (("tree", "prompt", "role"),),
    "prism-conversations": (("conversation_history", 0, "role"),),
}
_SCORES = {
    "prism-utterances": ("score",),
    "prism-wide": ("score_a",),
    "prism-conversations": ("conversation_history", 1, "score"),
}
_ORPHANS = {
    "oasst-trees": ("prompt", "replies", 0, "parent_id"),
    "oasst-messages": ("replies", 0, "parent_id"),
    "oasst-threads": ("thread", 1, "parent_id"),
}
_NO_IDS = (
    *("trl-preferences", "trl-kto", "hh", "prism-metadata"),
    *("native-labels", "native-rankings"),
)
"""Formats in which no row has an id of its own."""


@dataclass(frozen=True, slots=True)
class Spoiled:
    """A bad line, and what was done to it."""

    how: str
    line: bytes


def good(form: str, n: int) -> bytes:
    """The `n`-th good line of a format."""
    return json.dumps(_rows(form, n)).encode() + b"\n"


def bad_lines(form: str, count: int, rng: random.Random, *, first: int = 100) -> list[Spoiled]:
    """`count` spoiled lines, every kind of damage in turn, each to a line with ids of its own."""
    found: list[Spoiled] = []
    kinds = sum(1 for _ in spoiled(form, first, rng))
    while len(found) < count:
        n = first + len(found)
        found.append(next(islice(spoiled(form, n, rng), len(found) % kinds, None)))
    return found


def spoiled(form: str, n: int, rng: random.Random) -> Iterator[Spoiled]:
    """Every kind of damage to the `n`-th line once, where on the line being drawn."""
    line, row = good(form, n)[:-1], _rows(form, n)
    at = rng.randrange(1, len(line) - 1)
    inside = line.index(b'": "') + 4  # inside a text, where any byte is content
    yield Spoiled("truncated", line[:at])
    yield Spoiled("NUL", line[:at] + b"\0" + line[at:])
    yield Spoiled(
        "wrong encoding", line[:inside] + rng.choice((b"\xff", b"\xe9t", b"\xc3")) + line[inside:]
    )
    yield Spoiled("lone surrogate", line[:inside] + b"\\ud800" + line[inside:])
    yield Spoiled("BOM in mid-file", b"\xef\xbb\xbf" + line)
    yield Spoiled("CR line ends only", line + b"\r" + good(form, n + 50_000)[:-1])
    yield Spoiled("deep nesting", b"[" * 100_000 + b"]" * 100_000)
    yield Spoiled("deep objects", b'{"a":' * 100_000)
    yield Spoiled("a list", b"[" + line + b"]")
    yield Spoiled("a number", rng.choice((b"1", b"-0", b"1e400", b"12345678901234567890123")))
    yield Spoiled("a word", rng.choice((b"null", b"true", b'"text"', b"nonsense")))
    yield Spoiled("two records", line + b" " + line)
    key = rng.choice([name for name, value in row.items() if value is not None])
    yield Spoiled("NaN", _with_raw(row, key, rng.choice((b"NaN", b"Infinity", b"-Infinity"))))
    yield from _typed(form, row, rng)
    if form not in _NO_IDS:
        yield Spoiled("duplicate id", good(form, 0)[:-1])


def _typed(form: str, row: dict[str, Any], rng: random.Random) -> Iterator[Spoiled]:
    """Damage that only the format's types and rules can tell."""
    for path in _ENUMS.get(form, ()):
        yield Spoiled("wrong enum", _with(row, path, "nonsense"))
    if form in _SCORES:
        for score in (101, -1, 1e9, "80"):
            yield Spoiled("score 101", _with(row, _SCORES[form], score))
    if form in _ORPHANS:
        yield Spoiled("orphan parent", _with(row, _ORPHANS[form], "nobody"))
    required = _REQUIRED[form]
    field = rng.choice(required)
    yield Spoiled(
        "missing field", json.dumps({k: v for k, v in row.items() if k != field}).encode()
    )
    for bad in ({"a": 1}, [1]):
        field = rng.choice(required)
        yield Spoiled("wrong type", _with(row, (field,), bad if field not in _LISTS else 5))
    # In a field of numbers a huge one is a number; in one of text it is not.
    texts = [name for name in required if isinstance(row[name], str)]
    if texts and form != "rated":
        yield Spoiled("huge integer", _with(row, (rng.choice(texts),), 10**30))


_LISTS = (
    "turns",
    "thread",
    "messages",
    "prompt",
    "chosen",
    "conversation_history",
    "tree",
    "ranking",
)
_REQUIRED = {
    "oasst-trees": ("message_tree_id", "prompt"),
    "oasst-messages": ("message_id", "text", "role"),
    "oasst-threads": ("thread_id", "thread"),
    "oasst-flat": ("message_id", "text", "role"),
    "arena": ("model_a", "model_b", "winner"),
    "trl-messages": ("messages",),
    "trl-preferences": ("chosen",),
    "trl-kto": ("prompt", "completion", "label"),
    "hh": ("chosen", "rejected"),
    "rated": ("item_id", "participant_id", "rating.quality"),
    "native-participants": ("participant_id", "started_at", "simulated"),
    "native-answers": ("participant_id", "question_id", "kind"),
    "native-conversations": ("conversation_id", "turns", "simulated"),
    "native-trees": ("tree", "study_id", "created_at"),
    "native-labels": ("message_id", "participant_id", "simulated"),
    "native-rankings": ("parent_id", "participant_id", "ranking"),
    "prism-survey": ("user_id",),
    "prism-conversations": ("conversation_id", "conversation_history"),
    "prism-utterances": ("utterance_id", "turn", "model_name"),
    "prism-wide": ("interaction_id", "turn", "model_name_a"),
    "prism-metadata": ("column_id", "user_id"),
}


def _with(row: dict[str, Any], path: tuple[str | int, ...], value: Any) -> bytes:
    copy = json.loads(json.dumps(row))
    place = copy
    for step in path[:-1]:
        place = place[step]
    place[path[-1]] = value
    return json.dumps(copy).encode()


def _with_raw(row: dict[str, Any], key: str, value: bytes) -> bytes:
    """A row with a value that JSON has no word for."""
    return json.dumps({**row, key: "@@@"}).encode().replace(b'"@@@"', value)


def huge(form: str, n: int, megabytes: int) -> bytes:
    """A line of that size that is one text never closed."""
    return good(form, n)[:-2] + b', "x": "' + b"a" * (megabytes * 1_000_000)


def readers() -> dict[str, Callable[..., Iterator[Any]]]:
    """Format -> its reader, as the registry has it."""
    from manyvoices.io.registry import formats

    return {name: formats()[name].read for name in FORMATS}
