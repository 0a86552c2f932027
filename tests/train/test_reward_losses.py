"""Losses of the reward model, by hand and by their invariances."""

from __future__ import annotations

from math import exp, log

import pytest

torch = pytest.importorskip("torch", reason="the extra train is not installed")

from manyvoices.train.config_reward import LossConfig  # noqa: E402
from manyvoices.train.reward.losses import all_pairs, plackett_luce, ranking_loss  # noqa: E402
from manyvoices.train.reward.pairs import Order, compare  # noqa: E402

PLAIN = LossConfig(regularise=0)
TIES = {"pairs": "half", "listwise": "leave"}


def softplus(x: float) -> float:
    return log(1 + exp(x))


def value(
    scores: list[float], orders: list[Order], config: LossConfig = PLAIN
) -> tuple[float, float]:
    loss, weight = ranking_loss(torch.tensor(scores), compare(orders, config), config)
    return float(loss), weight


def test_a_group_of_three_is_the_mean_over_its_three_pairs() -> None:
    expected = (softplus(-(2 - 1)) + softplus(-(2 + 1)) + softplus(-(1 + 1))) / 3
    assert value([2.0, 1.0, -1.0], [Order((0, 1, 2), (0, 1, 2))]) == pytest.approx((expected, 1.0))


def test_members_may_stand_in_any_order() -> None:
    by_rank = value([2.0, 1.0, -1.0], [Order((0, 1, 2), (0, 1, 2))])
    assert value([1.0, -1.0, 2.0], [Order((1, 0, 2), (2, 1, 0))]) == pytest.approx(by_rank)


def test_groups_weigh_the_same_whatever_their_size_unless_pairs_are_asked_for() -> None:
    orders = [Order((0, 1, 2), (0, 1, 2)), Order((3, 4), (0, 1))]
    scores = [2.0, 1.0, -1.0, 0.5, 0.25]
    three = softplus(-1) + softplus(-3) + softplus(-2)
    assert value(scores, orders) == pytest.approx((three / 3 + softplus(-0.25), 2.0))
    pairs = LossConfig(regularise=0, average="pair")
    assert value(scores, orders, pairs) == pytest.approx((three + softplus(-0.25), 4.0))


def test_a_person_who_counts_double_counts_double() -> None:
    orders = [Order((0, 1), (0, 1), weight=2.0), Order((2, 3), (0, 1), weight=1.0)]
    expected = 2 * softplus(-1) + softplus(2)
    assert value([1.0, 0.0, 0.0, 2.0], orders) == pytest.approx((expected, 3.0))


def test_margins_ask_for_a_difference_and_have_a_cap() -> None:
    order = [Order((0, 1), (0, 1), values=(90.0, 40.0))]
    by_scores = LossConfig(regularise=0, margin_scale=0.02)
    assert value([3.0, 1.0], order, by_scores) == pytest.approx((softplus(-(2 - 1)), 1.0))
    capped = LossConfig(regularise=0, margin_scale=0.02, margin_cap=0.5)
    assert value([3.0, 1.0], order, capped) == pytest.approx((softplus(-1.5), 1.0))
    by_ranks = LossConfig(regularise=0, margin_scale=0.25, margin_by="ranks")
    far = [Order((0, 1), (0, 3))]
    assert value([3.0, 1.0], far, by_ranks) == pytest.approx((softplus(-1.5), 1.0))


def test_scores_that_contradict_the_order_give_no_negative_margin() -> None:
    order = [Order((0, 1), (0, 1), values=(40.0, 90.0))]
    assert compare(order, LossConfig(margin_scale=1.0)).margin.tolist() == [0.0]


def test_tied_pairs_are_left_out_shared_or_pulled_together() -> None:
    orders = [Order((0, 1, 2), (0, 0, 1))]
    scores = [1.0, 0.0, -1.0]
    apart = softplus(-2) + softplus(-1)
    assert value(scores, orders) == pytest.approx((apart / 2, 1.0))
    half = (softplus(-1) + softplus(1)) / 2
    shared = LossConfig(regularise=0, ties="half")
    assert value(scores, orders, shared) == pytest.approx(((apart + half) / 3, 1.0))
    pulled = LossConfig(regularise=0, ties="absolute", tie_scale=0.5)
    assert value(scores, orders, pulled) == pytest.approx(((apart + 0.5) / 3, 1.0))


