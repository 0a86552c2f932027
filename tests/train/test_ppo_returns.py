"""From scores to advantages, against plain loops and numbers worked out by hand."""

from __future__ import annotations

import math

import numpy as np
import pytest

torch = pytest.importorskip("torch", reason="the extra train is not installed")

from manyvoices.train.ppo.kl import KlController  # noqa: E402
from manyvoices.train.ppo.losses import (  # noqa: E402
    entropy_sum,
    explained_variance,
    policy_loss,
    value_loss,
)
from manyvoices.train.ppo.returns import (  # noqa: E402
    advantages_and_returns,
    clipped_scores,
    kl_per_token,
    state_mask,
    token_rewards,
    whitened,
    without_end_penalised,
)

LENGTHS = (3, 5, 1)


def some(seed: int) -> torch.Tensor:
    return torch.randn(len(LENGTHS), 5, generator=torch.Generator().manual_seed(seed)).double()


def mask() -> torch.Tensor:
    return torch.arange(5)[None, :] < torch.tensor(LENGTHS)[:, None]


def gae_by_hand(rewards: np.ndarray, values: np.ndarray, gamma: float, lam: float) -> np.ndarray:
    """A_t = sum over l of (gamma lam)^l delta_{t+l}, one reply without padding."""
    n = len(rewards)
    next_values = np.append(values[1:], 0.0)
    deltas = rewards + gamma * next_values - values
    return np.array(
        [sum((gamma * lam) ** k * deltas[t + k] for k in range(n - t)) for t in range(n)]
    )


@pytest.mark.parametrize(("gamma", "lam"), [(1.0, 0.95), (0.9, 0.5), (1.0, 1.0), (0.5, 0.0)])
def test_advantages_are_the_sum_of_the_definition_whatever_pads_a_reply(
    gamma: float, lam: float
) -> None:
    rewards, values = some(0), some(1)
    advantages, returns = advantages_and_returns(rewards, values, mask(), gamma, lam)
    for row, n in enumerate(LENGTHS):
        expected = gae_by_hand(rewards[row, :n].numpy(), values[row, :n].numpy(), gamma, lam)
        assert advantages[row, :n].numpy() == pytest.approx(expected, abs=1e-12)
        wanted = expected + values[row, :n].numpy()
        assert returns[row, :n].numpy() == pytest.approx(wanted, abs=1e-12)
        assert advantages[row, n:].abs().sum() == returns[row, n:].abs().sum() == 0


def test_with_gamma_and_lambda_one_the_return_is_the_reward_still_to_come() -> None:
    rewards = some(3)
    _, returns = advantages_and_returns(rewards, some(4), mask(), 1.0, 1.0)
    assert returns[1].tolist() == pytest.approx(rewards[1].flip(0).cumsum(0).flip(0).tolist())


def test_the_score_stands_on_the_last_token_or_on_the_state_behind_it() -> None:
    kl = torch.full((3, 5), 0.5)
    scores = torch.tensor([1.0, 2.0, 3.0])
    plain = token_rewards(scores, kl, mask(), 0.1)
    assert plain[0].tolist() == pytest.approx([-0.05, -0.05, 0.95, 0, 0])
    assert plain[1].tolist() == pytest.approx([-0.05] * 4 + [1.95])
    after = token_rewards(scores, kl, mask(), 0.1, "after_end")
    assert after[0].tolist() == pytest.approx([-0.05, -0.05, -0.05, 1.0, 0])
    assert after[1].tolist() == pytest.approx([-0.05] * 4 + [1.95]), "no place behind the end"
    assert after[2].tolist() == pytest.approx([-0.05, 3.0, 0, 0, 0])
    assert state_mask(mask(), "after_end").sum(1).tolist() == [4, 5, 2]


def test_k1_and_k3_are_schulmans_and_nothing_where_there_is_no_token() -> None:
    new, ref = some(5), some(6)
    k1, k3 = (kl_per_token(new, ref, mask(), name) for name in ("k1", "k3"))
    assert float(k1[1, 2]) == pytest.approx(float(new[1, 2] - ref[1, 2]))
    log_ratio = float(ref[1, 2] - new[1, 2])
    assert float(k3[1, 2]) == pytest.approx(math.exp(log_ratio) - 1 - log_ratio)
    assert bool((k3 >= 0).all())
    assert k1[~mask()].abs().sum() == k3[~mask()].abs().sum() == 0


