"""Seven features of an answer's form and phrases that might explain its score.

PRISM, appendix T.8 and its notebook 09 (arXiv 2404.16019). The phrases are a data file,
``phrases.json``, so that a study can be read with other ones.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from importlib import resources
from typing import TYPE_CHECKING, Literal

import msgspec

if TYPE_CHECKING:
    import polars as pl

FEATURES = (
    "text_length",
    "if_line_breaks",
    "if_question_marks",
    "if_enumeration",
    "if_deanthro",
    "if_refusal",
    "if_self_identification",
)
"""PRISM's names, in the order of its Table 27."""
LABELS = {
    "text_length": "Length",
    "if_line_breaks": "Line breaks",
    "if_question_marks": "Ends with a question mark",
    "if_enumeration": "List",
    "if_deanthro": "Says it is no person",
    "if_refusal": "Refuses",
    "if_self_identification": "Names its model or maker",
}
_APOSTROPHES = "['’‘ʼ`´]"
_QUESTION = "[?？؟;⸮]"
_SPEAKS = r"\b(?:i|i['’]m|my|me|myself)\b[^.!?\n]{0,80}?"


@dataclass(frozen=True, slots=True)
class Phrases:
    """Lists of phrases by what they do."""

    deanthro: tuple[str, ...]
    refusal: tuple[str, ...]
    providers: tuple[str, ...]
    models: tuple[str, ...]
    ordinary: tuple[str, ...]
    """Names among the last two that are words of the language too."""
    about: str = ""


def phrases() -> Phrases:
    """The phrases that come with the package."""
    text = resources.files(__package__).joinpath("phrases.json").read_bytes()
    return msgspec.json.decode(text, type=Phrases)


def features_of(
    texts: pl.Series,
    *,
    models: Sequence[str] = (),
    given: Phrases | None = None,
    compat: Literal["prism"] | None = None,
) -> pl.DataFrame:
    """Return a row per text with the columns `FEATURES`; length in characters, all others 0 or 1.

    A null is an empty text. `models`: short names of the models studied, whose first parts are
    looked for too. By default a phrase stands between word boundaries with whatever apostrophe and
    white space, outer white space does not count, a list may begin with the first character, and a
    name that is also a word ("command", "Meta"), or that only this study uses, counts where the
    sentence speaks of itself ("I am", "my") before it, or begins "As".

    `compat="prism"`: substrings anywhere ("metaphor" names Meta), straight apostrophes only, lists
    only after a line break, the text as it is.
    """
    lists = given or phrases()
    text = texts.fill_null("").cast(str)
    if compat is None:
        return _ours(text, lists, models)
    return _prism(text, lists, models)


def _ours(text: pl.Series, lists: Phrases, models: Sequence[str]) -> pl.DataFrame:
    bare = text.str.strip_chars()
    return _frame(
        text_length=text.str.len_chars(),
        if_line_breaks=bare.str.contains("\n", literal=True),
        if_question_marks=bare.str.contains(_QUESTION + r"""["'”’)\]*_]*$"""),
        if_enumeration=bare.str.contains(r"(?m)^[ \t]*(?:\d{1,2}[.)]|[-*•–])[ \t]+\S"),
        if_deanthro=bare.str.contains(_whole(lists.deanthro)),
        if_refusal=bare.str.contains(_whole(lists.refusal)),
        if_self_identification=bare.str.contains(_names(lists, models)),
    )


def _prism(text: pl.Series, lists: Phrases, models: Sequence[str]) -> pl.DataFrame:
    names = dict.fromkeys([*lists.providers, *lists.models, *map(_first_part, models)])
    return _frame(
        text_length=text.str.len_chars(),
        if_line_breaks=text.str.contains("\n", literal=True),
        if_question_marks=text.str.ends_with("?"),
        if_enumeration=text.str.contains(r"\n\d+\. |\n[-*] "),
        if_deanthro=text.str.contains(_anywhere(lists.deanthro)),
        if_refusal=text.str.contains(_anywhere(lists.refusal)),
        if_self_identification=text.str.contains(_anywhere(tuple(names))),
    )


def _frame(**columns: pl.Series) -> pl.DataFrame:
    import polars as pl

    return pl.DataFrame({name: columns[name].cast(pl.Int64) for name in FEATURES})


def _anywhere(listed: Sequence[str]) -> str:
    return "(?i)" + "|".join(re.escape(one).replace(r"\ ", " ") for one in listed if one)


def _whole(listed: Sequence[str]) -> str:
    return r"(?i)\b(?:" + "|".join(_flexible(one) for one in listed) + r")\b"


def _flexible(phrase: str) -> str:
    words = [re.escape(word).replace("'", _APOSTROPHES) for word in phrase.split()]
    return r"\s+".join(words)


def _names(lists: Phrases, models: Sequence[str]) -> str:
    """Names that only makers and models have, anywhere; all others where the text means itself."""
    ordinary = {name.lower() for name in lists.ordinary}
    known = [*lists.providers, *lists.models]
    plain = [name for name in known if name.lower() not in ordinary]
    parts = {part for part in map(_first_part, models) if len(part) > 2}
    others = [name for name in known if name.lower() in ordinary]
    others += sorted(parts - {name.lower() for name in known})
    alone = "|".join(_flexible(name) for name in plain)
    if not others:
        return rf"(?i)\b(?:{alone})\b"
    within = "|".join(_flexible(name) for name in others)
    return rf"(?i)\b(?:{alone})\b|{_SPEAKS}\b(?:{within})\b|\bas\s+(?:{within})\b"


def _first_part(model: str) -> str:
    return re.split(r"[-_\s/]", model, maxsplit=1)[0].lower()
