"""The rules of a live conversation: who answers, which answer goes on, when it may end.

PRISM (arXiv 2404.16019, section 2.2) draws up to four of its models without replacement, lets the
participant rate each answer on a visual analogue scale, and continues with the best one, which
then answers twice per turn. Its interface stored an untouched slider as 50 and took the first
maximum on screen for the winner. Here an untouched scale is "not rated", a tie is broken by a
seeded draw and recorded, and an answer that failed can neither be rated nor win.

Everything is a pure function: the generator and the clock are passed in. The seed of each decision
comes from `derive_seed` over the identifiers that it is about, so that a stored conversation can
be replayed.
"""

from __future__ import annotations

import hashlib
import random
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import Protocol

from manyvoices.design.problems import Problem
from manyvoices.schema.errors import ManyvoicesError

Posted = Mapping[str, Sequence[str]]
"""A posted form: field name -> every value posted under it, in order."""

# Han, kana, Thai, Lao, Khmer and Burmese are written without blanks between words.
_UNSPACED = r"\u2e80-\u312f\u31a0-\u9fff\uf900-\ufaff\u0e00-\u0eff\u1000-\u109f\u1780-\u17ff"
_WORDS = re.compile(rf"[{_UNSPACED}\U00020000-\U0003ffff]|[^\s{_UNSPACED}\U00020000-\U0003ffff]+")
_WHOLE_NUMBER = re.compile(r"-?[0-9]{1,9}")


class NothingToLock(ManyvoicesError):
    """No candidate has an answer, so no answer can go on."""


class RatingsMissing(ManyvoicesError):
    """An answer was shown and not rated, so there is no best one yet."""

    def __init__(self, keys: Sequence[str]) -> None:
        self.keys = tuple(keys)
        super().__init__(f"not rated yet: {', '.join(self.keys)}")


class TurnState(StrEnum):
    """Where a turn stands."""

    WAITING = "waiting"
    RATING = "rating"
    RATED = "rated"
    FAILED = "failed"


class TurnsRule(Protocol):
    """What `may_finish` and `must_finish` need to know; `study.Continuing` is one."""

    @property
    def turns(self) -> tuple[int, int]: ...


class WordLimits(Protocol):
    """What `check_words` needs to know; `stages.MessageLimits` is one."""

    @property
    def min_words(self) -> int: ...

    @property
    def max_words(self) -> int | None: ...


@dataclass(frozen=True, slots=True)
class Candidate:
    """One model's place in a turn: its answer, if any, and what the participant thought of it."""

    key: str
    """Names the place in forms and records; says nothing about the model."""
    text: str | None
    """None where there is no answer (yet)."""
    score: int | None = None
    """None where it has not been rated; never a default."""
    failed: bool = False
    """True once it is certain that no answer will come."""

    @property
    def answered(self) -> bool:
        """Whether there is something to read: an empty text counts as no answer."""
        return not self.failed and self.text is not None and self.text.strip() != ""


@dataclass(frozen=True, slots=True)
class Winner:
    """The answer with which a conversation goes on."""

    key: str
    tied: tuple[str, ...] = ()
    """Every key that shared the top score, the winner's among them; empty without a tie."""


@dataclass(frozen=True, slots=True)
class ScoresResult:
    """What a posted rating form says."""

    values: dict[str, int | None]
    """Key -> score; None where the answer was not rated."""
    errors: dict[str, Problem]
    """Key -> what is wrong with what was posted for it."""


def derive_seed(*parts: str | int) -> int:
    """A 63-bit seed from the identifiers of one decision: same parts, same seed, everywhere.

    The parts are length-prefixed before hashing, so ("ab", "c") and ("a", "bc") differ, and typed,
    so 1 and "1" differ. SHA-256 rather than ``hash()``, which Python salts per process.
    """
    digest = hashlib.sha256()
    for part in parts:
        kind = "i" if isinstance(part, int) else "s"
        encoded = str(part).encode("utf-8", "surrogatepass")
        digest.update(f"{kind}{len(encoded)}:".encode())
        digest.update(encoded)
    return int.from_bytes(digest.digest()[:8], "big") >> 1


def generator(seed: int) -> random.Random:
    """A fresh generator for one decision."""
    return random.Random(seed)


def draw_responders(pool: Sequence[str], k: int, rng: random.Random) -> tuple[str, ...]:
    """Draw `k` different responders, each equally likely; the index is the position shown.

    Raises ValueError where the pool names fewer than `k` different responders.
    """
    distinct = list(dict.fromkeys(pool))
    if not 1 <= k <= len(distinct):
        raise ValueError(f"cannot draw {k} different responders from {len(distinct)}")
    return tuple(rng.sample(distinct, k))


