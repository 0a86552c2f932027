"""Whether a text's language is one of those that were asked for."""

from __future__ import annotations

from collections.abc import Iterable


def wanted(language: str, languages: Iterable[str]) -> bool:
    """Whether `language` is one of `languages`, or a variety of one: ``en`` takes ``en-GB``.

    Nothing asked takes everything; otherwise a text without a language is not taken.
    """
    asked = [name.casefold() for name in languages]
    tag = language.casefold().replace("_", "-")
    return not asked or any(tag == name or tag.startswith(f"{name}-") for name in asked)
