"""Every participant page is rendered from handmade contexts and held to UI.md's principles."""

from __future__ import annotations

import re
from collections import Counter
from dataclasses import replace
from html.parser import HTMLParser
from itertools import pairwise
from pathlib import Path

import pytest
from django.template.loader import render_to_string
from django.utils import translation
from tests.collect.page_samples import SAMPLES, WAITING, polls, slider
from tests.collect.pages_preview import render

from manyvoices.collect import settings
from manyvoices.collect.people.templatetags import scales

TEMPLATES = Path(settings.BASE_DIR) / "templates"
CSS = (Path(settings.BASE_DIR) / "static" / "css" / "base.css").read_text(encoding="utf-8")
OURS = [
    path
    for path in sorted(TEMPLATES.rglob("*.html"))
    if path.relative_to(TEMPLATES).parts[0] not in {"console", "admin", "registration"}
]


class Outline(HTMLParser):
    """The tags of a page with their attributes, and its visible words."""

    def __init__(self, html: str) -> None:
        super().__init__()
        self.tags: list[tuple[str, dict[str, str | None]]] = []
        self.feed(html)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append((tag, dict(attrs)))

    def all(self, tag: str) -> list[dict[str, str | None]]:
        return [attributes for name, attributes in self.tags if name == tag]

    def ids(self) -> Counter[str]:
        return Counter(a["id"] for _tag, a in self.tags if a.get("id"))


@pytest.fixture(scope="module")
def outlines() -> dict[str, Outline]:
    return {name: Outline(render(name)) for name in SAMPLES}


SEEN_IN_A_BROWSER = {"trees", "moderation", "community", "accounts"}
"""Rooms whose pages are opened on a real server, with axe: tests/e2e/test_tree_pages.py and
test_ranking_page.py, and test_browser.py of the rooms."""


def test_every_page_template_has_a_sample() -> None:
    pages = {
        path.relative_to(TEMPLATES).as_posix()
        for path in OURS
        if path.parent.name != "parts"
        and path.name not in {"base.html", "_progress.html", "_waiting.html"}
        and path.relative_to(TEMPLATES).parts[0] not in SEEN_IN_A_BROWSER
    }
    assert pages == {sample.template for sample in SAMPLES.values()}


def test_every_page_has_one_main_heading_and_a_title(outlines: dict[str, Outline]) -> None:
    for name, outline in outlines.items():
        assert len(outline.all("h1")) == 1, name
        assert len(outline.all("title")) == 1, name


def test_headings_leave_out_no_level(outlines: dict[str, Outline]) -> None:
    for name, outline in outlines.items():
        levels = [int(tag[1]) for tag, _a in outline.tags if re.fullmatch("h[1-6]", tag)]
        assert levels[0] == 1, name
        assert all(b - a <= 1 for a, b in pairwise(levels)), name


def test_every_reference_leads_to_one_element(outlines: dict[str, Outline]) -> None:
    for name, outline in outlines.items():
        ids = outline.ids()
        assert max(ids.values()) == 1, name
        for tag, attributes in outline.tags:
            for key in ("for", "form", "aria-labelledby", "aria-describedby"):
                for target in (attributes.get(key) or "").split():
                    assert target in ids, f"{name}: <{tag} {key}={target}>"
            href = attributes.get("href") or ""
            assert not href.startswith("#") or href[1:] in ids, f"{name}: {href}"


def test_every_control_has_a_name_to_be_called_by(outlines: dict[str, Outline]) -> None:
    for name, outline in outlines.items():
        labelled = {a["for"] for a in outline.all("label") if "for" in a}
        for tag in ("textarea", "select", "input"):
            for attributes in outline.all(tag):
                if attributes.get("type") in {"hidden", "checkbox", "radio"}:
                    continue
                assert "aria-labelledby" in attributes or attributes.get("id") in labelled, name


def test_nothing_inline_that_the_policy_would_block(outlines: dict[str, Outline]) -> None:
    for name, outline in outlines.items():
        assert outline.all("style") == [], name
        for script in outline.all("script"):
            assert (script.get("src") or "").startswith("/static/"), name
        for _tag, attributes in outline.tags:
            handlers = [key for key in attributes if key.startswith("on") or key == "style"]
            assert handlers == [], name


