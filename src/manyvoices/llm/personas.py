"""Eight scripted personas that differ as real models differ: length, form, tone, caution.

They let a study be shown, rehearsed and tested without a model. They take up the person's own
words and state no facts. The same persona, conversation and seed give the same text everywhere;
another seed gives another sample.
"""

from __future__ import annotations

import random
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Literal

from manyvoices.design.dialogue import derive_seed, generator
from manyvoices.llm import phrases as p
from manyvoices.llm.port import ChatMessage
from manyvoices.llm.reading import Reading, read_conversation

VERSION = 1
"""Counts up when any persona's texts change, since stored data names the version."""


@dataclass(frozen=True, slots=True)
class Persona:
    """A way of answering."""

    name: str
    summary: str
    """What sets it apart, in one line."""
    compose: Callable[[_Voice], str]


@dataclass(frozen=True, slots=True)
class Spoken:
    """What a persona said. Lengths are in words, which stand in for tokens."""

    text: str
    finish_reason: Literal["stop", "length"]
    words: int
    prompt_words: int
    version: str


class _Voice:
    """Picks sentences without repeating one, and puts the person's words into them."""

    def __init__(self, reading: Reading, rng: random.Random) -> None:
        self.reading = reading
        self.rng = rng
        self._used: set[str] = set()
        self._since_named: int | None = None
        topics = [_quoted(topic) for topic in reading.topics]
        self._topic = topics[0] if topics else rng.choice(p.WORDLESS)
        # A short word alone is rarely a thing that can be compared with another.
        seconds = [t for t, raw in zip(topics[1:], reading.topics[1:], strict=True) if len(raw) > 5]
        self._second = seconds[0] if seconds else "the alternative"

    def say(self, bank: Sequence[str]) -> str:
        """One sentence from `bank` that was not said yet."""
        fresh = [sentence for sentence in bank if sentence not in self._used] or list(bank)
        sentence = self.rng.choice(fresh)
        self._used.add(sentence)
        text = sentence.replace("{u}", self._second)
        if "{t}" in text:
            text = text.replace("{t}", self._name_topic())
        return text[0].upper() + text[1:]

    def _name_topic(self) -> str:
        """The topic by name at first, then mostly "this", as people write."""
        by_name = self._since_named is None or self._since_named >= 3
        if by_name or (self._since_named and self.chance(0.25)):
            self._since_named = 0
            return self._topic
        self._since_named = (self._since_named or 0) + 1
        return "this"

    def several(self, bank: Sequence[str], low: int, high: int) -> list[str]:
        """Between `low` and `high` sentences."""
        return [self.say(bank) for _ in range(self.rng.randint(low, high))]

    def chance(self, probability: float) -> bool:
        return self.rng.random() < probability

    def lead_in(self) -> list[str]:
        """A greeting returned, or a link to the turn before, where that fits."""
        if self.reading.form == "greeting":
            return [self.say(p.GREETINGS)]
        if self.reading.turn and self.chance(0.5):
            return [f"{self.say(p.CONTINUING)} {_lower(self.say(p.ANGLES))}"]
        return []


def _lower(sentence: str) -> str:
    return sentence if sentence[:2] in ("I ", "I'") else sentence[0].lower() + sentence[1:]


def _quoted(topic: str) -> str:
    """`topic` as it stands in a sentence: several words in quotes, other scripts isolated."""
    if not topic.isascii():
        # First-strong isolate: a right-to-left topic must not turn the sentence around.
        return f"“\u2068{topic}\u2069”"
    return f"“{topic}”" if " " in topic else topic


def _brief(v: _Voice) -> str:
    return " ".join(v.several(p.SHORT, 1, 2))


def _plain(v: _Voice) -> str:
    return " ".join([*v.lead_in(), v.say(p.PLAIN_OPENERS), *v.several(p.ANGLES, 2, 3)])


