"""Agreement on the order of replies, against plain loops and by hand."""

from __future__ import annotations

import datetime as dt
from itertools import combinations
from typing import Any

import numpy as np
import pytest
from benchmarks.synthetic.trees import Forest
from scipy.stats import kendalltau

from manyvoices.analyse import Resampling
from manyvoices.analyse.trees import flatten
from manyvoices.analyse.trees.ranking import RankAgreement, rank_agreement_of
from manyvoices.schema import Message, MessageTree

NOW = dt.datetime(2026, 11, 21, tzinfo=dt.UTC)


def events(*orders: list[str], bad: int = 0) -> dict[str, list[dict[str, Any]]]:
    """Rankings as OASST's export writes them."""
    given: list[dict[str, Any]] = [
        {"user_id": f"u{i}", "ranked_message_ids": order, "ranking_parent_id": "a"}
        for i, order in enumerate(orders)
    ]
    given += [{"user_id": f"x{i}", "ranked_message_ids": [], "not_rankable": True}
              for i in range(bad)]  # fmt: skip
    return {"ranking": given}


def described(given: dict[str, Any], ranks: tuple[int, ...] = ()) -> RankAgreement:
    """Agreement on one set of three replies b, c, d."""
    replies = [
        Message(message_id=name, parent_id="a", text="x", role="assistant", lang="en",
                **({"rank": ranks[i]} if ranks else {}))  # type: ignore[arg-type]
        for i, name in enumerate("bcd")
    ]  # fmt: skip
    prompt = Message(
        message_id="a", text="x", role="prompter", lang="en", replies=replies, events=given
    )
    found = rank_agreement_of(
        flatten([MessageTree(message_tree_id="a", prompt=prompt)]), Resampling(10)
    )
    assert found is not None
    return found


def test_events_of_an_export_are_rankings() -> None:
    found = described(events(list("bcd"), list("bcd"), list("bdc")), ranks=(0, 1, 2))
    row = found.rows[0]
    assert row.kendall_w.value == pytest.approx(7 / 9)
    assert row.tau.value == pytest.approx((1 + 1 / 3 + 1 / 3) / 3)
    assert (row.top.value, row.chance.value) == (1, pytest.approx(1 / 3))
    assert (found.n_rankings, found.n_rankers, found.same_best.n) == (3, 3, 1)


def test_an_even_split_is_a_tie_of_the_merged_order() -> None:
    found = described(events(list("bcd"), list("cbd")))
    assert (found.merged.n, found.merged_top.n, found.merged.of) == (1, 1, 1)
    assert found.rows[0].top.value == 0


def test_all_bad_is_counted_and_orders_nothing() -> None:
    found = described(events(list("bcd"), bad=2))
    assert (found.all_bad.n, found.all_bad.of) == (2, 3)
    assert found.rows == ()
    assert found.merged.of == 1


def test_published_ranks_alone_say_how_often_they_tie() -> None:
    found = described({}, ranks=(0, 0, 1))
    assert (found.published.n, found.published.of, found.n_rankings) == (1, 1, 0)


def test_rankings_of_messages_that_are_not_there_are_left_out_and_counted() -> None:
    prompt = Message(
        message_id="a", text="x", role="prompter", replies=[], events=events(["q", "r"])
    )
    columns = flatten([MessageTree(message_tree_id="a", prompt=prompt)])
    assert columns.n_unplaced == 1


def test_means_over_sets_are_those_of_a_plain_loop() -> None:
    trees = list(Forest(seed=2, n_people=50, native=True).trees(500))
    found = rank_agreement_of(flatten(trees), Resampling(20))
    assert found is not None
    sets: dict[str, list[list[str]]] = {}
    for tree in trees:
        for one in tree.rankings:  # type: ignore[union-attr]  # native
            sets.setdefault(one.parent_id, []).append([group[0] for group in one.ranking])
    taus, tops = [], []
    for orders in sets.values():
        names = sorted(orders[0])
        places = [[order.index(name) for name in names] for order in orders]
        taus.append(np.mean([kendalltau(a, b).statistic for a, b in combinations(places, 2)]))
        tops.append(np.mean([a[0] == b[0] for a, b in combinations(orders, 2)]))
    row = found.rows[0]
    assert row.n_sets == len(sets) == row.tau.n
    assert row.tau.value == pytest.approx(np.mean(taus))
    assert row.top.value == pytest.approx(np.mean(tops))
    assert sum(one.n_sets for one in found.rows[1:]) == row.n_sets
    # Quality was planted with noise of 0.7: people agree, and far more than by chance.
    assert row.tau.low > 0.2
    assert row.top.low > row.chance.high
