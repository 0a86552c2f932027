"""The page: self-contained, escaped, honest about what is simulated and what is missing."""

from __future__ import annotations

import re
from dataclasses import replace
from pathlib import Path

import pytest
from tests.analyse.releases import WORDS, Plan, make_records
from tests.report.pages import Page, analysed, reported

from manyvoices.analyse.study_report import ReleaseAnalysis
from manyvoices.analyse.table import Source
from manyvoices.report import Report

NASTY = '<script>alert("x")</script> & $\\frac{1}{2}$ "quoted"'


def test_the_same_release_gives_the_same_bytes(report: Report) -> None:
    again = reported(analysed(Plan(n_people=80, n_turns=3)))
    assert again.html == report.html
    assert again.pictures == report.pictures


def test_the_page_loads_nothing_from_outside(page: Page) -> None:
    for tag, attributes in page.elements:
        assert tag not in ("script", "link", "iframe", "img", "object", "embed", "base", "form")
        for name in ("src", "srcset", "data", "action", "poster", "background"):
            assert name not in attributes, (tag, attributes)
        for name in ("href", "xlink:href"):
            link = attributes.get(name) or "#"
            assert link.startswith("#") or tag == "a", (tag, link)
        assert not any(name.startswith("on") for name in attributes)
        styles = page.styles + (attributes.get("style") or "")
        assert "@import" not in styles
        assert all(target.startswith("#") for target in re.findall(r"url\(([^)]+)\)", styles))


def test_a_policy_allows_the_page_nothing_but_its_own_styles_and_pictures(page: Page) -> None:
    policies = [a["content"] for a in page.tags("meta") if a.get("http-equiv")]
    assert [str(policy).split("; ")[:3] for policy in policies] == [
        ["default-src 'none'", "style-src 'unsafe-inline'", "img-src data:"]
    ]


def test_ids_are_unique_and_links_within_the_page_lead_somewhere(page: Page) -> None:
    ids = [attributes["id"] for _, attributes in page.elements if "id" in attributes]
    assert len(ids) == len(set(ids))
    for tag, attributes in page.elements:
        for name in ("href", "xlink:href"):
            link = attributes.get(name) or ""
            if link.startswith("#"):
                assert link[1:] in ids, (tag, link)
        for target in re.findall(r"url\(#([^)]+)\)", attributes.get("clip-path") or ""):
            assert target in ids


def test_every_figure_has_words_for_those_who_cannot_see_it(page: Page) -> None:
    drawings = page.tags("svg")
    assert len(drawings) >= 12
    for attributes in drawings:
        assert attributes.get("role") == "img"
        assert len(attributes.get("aria-label") or "") > 30


def test_texts_of_the_study_and_names_of_models_are_escaped() -> None:
    nasty_words = replace(WORDS, types={"unguided": NASTY, "values guided": NASTY})
    plan = Plan(n_people=50, qualities={NASTY: 70.0, "plain": 40.0, "<b>bold</b>": 60.0})
    made = analysed(plan, words=nasty_words, source=Source(title=NASTY, notes=(NASTY,)))
    report = reported(made)
    page = Page(report.html)
    assert not page.tags("script")
    assert not page.tags("b")
    assert page.text.count('<script>alert("x")</script>') > 5
    assert all(b"<script" not in picture.svg for picture in report.pictures)


@pytest.mark.parametrize(
    ("n_simulated", "notice", "title"),
    [
        (
            30,
            "All 30 participants were simulated by a rehearsal: these are not people’s views.",
            "Simulated: ",
        ),
        (7, "7 of 30 participants were simulated by a rehearsal", "Simulated in part: "),
    ],
)
def test_simulated_participants_are_named_at_the_top_and_in_the_title(
    n_simulated: int, notice: str, title: str
) -> None:
    html = reported(analysed(Plan(n_people=30, n_simulated=n_simulated))).html
    text = Page(html).text
    assert notice in text
    assert text.index(notice) < text.index("In short")
    assert f"<title>{title}" in html


