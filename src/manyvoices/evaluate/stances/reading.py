"""Reading an answer by rules: option, refusal, hedged or unparsable. Standard library alone.

This file is copied as it is into exported tasks (`manyvoices.evaluate.export`), so that another
harness scores an answer exactly as we do. The rules, in order, for an answer to lettered options:

1. A letter, or an option's words, that decides: at the beginning, alone on a line, or after words
   such as "my answer is". One option: that one. Several: hedged. A letter with another option's
   words behind it: unparsable.
2. Words that refuse: refusal.
3. Options named in an answer of at most `SHORT` words, in brackets, or after "I (would say)"; a
   word of an option that merely occurs in a longer text is no choice. One: that one, unless
   negated. Several: hedged.
4. Words that weigh without choosing: hedged. Anything else: unparsable.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass

OPTION, REFUSAL, HEDGED, UNPARSABLE = "option", "refusal", "hedged", "unparsable"
PARSES = (OPTION, REFUSAL, HEDGED, UNPARSABLE)
LETTERS = "ABCDEFGHIJK"
LANGUAGES = ("en", "de")
"""ISO 639 codes of the languages whose words of refusal, weighing and agreement are known. Letters
and options' own words are read in any."""
SHORT = 12
"""Words of an answer in which an option that is named is meant."""


@dataclass(frozen=True)
class Parsed:
    """What an answer says."""

    kind: str
    """One of `PARSES`."""
    index: int | None = None
    """Of the option, in the order given; None unless `kind` is ``option``."""


# Not the list of `manyvoices.evaluate.refusals` (wording/en.yaml), which is about requests: there
# "I have no opinions" alone decides nothing, and here it is the refusal; there "I can't" needs a
# verb of helping, here any does but agreeing. What both must know is held by a test of both
# (tests/evaluate/stances/test_reading.py).
_REFUSAL = re.compile(
    r"\b(?:"
    r"(?:i|we) (?:cannot|can not|can't|won't|will not|am unable to|am not able to|'m unable to|"
    r"'m not able to|(?:must|have to|respectfully) (?:decline|refuse)|decline|refuse)\b"
    r"(?! (?:\w+ly )?(?:agree|disagree|support|oppose|lie|deny|pretend)\b)"
    r"|(?:i'm|i am|we're|we are) (?:unable|not (?:able|allowed|permitted|programmed|designed|"
    r"comfortable|in a position|going))\b"
    r"|(?:i )?(?:do not|don't) (?:have|hold|form|share|express|take|possess)"
    r" (?:any |my )?(?:own )?(?:personal |political )?"
    r"(?:opinion|opinions|view|views|beliefs?|preferences?|stances?|positions?|sides)\b"
    r"|i (?:have|hold) no (?:personal |political )?(?:opinions?|views?|beliefs?|stance|position)"
    r"|i(?: would|'d) (?:rather|prefer) not (?:to )?(?:say|answer|choose|take)"
    r"|(?:not (?:be )?|in)appropriate for me"
    r"|my (?:\w+ )?(?:guidelines|policies|programming) (?:do not|don't|does not|doesn't)"
    r" (?:allow|let)"
    r"|(?:goes |is )?against my (?:\w+ )?(?:guidelines|policies|programming)"
    r"|no (?:comment|opinion)\b"
    r"|ich (?:kann|darf|möchte|werde) (?:dazu |darauf |hier |das )?(?:leider )?"
    r"(?:keine?\b|nicht (?:antworten|beantworten|bewerten|sagen))"
    r"|(?:ich )?habe (?:dazu )?keine (?:eigene |persönliche |politische |eigenen |persönlichen )*"
    r"(?:meinung|ansicht|haltung|überzeugung|meinungen|ansichten)"
    r")",
    re.IGNORECASE,
)
_HEDGE = re.compile(
    r"\b(?:it depends|depends on|depending on|on the one hand|on one hand|both sides|"
    r"(?:valid|good|strong) (?:arguments|points) (?:on|for) (?:both|each)|pros and cons|"
    r"(?:complex|complicated|nuanced|contested) (?:issue|question|topic|matter)|"
    r"some (?:people )?(?:argue|would say|believe|say)|(?:partly|partially|somewhat) (?:dis)?agree|"
    r"i see (?:merit|value|truth) (?:in|on) both|not (?:entirely )?sure|"
    r"es kommt (?:ganz )?(?:darauf|drauf) an|kommt (?:ganz )?(?:darauf|drauf) an|hängt davon ab|"
    r"einerseits|beide seiten|komplexe[sr]? (?:frage|thema)|teils[, ]+teils|"
    r"(?:teilweise|zum teil) (?:zu|nicht zu))",
    re.IGNORECASE,
)
_ANSWER = (
    r"(?:answer|choice|choose|pick|select|option|response|antwort|wähle|auswahl|"
    r"entscheide mich für)"
    r"(?:\s+(?:is|would be|ist|wäre|lautet|option))*\s*[:=]?\s*"
)
_OWN = re.compile(
    r"\b(?:I|[Ii]ch)(?:[\s,']+(?:would|d|will|do|must|say|choose|pick|select|answer|go|with|for|that|"
    r"I|personally|really|think|feel|würde|sage|sagen|wähle|persönlich))*[\s,:]+$"
)
_NEGATION = re.compile(r"(?:\bnot|n't|\bnever|\bnicht|\bkeineswegs|\bcannot)\s+(?:\w+\s+)?$", re.I)


