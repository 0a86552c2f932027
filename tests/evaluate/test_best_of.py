"""Best-of-n as a sum over draws, against all draws written out."""

from __future__ import annotations

from itertools import combinations

import numpy as np
import pytest

from manyvoices.analyse.resampling import Resampling
from manyvoices.evaluate.best_of import Choosers, beaten, best_of, chances, places
from manyvoices.train.views import ReplyGroup, Turn


def group(ranks: tuple[int, ...], scores: tuple[float, ...] | None = None) -> ReplyGroup:
    replies = tuple(f"reply {i}" for i in range(len(ranks)))
    return ReplyGroup((Turn("prompter", "Why?"),), replies, ranks, scores, "t", "en")


@pytest.mark.parametrize("scores", [(3, 1, 2, 0.5, -1), (1, 1, 0, 2, 1), (0, 0, 0, 0, 0)])
@pytest.mark.parametrize("n", [1, 2, 3, 5])
def test_chances_are_those_of_all_draws_written_out(scores: tuple[float, ...], n: int) -> None:
    counted = np.zeros(5)
    draws = list(combinations(range(5), n))
    for draw in draws:
        top = max(scores[i] for i in draw)
        winners = [i for i in draw if scores[i] == top]
        counted[winners] += 1 / len(winners) / len(draws)
    assert chances(scores, n) == pytest.approx(counted)


def test_tied_replies_share_their_place_and_the_share_of_others_that_they_beat() -> None:
    tied = group((0, 1, 1))
    assert places(tied).tolist() == [1, 2.5, 2.5]
    assert beaten(tied).tolist() == [1, 0.25, 0.25]


def test_who_knows_the_order_is_best_and_who_knows_nothing_is_random() -> None:
    one = group((0, 1, 2), (90, 50, 10))
    choosers = Choosers(one, {"model": (2, 1, 0), "nothing": (0, 0, 0)}, "t")
    found = best_of([choosers], 2, Resampling(0))
    # Of the three pairs two hold the first reply, one the second.
    assert found["place"]["model"].value == found["place"]["best"].value == pytest.approx(4 / 3)
    assert found["place"]["nothing"].value == found["place"]["random"].value == 2
    assert found["beaten"]["random"].value == 0.5
    assert found["score"]["model"].value == pytest.approx((2 * 90 + 50) / 3)
    assert found["place"]["gain"].value == pytest.approx(2 / 3)
    assert found["score"]["over nothing"].value == pytest.approx((2 * 90 + 50) / 3 - 50)


def test_groups_smaller_than_n_and_raters_without_scores_are_not_counted() -> None:
    small = Choosers(group((0, 1)), {"model": (1, 0)}, "a")
    large = Choosers(group((0, 1, 2)), {"model": (1, 0, 0)}, "b")
    found = best_of([small, large], 3, Resampling(0))
    assert found["place"]["model"].n == 1
    assert "score" not in found
    assert best_of([small], 3, Resampling(0)) == {}
