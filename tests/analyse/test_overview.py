"""The study at a glance equals a recount by hand."""

from __future__ import annotations

import datetime as dt

from tests.analyse.releases import Plan, make_records, make_table

from manyvoices.analyse.overview import Count, overview
from manyvoices.analyse.table import tabulate


def test_every_headline_number_equals_a_recount_of_the_records() -> None:
    plan = Plan(n_people=23, n_simulated=5, p_failed=0.2, p_unrated=0.1, n_turns=3)
    records = make_records(plan)
    seen = overview(make_table(plan))
    turns = [turn for c in records.conversations for turn in c.turns]
    said = [utterance for turn in turns for utterance in turn.utterances]
    failed = [utterance for utterance in said if utterance.text is None]
    rated = [utterance for utterance in said if utterance.score is not None]
    assert seen.n_participants == 23
    assert seen.simulated == Count(5, 23)
    assert seen.complete == Count(sum(p.status == "complete" for p in records.participants), 23)
    assert seen.n_conversations == len(records.conversations) == 46
    assert seen.n_turns == len(turns)
    assert seen.n_utterances == len(said)
    assert failed
    assert seen.failed == Count(len(failed), len(said))
    assert seen.answered == Count(len(said) - len(failed), len(said))
    assert seen.rated == Count(len(rated), len(said) - len(failed))


def test_the_numbers_of_each_model_add_up_to_the_whole() -> None:
    seen = overview(make_table(Plan(p_failed=0.2)))
    assert sum(use.n_asked for use in seen.models) == seen.n_utterances
    assert sum(use.failed.n for use in seen.models) == seen.failed.n
    assert sum(use.rated.n for use in seen.models) == seen.rated.n
    for use in seen.models:
        assert sum(tally.count.n for tally in use.failures) == use.failed.n
        assert {tally.label for tally in use.failures} == {"timeout"}


def test_days_are_the_first_and_the_last_on_record() -> None:
    seen = overview(make_table(Plan(n_people=9)))
    assert seen.first_day == dt.date(2026, 3, 2)
    assert seen.last_day == dt.date(2026, 3, 3)


def test_languages_and_types_are_counted_most_common_first() -> None:
    seen = overview(make_table(Plan(n_people=10)))
    assert [(t.label, t.count.n) for t in seen.languages] == [("en", 8), ("cy", 2)]
    assert [t.label for t in seen.types] == ["About values", "Anything you like"]


def test_an_empty_release_has_zeros_and_no_days() -> None:
    seen = overview(tabulate([], [], []))
    assert (seen.n_participants, seen.n_utterances, seen.models) == (0, 0, ())
    assert seen.failed.share is None
    assert seen.first_day is None