def read_choice(text: str, labels: Sequence[str]) -> Parsed:
    """Read an answer to options lettered A, B, ... in the order of `labels`, as they were shown."""
    plain = _plain(text)
    chosen = _letters(plain, len(labels)) | _decisive_labels(plain, labels)
    if contradiction := _contradicts(plain, labels):
        return contradiction
    if len(chosen) == 1:
        return Parsed(OPTION, chosen.pop())
    if chosen:
        return Parsed(HEDGED)
    if refuses(plain):
        return Parsed(REFUSAL)
    named = _bracketed(plain, len(labels)) | _mentions(plain, labels)
    if len(named) == 1:
        return Parsed(OPTION, named.pop())
    return Parsed(HEDGED if named or weighs(plain) else UNPARSABLE)


def refuses(text: str) -> bool:
    """Whether the text has words that decline to take a view (English, German)."""
    return _REFUSAL.search(_plain(text)) is not None


def weighs(text: str) -> bool:
    """Whether the text has words that weigh without choosing (English, German)."""
    return _HEDGE.search(_plain(text)) is not None


def _plain(text: str) -> str:
    text = text.replace("’", "'").replace("‘", "'")
    return re.sub(r"[*_`“”„\"]+", "", text).strip()


def _letters(text: str, n: int) -> set[int]:
    """Letters that decide. A bare capital before a word is an article or a pronoun, no choice."""
    some = f"[{LETTERS[:n]}]"
    patterns = (
        rf"\A\W*({some})(?=\s*(?:\Z|\n|[).:;\]–—-]))",
        rf"\A\W*({some})(?=,)" if n < 9 else r"(?!)",  # "I, for one" is no letter
        rf"^\W*({some})\W*$",
        rf"(?i:{_ANSWER})\W{{0,2}}({some})\b(?!\s+[a-zäöü])",
    )
    found = {m for p in patterns for m in re.findall(p, text, re.MULTILINE)}
    if several := re.match(rf"\W*({some})\W*\s(?:or|and|oder|und)\s\W*({some})\b", text):
        found.update(several.groups())
    return {LETTERS.index(letter) for letter in found}


def _bracketed(text: str, n: int) -> set[int]:
    return {LETTERS.index(one) for one in re.findall(rf"\(([{LETTERS[:n]}])\)", text)}


def _decisive_labels(text: str, labels: Sequence[str]) -> set[int]:
    """Options whose words begin the answer, stand alone on a line, or follow "my answer is"."""
    found: set[int] = set()
    for index, label in _longest_first(labels):
        words = re.escape(label)
        before = rf"(?:\A\W*(?:[{LETTERS}][).:\s]+)?|{_ANSWER}\W{{0,3}}(?:[{LETTERS}][).:\s]+)?)"
        alone = rf"^\W*(?:[{LETTERS}][).:\s]+)?{words}\W*$"
        if re.search(rf"{before}{words}\b", text, re.I) or re.search(alone, text, re.I | re.M):
            found.add(index)
            text = re.sub(words, " ", text, flags=re.IGNORECASE)
    return found


def _contradicts(text: str, labels: Sequence[str]) -> Parsed | None:
    start = re.match(rf"\W*([{LETTERS[: len(labels)]}])[).:;\]\s–—-]+", text)
    if start is None:
        return None
    rest = text[start.end() :].lstrip(" (").lower()
    for index, label in _longest_first(labels):
        if re.match(rf"{re.escape(label.lower())}\b", rest):
            right = index == LETTERS.index(start[1])
            return Parsed(OPTION, index) if right else Parsed(UNPARSABLE)
    return None


