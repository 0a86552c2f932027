"""Adjectives and the words around them (PRISM, tables 15, 17 and 19).

PRISM used NLTK's tagger, whose model is a download. The tagger here is TextBlob's ``PatternTagger``
(MIT): Brill's rules with a lexicon of 94,000 English words that stand in its wheel, with the same
tags of the Penn Treebank. It is optional: ``pip install 'manyvoices[words]'``.
"""

from __future__ import annotations

import random
import re
from collections import Counter, defaultdict
from collections.abc import Callable, Sequence
from dataclasses import dataclass

from manyvoices.analyse.language_use.texts import Texts
from manyvoices.analyse.language_use.tokens import words
from manyvoices.analyse.people.intervals import wilson
from manyvoices.schema.errors import MissingExtraError

FILLERS = frozenset(
    "able certain else first last least less many more most much other own same several such sure"
    " various whole ai".split()
)
"""Words that are tagged as adjectives and describe nothing (PRISM's footnote 22 has some)."""
WINDOW = 5
"""Tokens on either side of an adjective in a snippet."""
N_SNIPPETS = 3
_TOKEN = re.compile(r"\w+(?:['’\-]\w+)*|[^\w\s]")
_FEW_LETTERS = 2

Tagger = Callable[[Sequence[str]], list[str]]
"""Tokens of a text -> their tags of the Penn Treebank."""


@dataclass(frozen=True, slots=True)
class Snippet:
    """A window around one use."""

    before: str
    word: str
    after: str


@dataclass(frozen=True, slots=True)
class Adjective:
    """One adjective in one kind of text."""

    word: str
    n_uses: int
    n_people: int
    of_people: int
    low: float
    """Interval of the share of people who use it (Wilson)."""
    high: float
    most_by_one: int
    snippets: tuple[Snippet, ...]
    """Of different people where possible; drawn at random, never from a flagged text."""

    @property
    def share(self) -> float:
        """Of people, 0 to 1."""
        return self.n_people / self.of_people


def pattern_tagger() -> Tagger:
    """TextBlob's tagger on ready tokens.

    Raises:
        MissingExtraError: TextBlob is not installed.
    """
    try:
        from textblob.en.taggers import PatternTagger
    except ImportError:
        raise MissingExtraError("finding adjectives", "words") from None
    tagger = PatternTagger()

    def tag(tokens: Sequence[str]) -> list[str]:
        # A slash would part a token from its tag inside the tagger.
        plain = " ".join(token.replace("/", "|").replace("’", "'") for token in tokens)
        found: list[tuple[str, str]] = tagger.tag(plain, tokenize=False)
        return [tag for _, tag in found]

    return tag


def adjectives(
    texts: Texts, tag: Tagger, *, k: int = 20, seed: int = 0, level: float = 0.95
) -> tuple[Adjective, ...]:
    """The `k` adjectives that most people use, by people, then uses, then name.

    Words of the question itself are left out, as in PRISM. The tagger is for English: words of
    other languages it takes for nouns.
    """
    without = FILLERS | set(words(texts.question))
    uses: dict[str, Counter[int]] = defaultdict(Counter)
    places: dict[str, list[tuple[int, int]]] = defaultdict(list)
    tokens_of = {}
    for i, text in enumerate(texts.texts):
        tokens = _TOKEN.findall(text)
        tags = tag(tokens)
        if len(tags) != len(tokens):
            continue
        tokens_of[i] = tokens
        for place, (token, kind) in enumerate(zip(tokens, tags, strict=True)):
            word = token.casefold()
            if kind.startswith("JJ") and len(word) > _FEW_LETTERS and word not in without:
                uses[word][int(texts.people[i])] += 1
                if texts.quotable[i]:
                    places[word].append((i, place))
    of = len({int(person) for person in texts.people})
    ranked = sorted(uses, key=lambda word: (-len(uses[word]), -uses[word].total(), word))[:k]
    rng = random.Random(seed)
    return tuple(
        Adjective(
            word,
            uses[word].total(),
            len(uses[word]),
            of,
            *wilson(len(uses[word]), of, level),
            max(uses[word].values()),
            _snippets(places[word], tokens_of, texts, rng),
        )
        for word in ranked
    )


def _snippets(
    places: list[tuple[int, int]],
    tokens_of: dict[int, list[str]],
    texts: Texts,
    rng: random.Random,
) -> tuple[Snippet, ...]:
    """One per person first, in an order drawn by lot."""
    drawn = rng.sample(places, len(places))
    people: set[int] = set()
    first: list[tuple[int, int]] = []
    later: list[tuple[int, int]] = []
    for place in drawn:
        person = int(texts.people[place[0]])
        (later if person in people else first).append(place)
        people.add(person)
    return tuple(_window(tokens_of[i], at) for i, at in (first + later)[:N_SNIPPETS])


def _window(tokens: Sequence[str], at: int) -> Snippet:
    return Snippet(
        before=" ".join(tokens[max(0, at - WINDOW) : at]),
        word=tokens[at],
        after=" ".join(tokens[at + 1 : at + 1 + WINDOW]),
    )
