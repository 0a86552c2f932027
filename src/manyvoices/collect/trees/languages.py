"""Names and directions of data languages; which the interface is in is another matter."""

from __future__ import annotations

import unicodedata
from collections.abc import Iterable
from datetime import datetime

from django.conf.locale import LANG_INFO
from django.utils.translation import get_language_info

from manyvoices.collect.contributors.models import Contributor
from manyvoices.collect.people.models import Participant

_RTL = frozenset({"ar", "arc", "ckb", "dv", "fa", "ff-adlm", "he", "ks", "nqo", "ps", "sd", "syr"})
_RTL_MORE = frozenset({"ug", "ur", "yi", "pnb", "arz", "azb", "mzn", "glk", "lrc"})
_RTL_SCRIPTS = frozenset({"arab", "hebr", "thaa", "syrc", "nkoo", "adlm"})
_USUAL = {"zh": "zh-hans", "no": "nb"}
"""Where Django knows a language by a longer tag only."""
ENOUGH = 400
"""Characters that tell in which direction a text runs."""
FEW, HALF = 0.2, 0.5
"""Shares of letters from right to left above which a text is taken to run that way."""


def direction(language: str) -> str:
    """``rtl`` or ``ltr``, by a BCP 47 tag; a script in the tag decides over the language."""
    first, *rest = language.lower().replace("_", "-").split("-")
    script = next((part for part in rest if len(part) == 4), "")
    if script:
        return "rtl" if script in _RTL_SCRIPTS else "ltr"
    return "rtl" if first in _RTL or first in _RTL_MORE else "ltr"


def text_direction(text: str, language: str) -> str:
    """In which direction a text runs; its language's where it has no letters.

    ``dir="auto"`` looks at the first letter only, so that an Arabic text that begins with the name
    of a program would stand the wrong way round. In a language written from right to left, some
    letters of it are enough: texts about programs hold a lot of Latin.
    """
    kinds = [unicodedata.bidirectional(character) for character in text[:ENOUGH]]
    n_right = sum(kind in {"R", "AL"} for kind in kinds)
    n_left = sum(kind == "L" for kind in kinds)
    if not n_right + n_left:
        return direction(language)
    enough = FEW if direction(language) == "rtl" else HALF
    return "rtl" if n_right > enough * (n_right + n_left) else "ltr"


def language_name(language: str) -> str:
    """A language's name in itself; its tag where Django knows no name."""
    first = language.lower().partition("-")[0]
    for tag in (language.lower(), first, _USUAL.get(first, "")):
        if "name_local" in LANG_INFO.get(tag, {}):
            name = str(get_language_info(tag)["name_local"])
            return name[:1].upper() + name[1:]
    return language


def languages_for(participant: Participant, offered: Iterable[str]) -> tuple[str, ...]:
    """The data languages in which somebody wants tasks, in the project's order.

    Nothing chosen yet: the project's only one, or the one that they read the pages in.
    """
    offered = tuple(offered)
    row = Contributor.objects.filter(participant=participant).first()
    chosen = tuple(tag for tag in offered if row is not None and tag in row.languages)
    if chosen or len(offered) == 1:
        return chosen or offered
    own = participant.language.partition("-")[0]
    return tuple(tag for tag in offered if tag.partition("-")[0] == own)


def choose_languages(
    *, participant: Participant, languages: Iterable[str], now: datetime
) -> Contributor:
    """Remember in which languages somebody wants tasks."""
    row, _created = Contributor.objects.update_or_create(
        participant=participant,
        defaults={"languages": sorted(set(languages)), "changed_at": now},
    )
    return row