def continuing_slots(
    winner: str,
    k: int,
    rng: random.Random,  # noqa: ARG001
) -> tuple[str, ...]:
    """The responders of a continuing turn: the winner, `k` times; the index is the position shown.

    Nothing is drawn from `rng`: the samples of one model differ only by the seed that the caller
    derives from the position, so they are exchangeable. It is in the signature because a study
    that mixes other responders into later turns has to draw here.
    """
    if k < 1:
        raise ValueError(f"a turn needs at least one answer, not {k}")
    return (winner,) * k


def draw_replacement(pool: Sequence[str], asked: Sequence[str], rng: random.Random) -> str | None:
    """A further responder for a place whose own gave no answer; None where all were asked."""
    left = [name for name in dict.fromkeys(pool) if name not in set(asked)]
    return rng.choice(left) if left else None


def count_words(text: str) -> int:
    """Words of a text; in scripts without blanks between words each sign counts as one."""
    return sum(1 for _ in _WORDS.finditer(text))


def cut_words(text: str, most: int) -> tuple[str, int]:
    """The text with its first `most` words, and how many were cut off."""
    ends = [match.end() for match in _WORDS.finditer(text)]
    if len(ends) <= most:
        return text, 0
    return text[: ends[most - 1]].rstrip(), len(ends) - most


def check_words(text: str, limits: WordLimits) -> Problem | None:
    """What is wrong with the length of a person's message."""
    count = count_words(text)
    if count < limits.min_words:
        return Problem("too_few_words", {"min": limits.min_words, "count": count})
    if limits.max_words is not None and count > limits.max_words:
        return Problem("too_many_words", {"max": limits.max_words, "count": count})
    return None


def missing_ratings(candidates: Sequence[Candidate]) -> tuple[str, ...]:
    """Keys of the answers that can be read and have not been rated, in the order shown."""
    return tuple(c.key for c in candidates if c.answered and c.score is None)


def lock_winner(candidates: Sequence[Candidate], rng: random.Random) -> Winner:
    """The best-rated answer; among equals one is drawn, and the tie is reported.

    Raises `NothingToLock` where nobody answered, `RatingsMissing` where an answer is not rated.
    """
    answered = [c for c in candidates if c.answered]
    if not answered:
        raise NothingToLock("no model answered, so no answer can go on")
    if open_keys := missing_ratings(answered):
        raise RatingsMissing(open_keys)
    scores = {c.key: c.score for c in answered if c.score is not None}
    best = max(scores.values())
    top = tuple(key for key, score in scores.items() if score == best)
    return Winner(key=rng.choice(top), tied=top if len(top) > 1 else ())


def may_finish(n_rated_turns: int, rule: TurnsRule) -> bool:
    """Whether the participant may end the conversation; the opening counts as a turn."""
    return n_rated_turns >= rule.turns[0]


def must_finish(n_rated_turns: int, rule: TurnsRule) -> bool:
    """Whether no further turn is allowed."""
    return n_rated_turns >= rule.turns[1]


def turn_state(candidates: Sequence[Candidate], *, now: datetime, deadline: datetime) -> TurnState:
    """Where a turn stands at `now`.

    Before the deadline a turn waits while any candidate is neither answered nor failed. From the
    deadline on, what has not come counts as failed.
    """
    outstanding = any(not c.answered and not c.failed for c in candidates)
    if outstanding and now < deadline:
        return TurnState.WAITING
    if not any(c.answered for c in candidates):
        return TurnState.FAILED
    return TurnState.RATING if missing_ratings(candidates) else TurnState.RATED


def read_scale_value(values: Sequence[str], limits: tuple[int, int]) -> int | Problem | None:
    """One posted scale value: a whole number within `limits`, None where untouched, or a problem.

    The last value counts where a field was posted twice. Only ASCII digits are a number here: a
    browser's range control writes nothing else.
    """
    text = values[-1].strip() if values else ""
    if not text:
        return None
    if _WHOLE_NUMBER.fullmatch(text) and limits[0] <= int(text) <= limits[1]:
        return int(text)
    return Problem("out_of_range")


def read_scores(posted: Posted, keys: Sequence[str], limits: tuple[int, int]) -> ScoresResult:
    """Read the fields ``score-<key>``; an absent or empty field means "not rated"."""
    values: dict[str, int | None] = {}
    errors: dict[str, Problem] = {}
    for key in keys:
        value = read_scale_value(posted.get(f"score-{key}", ()), limits)
        if isinstance(value, Problem):
            errors[key] = value
            values[key] = None
        else:
            values[key] = value
    return ScoresResult(values=values, errors=errors)
