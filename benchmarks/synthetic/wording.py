"""Texts for a synthetic release: nobody's words, of about the published lengths.

Sentences are drawn from small lists written here. A few are in other languages, a few hold made-up
addresses, a few come again word for word, so that every check has something to find.
"""

from __future__ import annotations

import math
import random

EMPTY = "EMPTY STRING"

_OPENINGS = (
    "I think that", "Could you explain why", "What would you say if", "My family believes that",
    "Is it fair when", "Tell me how", "Some people argue that", "I often wonder whether",
    "How can we make sure that", "Do you agree that", "Where I live", "In your view",
)  # fmt: skip
_SUBJECTS = (
    "public transport", "school lunches", "the minimum wage", "learning the piano", "old recipes",
    "marriage", "immigration", "a long winter", "religion in schools", "abortion laws",
    "gun control", "the climate", "early retirement", "video games", "night shifts", "neighbours",
    "two languages at home", "eating meat", "voting at sixteen", "working from home", "elections",
    "the war", "vaccines", "a garden on the roof", "loneliness", "money", "honesty", "robots",
)  # fmt: skip
_VERBS = (
    "should matter to all", "has changed a lot", "is harder than it looks", "makes people happy",
    "costs too much", "divides the country", "could be taught better", "deserves more respect",
    "is nobody's business", "brings people together", "needs clear rules", "frightens many",
)  # fmt: skip
_ENDS = (
    "these days", "in a small town", "when you are young", "for people like me", "after all",
    "without asking anyone", "on a Sunday", "if you look closely", "at the end of the month",
)  # fmt: skip

FOREIGN = {
    "es": (
        "No sé qué pensar de las leyes nuevas en mi país.",
        "¿Qué opinas del transporte público?",
    ),
    "fr": ("Je ne sais pas quoi penser des nouvelles lois.", "Que penses-tu des repas à l'école ?"),
    "de": ("Ich weiß nicht, was ich davon halten soll.", "Was denkst du über die neuen Gesetze?"),
    "it": ("Non so cosa pensare delle nuove leggi del mio paese.", "Che cosa pensi della scuola?"),
    "nl": ("Ik weet niet wat ik van de nieuwe wetten moet denken.", "Wat vind jij van de school?"),
    "pt": ("Não sei o que pensar das novas leis do meu país.", "O que você acha da escola?"),
    "pl": ("Nie wiem, co myśleć o nowych przepisach w moim kraju.", "Co sądzisz o szkole?"),
}
"""Language -> sentences written here."""

PERSONAL = (
    "You can write to me at sam.doe@example.org if you like.",
    "My number is +44 20 7946 0958, call after six.",
    "See https://www.example.org/notes?user=sam for the whole story.",
    "The card was 4111 1111 1111 1111, it is a test number.",
)
"""Sentences with made-up personal details, from ranges that belong to nobody."""


def length(rng: random.Random, mean: float, std: float, least: float, most: float) -> int:
    """A length in characters: log-normal with the published mean and standard deviation."""
    variance = math.log(1 + (std / mean) ** 2)
    drawn = rng.lognormvariate(math.log(mean) - variance / 2, math.sqrt(variance))
    return int(min(max(drawn, least), most))


def sentence(rng: random.Random) -> str:
    """One English sentence."""
    words = (rng.choice(_OPENINGS), rng.choice(_SUBJECTS), rng.choice(_VERBS), rng.choice(_ENDS))
    return " ".join(words) + rng.choice((".", "?", "."))


def text(rng: random.Random, n_chars: int) -> str:
    """English sentences, cut at a word near `n_chars` characters."""
    parts = [sentence(rng)]
    while sum(map(len, parts)) + len(parts) < n_chars:
        parts.append(sentence(rng))
    whole = " ".join(parts)
    if len(whole) <= n_chars:
        return whole
    cut = whole[: max(n_chars, 1)].rsplit(" ", 1)[0]
    return cut if len(cut) > 1 else whole[: max(n_chars, 2)].strip()


def foreign(rng: random.Random) -> tuple[str, str]:
    """A sentence of another language, and which."""
    language = rng.choice(sorted(FOREIGN))
    return rng.choice(FOREIGN[language]), language


def personal(rng: random.Random) -> str:
    """An English sentence followed by one with made-up personal details."""
    return f"{sentence(rng)} {rng.choice(PERSONAL)}"
