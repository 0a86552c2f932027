"""Texts of models and people become safe HTML, and never markup of ours."""

from __future__ import annotations

import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from manyvoices.collect.texts import answer_html, study_html

ATTACKS = [
    "<script>alert(1)</script>",
    "<img src=x onerror=alert(1)>",
    "![x](https://evil.example/pixel.png)",
    "[click](javascript:alert(1))",
    "[click](https://evil.example)",
    "<a href='https://evil.example'>x</a>",
    "<iframe src=//evil.example></iframe>",
    "<style>body{display:none}</style>",
    "<form action=//evil.example><input name=q></form>",
    "<svg/onload=alert(1)>",
    "<base href=//evil.example>",
    "# A heading that would tear the outline apart",
    "<meta http-equiv=refresh content=0;url=//evil.example>",
    "`<b>` and **bold <u>mixed</u>**",
    "<https://evil.example>",
]
ALLOWED_IN_ANSWERS = set(
    "p br hr em strong del code pre blockquote ul ol li table thead tbody tr th td".split()
)


def _tags(html: str) -> set[str]:
    return set(re.findall(r"</?([a-zA-Z0-9]+)", html))


@pytest.mark.parametrize("text", ATTACKS)
def test_an_answer_never_brings_links_images_scripts_or_headings(text: str) -> None:
    html = answer_html(text)
    assert _tags(html) <= ALLOWED_IN_ANSWERS
    assert not re.search(r"<[^>]+\s(?!start=)\w+=", html)


@given(st.text())
def test_whatever_a_model_writes_only_allowed_tags_come_out(text: str) -> None:
    assert _tags(answer_html(text)) <= ALLOWED_IN_ANSWERS


def test_the_line_breaks_of_an_answer_are_kept_and_those_of_a_study_file_are_spaces() -> None:
    assert "<br" in answer_html("one\ntwo")
    assert "<br" not in study_html("one\ntwo")


def test_a_study_may_link_but_not_to_a_script() -> None:
    assert 'href="https://ethics.example"' in study_html("[board](https://ethics.example)")
    assert "href" not in study_html("[x](javascript:alert(1))")


def test_lists_code_and_tables_of_an_answer_are_shown_as_such() -> None:
    html = answer_html("3. three\n4. four\n\n`x`\n\n|a|b|\n|-|-|\n|1|2|")
    assert {"ol", "li", "code", "table", "td"} <= _tags(html)
    assert '<ol start="3">' in html


def test_the_title_of_a_study_text_stands_below_the_title_of_the_page() -> None:
    assert study_html("# Before you begin\n\n## Why").count("<h2>Before") == 1
    assert "<h3>Why" in study_html("# Before you begin\n\n## Why")
    assert "<h2>Why" in study_html("## Why")
