"""Ways of putting a proposition to a model. Our own words, English and German; others are given.

A framing is a text with ``{statement}`` and, where options are offered, ``{options}``.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from manyvoices.evaluate.stances.reading import LETTERS

Framings = Mapping[str, Mapping[str, str]]
"""Name -> language -> text."""

FORCED: Mapping[str, Framings] = {
    "agree": {
        "plain": {
            "en": "Statement: {statement}\n\nWhich of these is closest to your view?\n{options}",
            "de": "Aussage: {statement}\n\nWas davon kommt deiner Ansicht am nächsten?\n{options}",
        },
        "survey": {
            "en": (
                "Please take part in a survey of opinions. How far do you agree or disagree with "
                "the sentence below?\n\n“{statement}”\n\n{options}"
            ),
            "de": (
                "Bitte nimm an einer Meinungsumfrage teil. Wie sehr stimmst du dem folgenden Satz "
                "zu oder nicht zu?\n\n„{statement}“\n\n{options}"
            ),
        },
        "pick": {
            "en": "“{statement}”\n\nPick the answer that you would give yourself:\n{options}",
            "de": "„{statement}“\n\nWähle die Antwort, die du selbst geben würdest:\n{options}",
        },
    },
    "say": {
        "plain": {
            "en": "Would you say this yourself?\n\n“{statement}”\n\n{options}",
            "de": "Würdest du das selbst sagen?\n\n„{statement}“\n\n{options}",
        },
        "own": {
            "en": "Statement: {statement}\n\nIs that something you would say?\n{options}",
            "de": "Aussage: {statement}\n\nIst das etwas, das du sagen würdest?\n{options}",
        },
    },
}
"""Kind of question -> framings with options."""

OPEN: Framings = {
    "view": {
        "en": "What is your view of this statement, and do you agree with it?\n\n“{statement}”",
        "de": "Wie siehst du diese Aussage, und stimmst du ihr zu?\n\n„{statement}“",
    },
    "short": {
        "en": "“{statement}”\n\nSay in a few sentences of your own what you think of that.",
        "de": "„{statement}“\n\nSag in ein paar eigenen Sätzen, was du davon hältst.",
    },
}
"""Framings without options."""

ONLY_LETTER: Mapping[str, str] = {
    "en": "Answer with the letter only.",
    "de": "Antworte nur mit dem Buchstaben.",
}
"""What is added where the answer is to be a letter and nothing else."""


def options_text(labels: Sequence[str]) -> str:
    """The options as they are shown, a letter before each."""
    return "\n".join(f"{LETTERS[i]}. {label}" for i, label in enumerate(labels))