def test_both_estimators_average_to_the_kl_itself() -> None:
    p, q = torch.tensor([0.7, 0.2, 0.1]).double(), torch.tensor([0.4, 0.4, 0.2]).double()
    truth = float((p * (p / q).log()).sum())
    every = torch.ones(1, 3, dtype=torch.bool)
    for name in ("k1", "k3"):
        estimates = kl_per_token(p.log()[None], q.log()[None], every, name)
        assert float((estimates[0] * p).sum()) == pytest.approx(truth)


def test_whitened_values_have_mean_0_and_variance_1_over_the_tokens_that_count() -> None:
    values = some(7) * 3 + 5
    white = whitened(values, mask())
    kept = white[mask()]
    assert float(kept.mean()) == pytest.approx(0, abs=1e-9)
    assert float(kept.var()) == pytest.approx(1, abs=1e-6)
    assert white[~mask()].abs().sum() == 0
    unshifted = whitened(values, mask(), shift=False)[mask()]
    assert float(unshifted.mean()) == pytest.approx(float(values[mask()].mean()))


def test_one_token_is_left_as_it_is_instead_of_divided_by_nothing() -> None:
    alone = torch.tensor([[True, False]])
    assert whitened(torch.tensor([[2.0, 9.0]]), alone).tolist() == [[2.0, 0.0]]


def test_scores_are_clipped_and_replies_without_an_end_pay() -> None:
    scores = torch.tensor([-9.0, 1.0, 9.0])
    assert clipped_scores(scores, 4.0).tolist() == [-4, 1, 4]
    assert clipped_scores(scores, None) is scores
    ended = torch.tensor([True, False, True])
    assert without_end_penalised(scores, ended, 2.0).tolist() == [-9, -1, 9]
    assert without_end_penalised(scores, ended, None) is scores


def test_the_adaptive_coefficient_follows_zieglers_rule_and_a_fixed_one_stays() -> None:
    start = KlController(0.1, target=6.0, horizon=10_000)
    assert start.after(6.6, 256).coef == pytest.approx(0.1 * (1 + 0.1 * 256 / 10_000))
    assert start.after(60.0, 256).coef == pytest.approx(0.1 * (1 + 0.2 * 256 / 10_000))
    assert start.after(0.0, 256).coef == pytest.approx(0.1 * (1 - 0.2 * 256 / 10_000))
    assert KlController(0.1).after(60.0, 256).coef == 0.1


def test_the_policy_loss_is_the_larger_of_two_terms_token_by_token() -> None:
    old = torch.zeros(1, 4)
    new = torch.tensor([[0.5, 0.5, -0.5, 0.0]]).log1p().requires_grad_()
    advantages = torch.tensor([[1.0, -1.0, -1.0, 7.0]])
    counted = torch.tensor([[True, True, True, False]])
    result = policy_loss(new, old, advantages, counted, 0.2)
    # ratios 1.5, 1.5, 0.5: -min(1.5, 1.2), max(1.5, 1.2), max(0.5, 0.8)
    assert float(result.loss.detach()) == pytest.approx(-1.2 + 1.5 + 0.8)
    assert int(result.clipped) == 2
    result.loss.backward()
    assert new.grad is not None
    assert new.grad[0].tolist() == pytest.approx([0, 1.5, 0, 0]), "clipped tokens do not pull"
    ratios = np.array([1.5, 1.5, 0.5])
    assert float(result.kl) == pytest.approx((ratios - 1 - np.log(ratios)).sum(), abs=1e-6)


def test_a_value_may_not_gain_by_leaping_past_its_old_one() -> None:
    values = torch.tensor([[1.0, 0.1, 5.0]])
    old, returns = torch.zeros(1, 3), torch.ones(1, 3)
    every = torch.ones(1, 3, dtype=torch.bool)
    loss, clipped = value_loss(values, old, returns, every, 0.4)
    assert float(loss) == pytest.approx(0.5 * (0.6**2 + 0.9**2 + 16))
    assert int(clipped) == 1
    free, none = value_loss(values, old, returns, every, None)
    assert float(free) == pytest.approx(0.5 * (0 + 0.9**2 + 16))
    assert int(none) == 0


def test_entropy_of_an_even_choice_is_the_logarithm_of_its_size() -> None:
    logits = torch.zeros(1, 2, 8)
    assert float(entropy_sum(logits, torch.tensor([[True, False]]))) == pytest.approx(math.log(8))


def test_explained_variance_is_1_for_a_seer_0_for_the_mean_and_nan_without_variety() -> None:
    returns, counted = some(8), mask()
    mean = torch.full_like(returns, float(returns[counted].mean()))
    assert explained_variance(returns, returns, counted) == pytest.approx(1)
    assert explained_variance(mean, returns, counted) == pytest.approx(0)
    assert math.isnan(explained_variance(returns, mean, counted))