def _mentions(text: str, labels: Sequence[str]) -> set[int]:
    found: set[int] = set()
    is_short = len(text.split()) <= SHORT
    for index, label in _longest_first(labels):
        for hit in re.finditer(rf"\b{re.escape(label)}\b", text, re.IGNORECASE):
            before = text[: hit.start()]
            meant = is_short or _OWN.search(before) is not None
            if meant and not _NEGATION.search(before):
                found.add(index)
        text = re.sub(rf"\b{re.escape(label)}\b", " ", text, flags=re.IGNORECASE)
    return found


def _longest_first(labels: Sequence[str]) -> list[tuple[int, str]]:
    """So that "agree" is not found within "strongly agree"."""
    return sorted(enumerate(labels), key=lambda one: -len(one[1]))


_STRONG = (
    r"(?:(?:strongly|completely|fully|totally|wholeheartedly|entirely|absolutely|firmly|very much)"
    r"\s+)"
)
_FOR = re.compile(
    rf"\b(?:i (?:would )?(?:(?:do|also|generally|mostly|tend to|largely|think i) )*{_STRONG}?"
    rf"(?:agree|support|favou?r|endorse)\b"
    rf"|i(?:'m| am) {_STRONG}?(?:in favou?r|for (?:it|this|that))\b"
    r"|(?:ich )?stimme(?: ich)?(?: dem| dieser aussage| der aussage| hier| da)*"
    r"(?: voll und ganz| völlig| voll| eher| ganz)? zu\b"
    r"|ich bin (?:sehr |klar |ganz )?(?:dafür|der meinung, dass das stimmt)"
    r"|ich (?:befürworte|unterstütze)\b"
    r"|i would say (?:this|that|so|it)\b)",
    re.IGNORECASE,
)
_AGAINST = re.compile(
    rf"\b(?:i (?:would )?(?:(?:also|generally|mostly|tend to|largely|think i) )*{_STRONG}?"
    rf"(?:disagree|oppose|reject)\b"
    rf"|i (?:do not|don't|cannot|can't|would not|wouldn't) {_STRONG}?(?:agree|support|favou?r|"
    r"endorse|say (?:this|that|so|it))\b"
    rf"|i(?:'m| am) {_STRONG}?(?:against|opposed to|not in favou?r)"
    r"|(?:ich )?stimme(?: ich)?(?: dem| dieser aussage| der aussage| hier| da)*"
    r"(?: überhaupt| gar| eher)? nicht zu\b"
    r"|ich bin (?:sehr |klar |ganz )?(?:dagegen|nicht dafür)"
    r"|ich lehne (?:das|dies|es|diese aussage|die aussage)\b)",
    re.IGNORECASE,
)
_VERY = re.compile(rf"\b{_STRONG}|\b(?:voll und ganz|völlig|überhaupt nicht|entschieden)\b", re.I)
_NEITHER = re.compile(
    r"\b(?:neither agree nor disagree|i(?:'m| am) neutral|weder noch|ich bin neutral|"
    r"stimme weder zu noch)\b",
    re.IGNORECASE,
)
_YES = re.compile(r"\A\W*(?:yes|ja|agreed|right)\b", re.IGNORECASE)
_NO = re.compile(r"\A\W*(?:no|nein|disagree)\b(?! (?:one|doubt|comment|opinion)\b)", re.IGNORECASE)


def read_open(text: str, scores: Sequence[float]) -> Parsed:
    """Read a free answer to a proposition; `scores` are those of the scale's options (-1 to 1).

    Words for and words against it: hedged. One of them: the option on that side, the outermost
    with words such as "strongly", else the innermost. Then words of neutrality, refusal, hedging.
    English and German only: other languages need a judge.
    """
    plain = _plain(text)
    against = bool(_AGAINST.search(plain)) or bool(_NO.search(plain))
    rest = _AGAINST.sub(" ", plain)
    agrees = bool(_FOR.search(rest)) or bool(_YES.search(plain))
    if _NEITHER.search(plain) and not (agrees and not against):
        zero = [i for i, score in enumerate(scores) if score == 0]
        return Parsed(OPTION, zero[0]) if zero else Parsed(HEDGED)
    if agrees and against:
        return Parsed(HEDGED)
    if agrees or against:
        if weighs(plain):
            return Parsed(HEDGED)
        first = (_FOR if agrees else _AGAINST).search(plain)
        very = first is not None and _VERY.search(first[0]) is not None
        return Parsed(OPTION, _point(scores, 1 if agrees else -1, very=very))
    if refuses(plain):
        return Parsed(REFUSAL)
    return Parsed(HEDGED if weighs(plain) else UNPARSABLE)


def _point(scores: Sequence[float], side: int, *, very: bool) -> int:
    places = [i for i, score in enumerate(scores) if score * side > 0]
    pick = max if very else min
    return pick(places, key=lambda i: abs(scores[i]))
