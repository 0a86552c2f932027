"""Scales in words, since nobody is shown a number; and authors' Markdown as safe HTML.

The same nine wordings serve the screen reader's text of a slider, the slider's script (which gets
them as JSON) and the list that stands in for the slider where there is no JavaScript.
"""

from __future__ import annotations

import json
from dataclasses import dataclass
from functools import lru_cache

from django import template
from django.template.loader import get_template
from django.utils.functional import Promise
from django.utils.html import format_html_join
from django.utils.safestring import SafeString, mark_safe
from django.utils.translation import get_language, gettext_lazy
from django.utils.translation import gettext as _

from manyvoices.collect.people.contexts import SliderView
from manyvoices.collect.texts import study_html

register = template.Library()

WORDS: tuple[str | Promise, ...] = (
    gettext_lazy("all the way at {low}"),
    gettext_lazy("very near {low}"),
    gettext_lazy("between {low} and {high}, nearer {low}"),
    gettext_lazy("between {low} and {high}, a little below the middle"),
    gettext_lazy("in the middle between {low} and {high}"),
    gettext_lazy("between {low} and {high}, a little above the middle"),
    gettext_lazy("between {low} and {high}, nearer {high}"),
    gettext_lazy("very near {high}"),
    gettext_lazy("all the way at {high}"),
)
"""From one end to the other. js/slider.js draws the borders between them as `level` does."""


@dataclass(frozen=True)
class Step:
    """One line of the list that stands in for a slider."""

    value: int
    words: str
    selected: bool


def level(share: float) -> int:
    """The index in `WORDS` for a place on the scale, `share` from 0 (low end) to 1 (high end)."""
    if share <= 0:
        return 0
    if share >= 1:
        return 8
    if abs(share - 0.5) <= 0.03:
        return 4
    borders = (0.18, 0.36, 0.5, 0.64, 0.82)
    return (1, 2, 3, 5, 6, 7)[sum(share > border for border in borders)]


def _level_of(slider: SliderView, value: int) -> int:
    return level((value - slider.minimum) / (slider.maximum - slider.minimum))


def in_words(slider: SliderView, value: int) -> str:
    """Where `value` stands between the two end words."""
    return _fill(WORDS[_level_of(slider, value)], slider)


def _fill(words: str | Promise, slider: SliderView) -> str:
    return str(words).replace("{low}", slider.low).replace("{high}", slider.high)


@register.simple_tag
def scale_position(slider: SliderView) -> str:
    """What a screen reader says of the slider."""
    if slider.na_checked:
        return _("does not apply")
    return _("not rated yet") if slider.value is None else in_words(slider, slider.value)


def scale_steps(slider: SliderView) -> list[Step]:
    """Nine places from end to end; a value that is stored already is kept to the unit."""
    span = slider.maximum - slider.minimum
    values = {slider.minimum + round(span * step / 8) for step in range(9)}
    if slider.value is not None:
        words_now = _level_of(slider, slider.value)
        values = {v for v in values if _level_of(slider, v) != words_now} | {slider.value}
    return [Step(v, in_words(slider, v), selected=v == slider.value) for v in sorted(values)]


@register.simple_tag
def scale_options(slider: SliderView) -> SafeString:
    """`scale_steps` as options of a list. A page of sliders has one list many times."""
    ends = (slider.low, slider.high, slider.minimum, slider.maximum)
    return _options(get_language(), *ends, slider.value)


@lru_cache(maxsize=1024)
def _options(
    _language: str | None, low: str, high: str, minimum: int, maximum: int, value: int | None
) -> SafeString:
    ends = SliderView("", "", low, high, minimum, maximum, "", value)
    return format_html_join(
        "",
        '<option value="{}"{}>{}</option>',
        (
            (step.value, mark_safe(" selected") if step.selected else "", step.words)
            for step in scale_steps(ends)
        ),
    )


@register.simple_tag
def vas(
    slider: SliderView,
    *,
    opener: str = "",
    labelledby: str = "",
    whole_error: str | None = "",
    fallback: bool | str = True,
) -> SafeString:
    """One scale by ``parts/slider.html``, which says what each of these is.

    A page has up to fourteen, and untouched ones are alike for everybody: they are remembered.
    """
    is_own = slider.trace or slider.text_value
    render = _scale if is_own else _scale_once
    return render(
        get_language(), slider, opener or "", labelledby, whole_error or "", fallback is not False
    )


def _scale(
    _language: str | None,
    slider: SliderView,
    opener: str,
    labelledby: str,
    whole_error: str,
    fallback: bool,
) -> SafeString:
    known = {"slider": slider, "opener": opener, "labelledby": labelledby}
    more = {"whole_error": whole_error, "fallback": fallback}
    return mark_safe(get_template("parts/slider.html").render(known | more))  # noqa: S308


_scale_once = lru_cache(maxsize=2048)(_scale)


@register.simple_tag
def scale_words_json() -> str:
    """The wordings for js/slider.js."""
    return json.dumps([str(words) for words in WORDS], ensure_ascii=False)


@register.filter
def without_dots(part: str) -> str:
    """Half a sentence without the dots that point to its other half: the two stand together."""
    return part.strip().removeprefix("...").removesuffix("...").strip("… ")


@register.filter
def study_text(text: str) -> SafeString:
    """Markdown of the study's authors, sanitised."""
    return mark_safe(study_html(text))  # noqa: S308