def test_every_form_is_protected_and_keeps_what_was_typed(outlines: dict[str, Outline]) -> None:
    for name, outline in outlines.items():
        tokens = [a for a in outline.all("input") if a.get("name") == "csrfmiddlewaretoken"]
        assert len(tokens) == len(outline.all("form")), name
        for form in outline.all("form"):
            assert form["method"] == "post", name
    for name in ("survey", "opening", "turn", "reply", "attributes", "feedback"):
        assert any("data-draft" in form for form in outlines[name].all("form")), name


def test_no_slider_shows_a_number_or_sends_a_default(outlines: dict[str, Outline]) -> None:
    ranges = [a for outline in outlines.values() for a in outline.all("input")
              if a.get("type") == "range"]  # fmt: skip
    assert len(ranges) > 30
    for attributes in ranges:
        assert "name" not in attributes
        assert not re.search(r"\d", attributes["aria-valuetext"] or "")
        if attributes["aria-valuetext"] == "not rated yet":
            assert "value" not in attributes
    assert all(outline.all("output") == [] for outline in outlines.values())


def test_right_to_left_turns_the_page_round(outlines: dict[str, Outline]) -> None:
    assert outlines["turn-arabic"].all("html") == [{"lang": "ar", "dir": "rtl"}]
    assert outlines["turn"].all("html") == [{"lang": "en", "dir": "ltr"}]


def test_errors_say_so_in_the_title() -> None:
    assert "<title>Please check: " in render("survey-errors")
    assert "<title>Please check: " not in render("survey")


def test_answers_of_models_bring_no_markup_of_their_own() -> None:
    html = render_to_string(
        "parts/letters.html",
        {"transcript": [replace(SAMPLES["reply"].page.transcript[0], prompt="<b>bold</b>")]},
    )
    assert "&lt;b&gt;bold&lt;/b&gt;" in html


def test_a_poll_brings_only_what_is_new() -> None:
    first, last = (
        Outline(render_to_string("conversations/_progress.html", {"page": page}))
        for page in polls()
    )
    assert [a["id"] for a in first.all("article")] == ["slot-1"]
    assert "hx-get" in first.all("div")[0]
    assert all("hx-swap-oob" in a for a in first.all("article"))
    # Parsed by a script, the content of <noscript> would be a second control of the same name.
    assert first.all("noscript") == first.all("select") == []
    assert "hx-get" not in last.all("div")[0]
    assert [a for a in last.all("div") if a.get("id") == "rate-actions"]


def test_the_number_of_answers_is_said_in_the_right_form() -> None:
    one = render_to_string(
        "parts/waiting.html", {"page": replace(WAITING, slots=WAITING.slots[:1])}
    )
    assert "1 of 1 answer is here." in one
    assert "2 of 4 answers are here." in render_to_string("parts/waiting.html", {"page": WAITING})


def test_the_refresh_without_javascript_ends_with_the_waiting() -> None:
    assert 'http-equiv="refresh"' in render("waiting")
    assert 'http-equiv="refresh"' not in render("turn")
    assert "htmx" not in render("turn")


@pytest.mark.parametrize("path", OURS, ids=lambda path: path.relative_to(TEMPLATES).as_posix())
def test_every_word_of_a_template_can_be_translated(path: Path) -> None:
    text = path.read_text(encoding="utf-8")
    for pattern in (
        r"{% comment %}.*?{% endcomment %}",
        r"{#.*?#}",
        r"{% block \w+_class %}.*?{% endblock %}",
        r"{% blocktranslate.*?{% endblocktranslate %}",
        r"{%.*?%}",
        r"{{.*?}}",
        r"<[^<>]*>",
        r"[\w-]+=\"[^\"]*\"",
    ):
        text = re.sub(pattern, "", text, flags=re.DOTALL)
    assert set(re.findall(r"[^\W\d_]{2,}", text)) <= {"manyvoices", "novalidate"}


