"""What a scripted persona understands of a message: its topic words and its form. No more.

Works on any script: where a language has no spaces or no known stop words, the longest stretch of
letters is the topic; where there are no letters at all, there is no topic.
"""

from __future__ import annotations

import codecs
import re
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal

from manyvoices.llm.port import ChatMessage

Form = Literal["question", "request", "opinion", "greeting", "other"]

_WORD = re.compile(r"[^\W\d_]+(?:['’-][^\W\d_]+)*|[.!?;:,\n]|\S")
_STOP_WORDS = """
a about actually after again all almost also always am an and any anyone anything are as ask
asked at be because been before being believe best better between both but by can can't cannot
care could deal describe did didn't discuss do does doesn't doing don't each else ever every
everyone explain feel few first for from get gets getting give go going good got had happen
happened has hate hates have haven't having he hello help her here hey hi him his hope how i i'd
i'll i'm i've if in into is isn't it it's its itself just know learn least less let let's like
lot love loves make makes many may maybe me might more most much must my need never new no not
nothing now of off often ok on once one only opinion or other our out over own people please
prefer quite raise rather really right said same say says see seem seems she should shouldn't
since so some someone something still such sure take tell than thank thanks that that's the
their them then there there's these they they're thing things think this those though through to
today together too try two under until up us use used using very view views want wants was
wasn't way we we're well were what what's when where whether which while who whom whose why will
wish with without won't wonder worry would wouldn't write yes yet you you're your yours
"""
_STOP = frozenset(_STOP_WORDS.split())
_CONTESTED_WORDS = """
abortion asylum brexit capitalism censorship communism democracy election elections euthanasia
feminism gender genocide god government gun guns immigrant immigrants immigration islam israel
military monarchy muslim christian jewish palestine police policy political politician
politicians politics president prison protest punishment race racism refugee refugees religion
religious sexuality socialism tax taxes terrorism trans vote voting war wealth welfare
"""
_CONTESTED = frozenset(_CONTESTED_WORDS.split())
# Not echoed back at people, whoever wrote it first; rot13 keeps the page readable.
_RUDE_STEMS = "shpx fuvg phag ovgpu avttre avttn snttbg jubre fyhg encr encvfg nffubyr"
_RUDE = re.compile(rf"\b(?:{'|'.join(codecs.decode(_RUDE_STEMS, 'rot13').split())})", re.IGNORECASE)
_REQUEST = re.compile(
    r"^\W*(please|write|give|tell|list|make|help|explain|describe|suggest|show|create|plan|find|"
    r"translate|summari[sz]e|can you|could you|would you)\b",
    re.IGNORECASE,
)
_OPINION = re.compile(
    r"\b(i (think|believe|feel|guess|love|hate|prefer|agree|disagree)|in my (view|opinion)|should|"
    r"shouldn't|ought)\b",
    re.IGNORECASE,
)
_GREETING = re.compile(
    r"^\W*(hi|hello|hey|good (morning|evening|afternoon|day)|greetings)\b", re.IGNORECASE
)
_QUESTION_MARKS = ("?", "？", "؟", ";")
_MAX_TOPIC = 40


@dataclass(frozen=True, slots=True)
class Reading:
    """What was understood."""

    topics: tuple[str, ...]
    """Stretches of the person's own content words, the likeliest first; none to three."""
    form: Form
    contested: bool
    """Touches on what people of good will disagree about."""
    turn: int
    """How many answers the conversation has had before."""


def read_conversation(messages: Sequence[ChatMessage]) -> Reading:
    """Understand the last message of the person; without one, an empty message is understood."""
    said = [m.content for m in messages if m.role == "user"]
    text = said[-1] if said else ""
    topics = find_topics(text)
    if not topics and len(said) > 1:
        # "Why?" or "Go on" is about what was said before.
        topics = find_topics(" ".join(said[:-1]))
    return Reading(
        topics=topics,
        form=find_form(text),
        contested=bool(_CONTESTED & {w.casefold() for w in _WORD.findall(" ".join(said))}),
        turn=sum(m.role == "assistant" for m in messages),
    )


def find_form(text: str) -> Form:
    """How the message is meant, as far as its words show."""
    stripped = text.strip()
    if _GREETING.match(stripped) and len(stripped.split()) <= 6:
        return "greeting"
    if stripped.endswith(_QUESTION_MARKS):
        return "question"
    if _REQUEST.match(stripped):
        return "request"
    return "opinion" if _OPINION.search(stripped) else "other"


def find_topics(text: str, most: int = 3) -> tuple[str, ...]:
    """Runs of up to three content words that stand together, the likeliest topic first."""
    runs: list[list[str]] = [[]]
    for token in _WORD.findall(text[:5000]):
        if _is_content(token) and len(runs[-1]) < 3:
            runs[-1].append(token)
        elif _is_content(token):
            runs.append([token])
        else:
            runs.append([])
    phrases = dict.fromkeys(" ".join(run)[:_MAX_TOPIC] for run in runs if run)
    # Stable sort: among equally good runs the one said first leads.
    return tuple(sorted(phrases, key=_weight, reverse=True)[:most])


def _weight(phrase: str) -> int:
    """How much a phrase looks like a topic: long, a word of debate, no adverb or verb form."""
    weight = min(len(phrase), 24)
    words = phrase.casefold().split()
    weight += 12 * bool(_CONTESTED.intersection(words))
    return weight - 6 * (len(words) == 1 and words[0].endswith(("ly", "er", "est", "ing", "ed")))


def _is_content(token: str) -> bool:
    word = token.casefold().replace("’", "'")
    if not word[0].isalpha() or word in _STOP or _RUDE.search(word):
        return False
    # Latin words of one or two letters are rarely a topic; in other scripts they often are.
    return len(word) > 2 or not word.isascii()