def test_there_is_no_notice_where_nobody_was_simulated() -> None:
    html = reported(analysed(Plan(n_people=30, n_simulated=0))).html
    assert "rehearsal" not in html
    assert "<title>Simulated" not in html


def test_headline_numbers_equal_a_recount(page: Page) -> None:
    conversations = make_records(Plan(n_people=80, n_turns=3)).conversations
    said = [u for c in conversations for turn in c.turns for u in turn.utterances]
    n_failed = sum(utterance.text is None for utterance in said)
    n_rated = sum(utterance.score is not None for utterance in said)
    assert "80 participants, 160 conversations, 4 models." in page.text
    assert f"failed: {n_failed} of {len(said):,} (" in page.text
    assert f"rated: {n_rated:,} of {len(said) - n_failed:,} (" in page.text
    assert f"{n_rated:,} scores" in page.text


@pytest.mark.parametrize(
    ("plan", "sentences"),
    [
        (
            Plan(n_people=0),
            [
                "Nobody has taken part.",
                "No model was asked anything.",
                "No answer was rated, so there are no scores to show.",
                "There is no leaderboard: no two models were rated",
                "Without a leaderboard there is none by group.",
                "Nobody answered a question about performance or choice",
            ],
        ),
        (
            Plan(p_unrated=1.0),
            ["No answer was rated, so there are no scores to show.", "nothing was compared"],
        ),
        (Plan(p_failed=1.0), ["No answer was rated, so there are no scores to show."]),
        (Plan(qualities={"only": 50.0}), ["nothing was compared", "only was rated"]),
        (
            Plan(n_people=6),
            ["No question splits the participants into two groups or more"],
        ),
        (
            Plan(qualities={"best": 95.0, "mid": 50.0, "low": 10.0}, noise=3),
            ["Bradley–Terry is not shown:", "best leads"],
        ),
        (Plan(n_people=1, n_conversations=1), ["The only participant was simulated"]),
        (Plan(n_people=30, p_not_applicable=1.0), ["was rated"]),
    ],
    ids=["nobody", "unrated", "all failed", "one model", "few", "not connected", "one", "all n/a"],
)
def test_what_is_missing_is_said_in_its_place(plan: Plan, sentences: list[str]) -> None:
    text = Page(reported(analysed(plan)).html).text
    for sentence in sentences:
        assert sentence in text
    assert "nan" not in text.lower().split()
    assert "None" not in text


def test_a_leaderboard_row_says_rank_interval_score_and_win_rate(
    page: Page, result: ReleaseAnalysis
) -> None:
    top = result.leaderboard.boards[0].standings[0]
    assert top.model == "alder"
    assert f"{top.score:.3f} {top.low:.3f}–{top.high:.3f} {100 * top.win_rate:.0f}%" in page.text


def test_the_page_says_how_it_was_made(page: Page) -> None:
    assert "manyvoices report made-up --out report --resamples 40 --seed 0" in page.text
    for source in ("Negahban", "Bradley and Terry", "Kirk et al.", "Cameron"):
        assert source in page.text
    assert "manyvoices 0." in page.text


def test_writing_puts_every_figure_beside_the_page_in_both_forms(
    report: Report, tmp_path: Path
) -> None:
    written = report.write(tmp_path / "deep" / "out")
    assert written[0] == tmp_path / "deep" / "out" / "report.html"
    assert written[0].read_text(encoding="utf-8") == report.html
    names = {path.name for path in (tmp_path / "deep" / "out" / "figures").iterdir()}
    for picture in report.pictures:
        assert {f"{picture.name}.svg", f"{picture.name}.png"} <= names
        assert f"figures/{picture.name}.svg" in report.html
    tables = {path.name for path in (tmp_path / "deep" / "out" / "tables").iterdir()}
    assert len(names) == 2 * len(report.pictures)
    assert len(tables) == 2 * len(report.tables) == len(written) - 1 - len(names)
    assert {"leaderboard.csv", "people-answers.parquet", "scores-by-model.csv"} <= tables
