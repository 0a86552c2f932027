"""Saying that every answer is bad takes two steps, without any script."""

from __future__ import annotations

from types import SimpleNamespace

import pytest
from django.template.loader import render_to_string


@pytest.mark.parametrize("then", ["end", "go_on"])
def test_the_button_lies_behind_a_step_of_its_own(then: str) -> None:
    page = SimpleNamespace(all_bad=then, is_waiting=False, none_answered=False)
    html = render_to_string("parts/rate_actions.html", {"page": page})
    before, _opened, inside = html.partition("<details")
    assert 'value="all_bad"' not in before
    assert "open" not in inside.split(">")[0]
    inside = inside.split("</details>")[0]
    assert "All answers are bad</summary>" in inside
    assert inside.index("none is kept") < inside.index('value="all_bad"')
    assert "Yes, keep none of them</button>" in inside


def test_there_is_no_such_step_where_the_study_does_not_offer_it() -> None:
    page = SimpleNamespace(all_bad="", is_waiting=False, none_answered=False)
    assert "<details" not in render_to_string("parts/rate_actions.html", {"page": page})
