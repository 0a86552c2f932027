"""How bots compare: by taste with an error, at a planted win rate, and what the page offers."""

from __future__ import annotations

import random
from collections import Counter
from typing import Any

import pytest

from manyvoices.collect.rehearsal import expect, make_plan
from manyvoices.collect.rehearsal.comparing import (
    NoSuchWinRate,
    Offered,
    expected_win_rate,
    judge,
    known_texts,
)
from manyvoices.collect.rehearsal.filling import Memory, fill
from manyvoices.collect.rehearsal.reading import read_html
from manyvoices.collect.rehearsal.taste import EVERYONE, Taste
from manyvoices.design import Study, read_study

STUDY = """\
manyvoices: 1
id: pairs
title: Pairs
stages:
  - consent: {text: You agree.}
  - comparisons: {source: outputs, prompts: prompts.yaml, outputs: outputs.yaml%s}
"""
PROMPTS = '[{id: p0, text: "Hello?"}, {id: p1, text: "Why?"}]'
OUTPUTS = """\
- {prompt: p0, model: ours, text: "Hello **there**, dear friend.\\n\\n1. One\\n2. Two"}
- {prompt: p0, model: theirs, text: "Hi."}
- {prompt: p1, model: ours, text: "Because."}
- {prompt: p1, model: theirs, text: "That is how it is, and nobody knows why."}
"""


def study(more: str = "") -> Study:
    files = {"study.yaml": STUDY % more, "prompts.yaml": PROMPTS, "outputs.yaml": OUTPUTS}
    return read_study(files)


def share_won(
    texts: list[str], taste: Taste, offered: Offered, n: int = 4000, **more: Any
) -> float:
    rng = random.Random(1)
    score = 0.0
    for _ in range(n):
        said = judge(texts, taste, offered, rng, **more)
        score += 0.5 if said == "tie" else float(said[0] == [0])
    return score / n


def test_verdicts_come_to_the_win_rate_that_the_tastes_imply() -> None:
    texts = ["Thank you so much for asking! " * 12, "No."]
    gap = EVERYONE.utility(texts[0]) - EVERYONE.utility(texts[1])
    for ties in (True, False):
        found = share_won(texts, EVERYONE, Offered(tie=ties))
        assert found == pytest.approx(expected_win_rate(gap, ties=ties), abs=0.025)


def test_a_planted_win_rate_holds_whatever_the_texts_are_like_and_whoever_stands_left() -> None:
    known = known_texts(study(", baseline: theirs"), {"ours": 0.483})
    left = "Hello there, dear friend. 1. One 2. Two"  # as a page shows it
    for ties in (True, False):
        offered = Offered(tie=ties)
        ours_first = share_won([left, "Hi."], EVERYONE, offered, 20_000, known=known)
        ours_second = share_won(["Hi.", left], EVERYONE, offered, 20_000, known=known)
        assert ours_first == pytest.approx(0.483, abs=0.012)
        assert 1 - ours_second == pytest.approx(0.483, abs=0.012)


def test_texts_that_the_study_does_not_hold_are_judged_by_taste() -> None:
    known = known_texts(study(", baseline: theirs"), {"ours": 0.0})
    texts = ["Thank you so much for asking! " * 12, "No."]
    assert share_won(texts, EVERYONE, Offered(tie=True), known=known) > 0.9


@pytest.mark.parametrize(
    ("more", "wanted", "said"),
    [
        (", baseline: theirs", {"theirs": 0.5}, None),
        ("", {"ours": 0.5}, None),
        (", baseline: theirs", {"nobody": 0.5}, "no stored output is by nobody"),
        (", baseline: theirs", {"ours": 1.5}, "expected 0 to 1"),
    ],
)
def test_a_win_rate_needs_a_model_of_the_study_and_one_to_hold_it_against(
    more: str, wanted: dict[str, float], said: str | None
) -> None:
    if said is None:
        assert known_texts(study(more), wanted).rates
        return
    with pytest.raises(NoSuchWinRate, match=said):
        make_plan(study(more), participants=1, win_rates=wanted)


def test_what_is_planted_says_the_win_rate_of_each_pair() -> None:
    by_taste = expect(make_plan(study(), participants=4)).win_rates
    as_such = expect(make_plan(study(), participants=4, win_rates={"theirs": 0.4})).win_rates
    assert [(one.model, one.against) for one in by_taste] == [("ours", "theirs")]
    assert 0 < by_taste[0].everyone < 1
    assert [(one.model, one.everyone, one.as_such) for one in as_such] == [("theirs", 0.4, True)]


PAIR = """
<div class="sides"><article class="side"><div class="answer"><p>Thank you so much! {warm}</p></div>
</article><article class="side"><div class="answer"><p>No.</p></div></article></div>
<form method="post" id="verdict-form"><input type="hidden" name="action" value="judge">
<fieldset><legend class="question-label">Which?</legend>
<input type="radio" name="verdict" value="0"><input type="radio" name="verdict" value="1">
<input type="radio" name="verdict" value="tie"></fieldset>
<legend class="question-label">Why? <span class="optional">(optional)</span></legend>
<input type="checkbox" name="reason" value="clear"><button type="submit">Save</button></form>
"""


def test_a_bot_reads_both_sides_from_the_page_and_ticks_the_one_it_prefers() -> None:
    page = read_html(PAIR.format(warm="I am glad that you ask, dear friend. " * 10))
    assert [len(side) for side in page.sides] == [2]
    form = page.form("judge")
    assert form is not None
    ticked = Counter(
        dict(fill(form, page, "/compare/2/1/", Memory(bot)))["verdict"]
        for bot in make_plan(study(), participants=60).bots
    )
    assert ticked["0"] > 50


def card(place: int, text: str) -> str:
    options = "".join(f'<option value="{n}">{n}</option>' for n in (1, 2, 3))
    return (
        f'<li class="rank-card"><div class="answer"><p>{text}</p></div>'
        f'<select name="place-{place}"><option value=""></option>{options}</select></li>'
    )


@pytest.mark.parametrize("no_ties", ["", " data-no-ties"])
def test_three_answers_are_put_in_an_order_of_their_own(no_ties: str) -> None:
    texts = ["No.", "Thank you so much, dear friend! " * 12, "No."]
    cards = "".join(card(place, text) for place, text in enumerate(texts))
    page = read_html(
        f'<form method="post"><input type="hidden" name="action" value="judge">'
        f'<input type="hidden" name="moved" value=""><ol class="rank-cards"{no_ties}>{cards}</ol>'
        f'<button type="submit">Save</button></form>'
    )
    form = page.form("judge")
    assert form is not None
    for bot in make_plan(study(), participants=30).bots:
        filled = dict(fill(form, page, "/compare/2/1/", Memory(bot)))
        places = [int(filled[f"place-{n}"]) for n in range(3)]
        assert filled["moved"] == "1"
        assert places[1] == 1
        assert not no_ties or len(set(places)) == 3


def test_the_choice_of_language_is_no_form_of_the_page() -> None:
    page = read_html(
        '<form class="languages" method="post"><button name="language" value="de">Deutsch</button>'
        '</form><a class="button primary" href="/s/x/next/">Go on</a>'
    )
    assert page.forms == []
    assert page.way_on == "/s/x/next/"