def test_a_group_of_ties_alone_weighs_nothing_when_ties_are_left_out() -> None:
    assert value([1.0, 0.0], [Order((0, 1), (0, 0))]) == (0.0, 0.0)


def test_scores_are_held_near_zero_as_by_oasst() -> None:
    held = LossConfig(regularise=0.001)
    expected = softplus(-1) + 0.001 * 0.5 * (3.0**2 + 2.0**2)
    assert value([3.0, 2.0], [Order((0, 1), (0, 1))], held) == pytest.approx((expected, 1.0))


def test_plackett_luce_is_the_mean_over_choices() -> None:
    a, b, c = 1.0, 0.5, -0.5
    first = log(exp(a) + exp(b) + exp(c)) - a
    second = log(exp(b) + exp(c)) - b
    order = (Order((0, 1, 2), (0, 1, 2)),)
    loss, weight = plackett_luce(torch.tensor([a, b, c]), order)
    assert (float(loss), weight) == pytest.approx(((first + second) / 2, 1.0))


def test_two_replies_make_plackett_luce_the_pairwise_loss() -> None:
    scores, orders = torch.tensor([0.3, -0.9]), [Order((0, 1), (0, 1))]
    listwise = plackett_luce(scores, tuple(orders))[0]
    assert float(listwise) == pytest.approx(float(all_pairs(scores, compare(orders, PLAIN))[0]))


def test_ties_for_the_first_place_follow_efron() -> None:
    a, b, c = 1.0, 0.5, -0.5
    all_of_them = exp(a) + exp(b) + exp(c)
    tied = exp(a) + exp(b)
    expected = (log(all_of_them) - a + log(all_of_them - tied / 2) - b) / 2
    loss, _ = plackett_luce(torch.tensor([a, b, c]), (Order((0, 1, 2), (0, 0, 1)),))
    assert float(loss) == pytest.approx(expected)


def test_a_tie_in_the_last_place_is_no_choice() -> None:
    scores = torch.tensor([1.0, 0.5, -0.5])
    expected = log(exp(1.0) + exp(0.5) + exp(-0.5)) - 1.0
    loss, weight = plackett_luce(scores, (Order((0, 1, 2), (0, 1, 1)),))
    assert (float(loss), weight) == pytest.approx((expected, 1.0))


def test_efron_is_near_the_exact_mean_over_orders_of_the_tied() -> None:
    scores = torch.tensor([0.2, 0.1, -0.1, 0.0])
    tied, _ = plackett_luce(scores, (Order((0, 1, 2, 3), (0, 0, 1, 1)),))
    one = plackett_luce(scores, (Order((0, 1, 2, 3), (0, 1, 2, 2)),))[0]
    other = plackett_luce(scores, (Order((0, 1, 2, 3), (1, 0, 2, 2)),))[0]
    exact = -log((exp(-2 * float(one)) + exp(-2 * float(other))) / 2) / 2
    assert float(tied) == pytest.approx(exact, abs=2e-3)


@pytest.mark.parametrize("kind", ["pairs", "listwise"])
def test_a_constant_added_to_all_scores_changes_no_loss(kind: str) -> None:
    config = LossConfig(kind=kind, regularise=0, ties=TIES[kind])
    orders = [Order((0, 1, 2), (0, 0, 1)), Order((1, 3), (1, 0))]
    base = value([0.1, 0.7, -0.4, 0.2], orders, config)
    assert value([5.1, 5.7, 4.6, 5.2], orders, config) == pytest.approx(base, rel=1e-5)


@pytest.mark.parametrize("kind", ["pairs", "listwise"])
def test_the_gradient_is_that_of_finite_differences(kind: str) -> None:
    config = LossConfig(
        kind=kind, ties=TIES[kind], margin_scale=0.0 if kind == "listwise" else 0.01
    )
    orders = [Order((0, 1, 2, 3), (0, 1, 1, 2), values=(90, 60, 60, 10)), Order((3, 0), (0, 1))]
    scores = torch.tensor([0.3, -0.2, 0.8, 0.1], requires_grad=True)
    loss, _ = ranking_loss(scores, compare(orders, config), config)
    loss.backward()
    for i in range(4):
        moved = [scores.detach().clone() for _ in range(2)]
        moved[0][i] += 1e-2
        moved[1][i] -= 1e-2
        up, down = (float(ranking_loss(m, compare(orders, config), config)[0]) for m in moved)
        assert float(scores.grad[i]) == pytest.approx((up - down) / 2e-2, abs=1e-4)
