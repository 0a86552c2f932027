"""Whether a text is in the language it should be in: said only where it is plain."""

from __future__ import annotations

from manyvoices.curate.language import load_model
from manyvoices.curate.language_models import UNDETERMINED

SURE = 0.9
"""Probability from which a label is believed against what was asked for."""
LETTERS = 20
"""Shorter texts say too little ("OK", a name, a number)."""


def same_language(text: str, wanted: str | None) -> tuple[str | None, bool]:
    """The label of `text` (ISO 639, ``und``) and whether it passes as `wanted` (BCP 47).

    Without `wanted` nothing is looked at: (None, True). A text counts as another language only
    where it has `LETTERS` letters and the model of `manyvoices.curate.language` is `SURE`.
    """
    if wanted is None:
        return None, True
    if sum(map(str.isalpha, text)) < LETTERS:
        return UNDETERMINED, True
    guesses = load_model().guess([text])
    label, sure = guesses.labels[0], float(guesses.confidences[0])
    base = wanted.lower().partition("-")[0]
    return label, label in (base, UNDETERMINED) or sure < SURE
