"""The ranking page from handmade contexts keeps to what every page of ours keeps to."""

from __future__ import annotations

import re
from collections import Counter
from itertools import pairwise

import pytest
from django.contrib.auth.models import AnonymousUser
from django.template.loader import render_to_string
from django.test import RequestFactory
from django.utils import translation
from tests.collect.ranking_samples import RANK_PAGES
from tests.collect.trees.growing import people

from manyvoices.collect.studies.models import StudyVersion


@pytest.fixture(params=RANK_PAGES)
def rendered(request: pytest.FixtureRequest, orchard: StudyVersion) -> str:
    asked = RequestFactory().get("/")
    asked.user = AnonymousUser()
    page = RANK_PAGES[request.param]
    (person,) = people(orchard, 1)
    context = {
        "page": page,
        "study": orchard.study,
        "study_title": orchard.study.title,
        "participant": person,
    }
    with translation.override(page.frame.lang):
        return render_to_string("trees/rank.html", context, request=asked)


def test_ids_are_unique_and_every_reference_leads_to_one(rendered: str) -> None:
    ids = Counter(re.findall(r'\sid="([^"]+)"', rendered))
    assert max(ids.values()) == 1
    for names in re.findall(r'(?:for|aria-labelledby|aria-describedby)="([^"]+)"', rendered):
        assert set(names.split()) <= set(ids), names
    for name in re.findall(r'href="#([^"]+)"', rendered):
        assert name in ids


def test_headings_leave_out_no_level(rendered: str) -> None:
    levels = [int(level) for level in re.findall(r"<h([1-6])", rendered)]
    assert levels[0] == 1
    assert levels.count(1) == 1
    assert all(b - a <= 1 for a, b in pairwise(levels))


def test_nothing_inline_that_the_policy_would_block(rendered: str) -> None:
    assert "<style" not in rendered
    assert not re.search(r"\s(?:style|on\w+)=\"", rendered)
    assert re.findall(r"<script(?![^>]*src=\"/static/)[^>]*>", rendered) == []


def test_no_place_is_suggested(rendered: str) -> None:
    assert not re.search(r'<option value="\d" selected', rendered)
