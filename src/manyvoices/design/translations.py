"""A study's texts in another language: the same study, the same ids and values, other words.

A study names one file per language that it has beside its first::

    languages: [en, es]
    translations: {es: translations/es.yaml}

The file says for each text of the study, word for word, what stands in its place. Either side may
be the name of a text file instead (``consent.md: translations/consent.es.md``). What it leaves out
stays in the first language. Nothing that is stored changes with the language: options, items and
questions are known by their values and ids, so that answers from all languages lie side by side.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from pydantic import BaseModel

from manyvoices.design.checks import Finding
from manyvoices.design.protocol import Study, StudyFile
from manyvoices.design.wording import did_you_mean

TEXT_FIELDS = frozenset(
    {
        "anchors", "description", "examples", "guidance", "guidelines", "help", "intro", "label",
        "label_high", "label_low", "labels", "opener", "other_label", "placeholder", "reason",
        "text", "title",
    }
)  # fmt: skip
"""Fields whose strings people read, wherever they stand but for what a model says of its own
(`Written.also_read`, `Written.not_read`)."""

_NOT_SHOWN = frozenset(
    {
        "models", "translations", "source_files", "digest", "id",
        # What is compared is the same for everybody: another wording would be another prompt.
        "prompts", "outputs", "assignment",
    }
)  # fmt: skip


def in_language(study: Study, language: str) -> Study:
    """`study` with its texts in `language`, as far as it has them; the same object where not."""
    words = study.translations.get(language)
    if not words:
        return study
    translated: Study = _model(study, words)
    return translated


def study_language(study: Study, wanted: str) -> str:
    """The study's own language for somebody who reads `wanted` (a BCP 47 tag).

    The same language if the study has it, else one that differs only in region or script, else
    the study's first.
    """
    lower = wanted.lower()
    exact = [name for name in study.languages if name.lower() == lower]
    near = [name for name in study.languages if _base(name) == _base(wanted)]
    return (exact or near or list(study.languages))[0]


def _base(language: str) -> str:
    return language.lower().partition("-")[0]


def texts(study: StudyFile) -> tuple[str, ...]:
    """Every text of `study` that people read, each once, in order."""
    return tuple(dict.fromkeys(text for text in _texts(study) if text.strip()))


def untranslated(study: Study, language: str) -> tuple[str, ...]:
    """The texts that `language` leaves in the study's first language."""
    if language == study.languages[0]:
        return ()
    words = study.translations.get(language, {})
    return tuple(text for text in texts(study) if not words.keys() & {text, text.strip()})


def check_translations(study: StudyFile) -> Iterator[Finding]:
    """Languages that the study does not name, and texts that are not the study's."""
    known = {form for text in _texts(study) for form in (text, text.strip())}
    for language, words in study.translations.items():
        loc = ("translations", language)
        if language not in study.languages[1:]:
            expected = "a language that `languages` names after the first"
            yield Finding(loc, f"texts in {language}", expected)
        for text in words:
            if text not in known and not _is_of_a_file(text, words, known):
                found = repr(text if len(text) <= 60 else text[:56] + "...")
                hint = did_you_mean(text, [t for t in known if len(t) < 200])
                yield Finding((*loc, text), found, "a text of the study, word for word", hint)


def _is_of_a_file(text: str, words: Mapping[str, str], known: set[str]) -> bool:
    """Whether `text` is a part of a named file, or a file that the study shows in parts."""
    of_another = any(text in other for other in words if other in known and other != text)
    in_parts = any(part in text for part in known & words.keys() if part != text)
    return of_another or in_parts


def _model(model: Any, words: Mapping[str, str]) -> Any:
    """A copy of a pydantic model with other words."""
    changed: dict[str, Any] = {}
    for name in type(model).model_fields:
        value = getattr(model, name)
        is_text = _is_text(type(model), name)
        if name not in _NOT_SHOWN and (new := _value(value, words, is_text=is_text)) is not value:
            changed[name] = new
    return model.model_copy(update=changed) if changed else model


def _is_text(model: Any, field: str) -> bool:
    """Whether people read the strings in a field of this class."""
    also, never = getattr(model, "also_read", ()), getattr(model, "not_read", ())
    return field in also or (field in TEXT_FIELDS and field not in never)


def _value(value: Any, words: Mapping[str, str], *, is_text: bool) -> Any:
    if isinstance(value, str):
        # YAML's block texts end with a line break that nobody writes into another file.
        return words.get(value, words.get(value.strip(), value)) if is_text else value
    if isinstance(value, BaseModel):
        return _model(value, words)
    if isinstance(value, tuple):
        parts = tuple(_value(part, words, is_text=is_text) for part in value)
        return parts if any(a is not b for a, b in zip(parts, value, strict=True)) else value
    if isinstance(value, dict):
        return {
            key: _named(key, _value(part, words, is_text=is_text), words)
            for key, part in value.items()
        }
    return value


def _named(key: object, part: Any, words: Mapping[str, str]) -> Any:
    """A conversation type that has no label is shown by its name."""
    if isinstance(part, BaseModel) and getattr(part, "label", None) == "" and key in words:
        return part.model_copy(update={"label": words[str(key)]})
    return part


def _texts(value: Any, *, is_text: bool = False) -> Iterator[str]:
    if isinstance(value, str):
        if is_text:
            yield value
    elif isinstance(value, BaseModel):
        for field in type(value).model_fields:
            if field not in _NOT_SHOWN:
                yield from _texts(getattr(value, field), is_text=_is_text(type(value), field))
    elif isinstance(value, tuple):
        for part in value:
            yield from _texts(part, is_text=is_text)
    elif isinstance(value, dict):
        for key, part in value.items():
            if getattr(part, "label", None) == "":
                yield str(key)
            yield from _texts(part, is_text=is_text)