@pytest.mark.parametrize(
    ("value", "words"),
    [
        (1, "all the way at Terrible"),
        (8, "very near Terrible"),
        (30, "between Terrible and Perfect, nearer Terrible"),
        (45, "between Terrible and Perfect, a little below the middle"),
        (50, "in the middle between Terrible and Perfect"),
        (55, "between Terrible and Perfect, a little above the middle"),
        (75, "between Terrible and Perfect, nearer Perfect"),
        (95, "very near Perfect"),
        (100, "all the way at Perfect"),
    ],
)
def test_a_place_on_the_scale_in_words(value: int, words: str) -> None:
    assert scales.in_words(slider("s", "S"), value) == words


def test_the_list_without_javascript_keeps_a_stored_value_to_the_unit() -> None:
    steps = scales.scale_steps(slider("s", "S", value=73))
    assert [step.value for step in steps if step.selected] == [73]
    assert len({step.words for step in steps}) == len(steps) == 9


def test_a_short_scale_offers_each_of_its_values_at_most_once() -> None:
    steps = scales.scale_steps(slider("s", "S", minimum=1, maximum=3))
    assert [step.value for step in steps] == [1, 2, 3]


def test_words_are_translated_when_they_are_said() -> None:
    with translation.override("ar"):
        assert len(scales.scale_words_json()) > 100


def luminance(colour: str) -> float:
    parts = [int(colour[i : i + 2], 16) / 255 for i in (1, 3, 5)]
    linear = [p / 12.92 if p <= 0.04045 else ((p + 0.055) / 1.055) ** 2.4 for p in parts]
    return 0.2126 * linear[0] + 0.7152 * linear[1] + 0.0722 * linear[2]


def contrast(one: str, other: str) -> float:
    """WCAG 2.2, definition of contrast ratio."""
    high, low = sorted((luminance(one), luminance(other)), reverse=True)
    return (high + 0.05) / (low + 0.05)


LIGHT, DARK = (
    dict(re.findall(r"--([\w-]+): (#[0-9a-f]{6});", block)) for block in CSS.split("@media")[:2]
)


@pytest.mark.parametrize("tokens", [LIGHT, DARK], ids=["light", "dark"])
@pytest.mark.parametrize(
    ("front", "back", "least"),
    [
        (front, back, 4.5)
        for front in ("ink", "soft", "accent", "accent-deep", "danger")
        for back in ("page", "ground")
    ]
    + [("edge", "page", 3.0), ("edge", "ground", 3.0)]
    + [("on-accent", "accent", 4.5), ("on-accent", "accent-deep", 4.5)],
)
def test_colours_have_enough_contrast(
    tokens: dict[str, str], front: str, back: str, least: float
) -> None:
    assert contrast(tokens[front], tokens[back]) >= least


def test_tokens_are_those_of_the_design() -> None:
    assert (LIGHT["ink"], LIGHT["page"], LIGHT["ground"]) == ("#1b1f24", "#ffffff", "#f5f6f4")
    assert (LIGHT["line"], LIGHT["accent"], LIGHT["danger"]) == ("#d5d8d3", "#0b6e63", "#a6341b")
    assert (DARK["ink"], DARK["page"], DARK["ground"]) == ("#e6e8e5", "#15181a", "#1d2124")
    assert (DARK["line"], DARK["accent"]) == ("#343a3e", "#5cc4b5")


def test_the_sheet_knows_no_left_and_right() -> None:
    sided = r"(?:margin|padding|border|inset)-(?:left|right)|\b(?:left|right|float)\s*:"
    assert re.findall(sided, CSS) == []


def test_the_list_of_errors_leads_to_the_fields() -> None:
    html = render("survey-errors")
    assert re.search(r'<a href="#q-country"[^>]*>Where do you live\?: Please answer', html)
    assert re.search(r'<a href="#score-1"[^>]*>Answer B: Please rate', render("turn-errors"))


def test_two_halves_of_a_sentence_stand_together_without_dots() -> None:
    assert scales.without_dots("The answer... ") == "The answer"
    assert scales.without_dots("… was short.") == "was short."
    assert scales.without_dots("...and so on") == "and so on"


def test_what_stands_above_the_lines_is_not_said_again_at_each() -> None:
    whole = "Please answer each line."
    base = SAMPLES["survey-errors"].page.questions[-2]
    question = replace(base, error=whole, items=[replace(i, error=whole) for i in base.items])
    html = render_to_string("parts/question.html", {"question": question})
    assert html.count(whole) == 1
    assert html.count("Not answered yet") == 3