def _careful(v: _Voice) -> str:
    parts = [*v.lead_in()]
    if v.reading.contested and v.chance(0.7):
        parts.append(v.say(p.REFUSALS))
    if v.chance(0.7) or not parts:
        parts.append(v.say(p.SELF))
    parts += [v.say(p.HEDGES), *v.several(p.ANGLES, 1, 2), v.say(p.HEDGES)]
    return " ".join(parts)


def _cheerful(v: _Voice) -> str:
    middle = [p.ANGLES, p.WARM_MIDDLES]
    v.rng.shuffle(middle)
    return " ".join(v.say(bank) for bank in (p.WARM_OPENERS, *middle, p.WARM_QUESTIONS))


def _challenger(v: _Voice) -> str:
    parts = [v.say(p.BLUNT_OPENERS), *v.several(p.BLUNT_MIDDLES, 2, 3)]
    return " ".join([*parts, v.say(p.BLUNT_QUESTIONS)])


def _list_maker(v: _Voice) -> str:
    opener, steps = v.say(p.LIST_OPENERS), v.several(p.STEPS, 3, 5)
    lines = "\n".join(f"{number}. {step}" for number, step in enumerate(steps, start=1))
    return f"{opener}\n\n{lines}\n\n{v.say(p.LIST_ENDS)}"


def _essayist(v: _Voice) -> str:
    first = [*v.lead_in(), v.say(p.FORMAL_OPENERS), *v.several(p.ANGLES, 2, 3)]
    second = [v.say(p.FORMAL_LINKS), *v.several(p.ANGLES, 3, 4)]
    third = [v.say(p.FORMAL_LINKS), *v.several(p.ANGLES, 1, 2), v.say(p.FORMAL_ENDS)]
    return "\n\n".join(" ".join(paragraph) for paragraph in (first, second, third))


def _storyteller(v: _Voice) -> str:
    story = [v.say(p.STORY_OPENERS), v.say(p.STORY_MIDDLES), *v.several(p.STORY_TURNS, 1, 2)]
    return f"{' '.join(story)}\n\n{v.say(p.ANGLES)} {v.say(p.STORY_ENDS)}"


_ALL = (
    Persona("brief", "one or two short sentences and no more", _brief),
    Persona("careful", "hedges, says that it is an AI, declines to take sides", _careful),
    Persona("cheerful", "warm, full of exclamation marks, ends with a question", _cheerful),
    Persona("challenger", "blunt, disagrees, asks back", _challenger),
    Persona("essayist", "three long, formal paragraphs", _essayist),
    Persona("list_maker", "numbered points", _list_maker),
    Persona("plain", "a few plain sentences in one paragraph", _plain),
    Persona("storyteller", "answers with a small story", _storyteller),
)

PERSONAS: dict[str, Persona] = {persona.name: persona for persona in _ALL}
"""Name -> persona. The names are listed in ``design.responders.PersonaName`` too."""


def answer(
    persona: Persona,
    messages: Sequence[ChatMessage],
    *,
    seed: int,
    max_words: int | None = None,
) -> Spoken:
    """What `persona` says to `messages`; cut off after `max_words`, as a model is by its limit."""
    said = [part for message in messages for part in (message.role, message.content)]
    rng = generator(derive_seed("persona", VERSION, persona.name, *said, seed))
    text = persona.compose(_Voice(read_conversation(messages), rng))
    kept = _first_words(text, max_words)
    return Spoken(
        text=kept,
        finish_reason="stop" if kept == text else "length",
        words=len(kept.split()),
        prompt_words=sum(len(message.content.split()) for message in messages),
        version=f"persona-{persona.name}-{VERSION}",
    )


def _first_words(text: str, most: int | None) -> str:
    """The first `most` words of `text`, with the white space between them as it was."""
    if most is None or len(text.split()) <= most:
        return text
    end = 0
    for word in text.split()[: max(most, 1)]:
        end = text.index(word, end) + len(word)
    return text[:end]
