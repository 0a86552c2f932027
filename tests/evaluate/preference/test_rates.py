"""Win rates: what counts and what does not, groups, differences, corrections, and coverage."""

from __future__ import annotations

from dataclasses import replace
from math import isnan

import numpy as np
import pytest
from tests.evaluate.preference.studies import BASE, OURS, planted, rich, votes

from manyvoices.evaluate.preference.analysing import pairs_of, rates, sensitivity
from manyvoices.evaluate.preference.planting import true_win_rate
from manyvoices.evaluate.preference.rates import difference, on_these_prompts, win_rate
from manyvoices.evaluate.preference.rules import Rules
from manyvoices.evaluate.preference.votes import COLUMNS, Collector, Votes

RULES = Rules()


def table(*rows: tuple[str, str, int, float, bool, str, str]) -> Votes:
    """Rows of (a, b, status, score, set aside, person, prompt)."""
    collector = Collector()
    for at, (a, b, status, score, aside, rater, prompt) in enumerate(rows):
        collector.add(
            {}, a=a, b=b, status=status, score=score, aside=aside, rater=rater, prompt=prompt,
            item=prompt, seconds=np.nan, words_a=np.nan, words_b=np.nan, simulated=False,
            at=float(at), changed=None,
        )  # fmt: skip
    return collector.votes()


EVERY_KIND = table(
    ("x", "y", 0, 1.0, False, "p", "1"),
    ("y", "x", 0, 1.0, False, "q", "1"),
    ("x", "y", 0, 1.0, False, "q", "2"),
    ("y", "x", 1, 0.5, False, "p", "2"),
    ("x", "y", 2, np.nan, False, "r", "1"),
    ("x", "y", 3, np.nan, False, "r", "2"),
    ("x", "y", 4, np.nan, False, "r", "3"),
    ("x", "y", 0, 1.0, True, "s", "1"),
    ("x", "y", 5, np.nan, False, "s", "2"),
)


def test_every_row_stands_in_one_column_and_failures_are_in_no_rate() -> None:
    found = EVERY_KIND.outcomes("x", "y", RULES)
    assert found == {name: 2 if name == "won" else 1 for name in COLUMNS}
    assert sum(found.values()) == len(EVERY_KIND)


@pytest.mark.parametrize(
    ("changed", "value", "n"),
    [
        ({}, 3.0 / 5, 5),
        ({"all_bad": "leave_out"}, 2.5 / 4, 4),
        ({"ties": "dropped"}, 2 / 3, 3),
        ({"set_aside": "keep"}, 4.0 / 6, 6),
    ],
)
def test_each_rule_by_hand(changed, value, n) -> None:
    found = win_rate(EVERY_KIND, "x", "y", Rules(**changed))
    assert (found.value, found.n) == (pytest.approx(value), n)
    other = win_rate(EVERY_KIND, "y", "x", Rules(**changed))
    assert other.value == pytest.approx(1 - value)


def test_davidsons_rate_of_one_pair_is_that_of_decided_votes() -> None:
    study = votes(planted(0.6, rater_sd=0.5), seed=4)
    found = rates(study, [(OURS, BASE)], Rules(ties="davidson"), 5)[0]["rate"]
    dropped = win_rate(study, OURS, BASE, Rules(ties="dropped"))
    assert found["value"] == pytest.approx(dropped.value, abs=0.02)
    assert found["high"] - found["low"] == pytest.approx(dropped.high - dropped.low, rel=0.15)


def test_the_bootstrap_is_an_interval_beside_the_formula() -> None:
    study = votes(planted(0.55, rater_sd=0.5, prompt_sd=0.5), seed=6)
    formula = win_rate(study, OURS, BASE, RULES)
    drawn = win_rate(study, OURS, BASE, Rules(interval="two_way_bootstrap", resamples=500))
    assert drawn.value == formula.value
    assert drawn.low < formula.value < drawn.high
    assert drawn.se > 0.9 * formula.se


def test_the_difference_of_groups_is_that_of_their_rates_and_turns_with_them() -> None:
    study = votes(planted(0.5, rater_sd=0.5), seed=7, categories=("a", "b"))
    inside = study.fields["category"] == "a"
    one, two = study.select(inside), study.select(~inside)
    there, back = (difference(*pair, OURS, BASE, RULES) for pair in ((one, two), (two, one)))
    gap = win_rate(one, OURS, BASE, RULES).value - win_rate(two, OURS, BASE, RULES).value
    assert there.value == pytest.approx(gap)
    assert (back.low, back.high) == pytest.approx((-there.high, -there.low))


