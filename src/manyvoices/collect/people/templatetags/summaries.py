"""The list of what is still needed at the top of a page: which question, and what to do."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from django import template

register = template.Library()


@dataclass(frozen=True)
class ErrorLink:
    """One line of the list. `label` is empty where the page has a single thing to fill in."""

    target: str
    label: str
    message: str


@register.simple_tag
def error_links(page: Any) -> list[ErrorLink]:
    """`page.errors` (id of a control -> what to do) with the words of the question it belongs to.

    "Please answer this question" says nothing in a list of links that a screen reader reads out
    by itself.
    """
    errors: Mapping[str, str] = page.errors
    labels = dict(_labels(page))
    return [ErrorLink(key, labels.get(key, ""), message) for key, message in errors.items()]


def _labels(page: Any) -> Iterator[tuple[str, str]]:
    for question in getattr(page, "questions", ()):
        yield question.name, question.label
        for control in (*question.options, *question.items):
            yield control.input_id, question.label
    for slot in getattr(page, "slots", ()):
        if slot.slider is not None:
            yield slot.slider.input_id, slot.label
    for block in getattr(page, "blocks", ()):
        for item in block.items:
            yield item.input_id, item.label