def test_a_planted_group_is_found_and_p_values_are_corrected() -> None:
    from manyvoices.evaluate.preference.reading import votes_of
    from manyvoices.evaluate.preference.simulating import simulate_study

    world, records = simulate_study(
        rich(), n_raters=150, n_prompts=40, per_rater=16, seed=8, baseline=BASE
    )
    people = world.people()
    study = votes_of(records, lambda person: people[person], ["country"])
    row = next(r for r in rates(study, pairs_of(study, BASE), RULES, 5) if r["model"] == OURS)
    found = {one["value"]: one for one in row["by"]["country"]["rows"]}
    truth = {name: true_win_rate(rich(), OURS, BASE, only=f"country={name}") for name in found}
    for name, one in found.items():
        assert one["rate"]["low"] < truth[name] < one["rate"]["high"]
        assert one["p_others_holm"] < 0.01
        # Two values against each other are one test.
        assert one["p_others_holm"] == one["p_others"]
        assert one["p_holm"] >= one["p"]
    # Places are even, and a tenth of the votes say nothing: the whole is not the group's.
    assert found["Brazil"]["rate"]["value"] > row["rate"]["value"] > found["US"]["rate"]["value"]


def test_small_groups_are_shown_without_an_interval() -> None:
    study = votes(planted(0.5), raters=3, each=10)
    study = replace(study, fields={"pool": np.array(["expert"] * len(study), dtype=object)})
    one = rates(study, [(OURS, BASE)], RULES, 5)[0]["by"]["pool"]["rows"][0]
    assert one["rate"]["why"] == "fewer than 5 people"
    assert isnan(one["rate"]["low"])
    assert isnan(one["p"])


def test_set_aside_votes_are_kept_apart_and_what_they_would_change_is_said() -> None:
    careless = planted(0.8, set_aside=0.3)
    study = votes(careless, raters=80, seed=9)
    row = sensitivity(study, [(OURS, BASE)], RULES)[0]
    by_rule = {one["rule"]: one["rate"]["value"] for one in row["variants"]}
    moved = row["set_aside_changes"]
    assert by_rule["set_aside: keep"] - by_rule["as declared"] == pytest.approx(moved["value"])
    # Chance decided for a third of the people, so the winner seems less good with them.
    assert moved["high"] < 0


def test_nothing_set_aside_changes_nothing() -> None:
    row = sensitivity(votes(planted(0.6)), [(OURS, BASE)], RULES)[0]
    assert row["set_aside_changes"]["why"] == "nothing was set aside"


def test_intervals_cover_the_planted_rate_as_often_as_they_say() -> None:
    """The small version of ``benchmarks/preference_coverage.py``."""
    from benchmarks.preference_coverage import Size, coverage

    found = coverage(Size(50, 22, 11, 0.5, 0.5), 300, 11, 0)
    # 95 % of 300 studies, give or take three standard errors; the naive interval is far below.
    assert 0.91 <= found["two_way_t"][0] <= 0.99
    assert found["rows"][0] < 0.88


def test_more_than_two_side_by_side_are_all_their_pairs() -> None:
    from manyvoices.evaluate.preference.reading import votes_of
    from manyvoices.evaluate.preference.simulating import simulate_comparisons

    record = next(simulate_comparisons(planted(), n_raters=1, n_prompts=1, per_rater=1))
    answers = [
        *record.exchanges[0].answers,
        type(record.exchanges[0].answers[0])(position=2, text="third"),
    ]
    exchange = type(record.exchanges[0])(
        turn=0, message=record.exchanges[0].message, answers=answers
    )
    import msgspec

    three = msgspec.structs.replace(
        record, models=["a", "b", "c"], exchanges=[exchange], order=[[2], [0, 1]],
        verdict="choice",
    )  # fmt: skip
    three = msgspec.convert(msgspec.to_builtins(three), type(record))
    found = votes_of([three], lambda _: {})
    pairs = {
        (found.models[a], found.models[b]): float(score)
        for a, b, score in zip(found.a, found.b, found.score, strict=True)
    }
    assert pairs == {("a", "b"): 0.5, ("a", "c"): 0.0, ("b", "c"): 0.0}


def test_on_these_prompts_alone_only_people_are_drawn() -> None:
    study = votes(planted(0.5, prompt_sd=2.0), raters=60, prompts=10, each=10, seed=3)
    both, alone = (way(study, OURS, BASE, RULES) for way in (win_rate, on_these_prompts))
    assert alone.value == both.value
    assert alone.n_prompts == 10
    # Everybody saw every prompt, so what differs between prompts drops out.
    assert alone.high - alone.low < (both.high - both.low) / 3
