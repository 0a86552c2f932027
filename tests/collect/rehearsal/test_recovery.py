"""What is planted can be found again: openings as the server draws them, ranked as people would.

No server here: a turn is four models drawn at random, each persona's answer is rated by the bot.
tests/flow holds the same through HTTP.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from itertools import combinations
from typing import Any

import pytest
from scipy.stats import kendalltau

from manyvoices.aggregate import Battles, fit
from manyvoices.collect.rehearsal import Bot, expect, make_plan
from manyvoices.design import Study
from manyvoices.design.dialogue import derive_seed, draw_responders, generator
from manyvoices.llm import PERSONAS, ChatMessage, answer

Row = dict[str, Any]


def battles_of(bot: Bot, study: Study, seed: int) -> list[Row]:
    """Every pair of answers that `bot` rates in its opening turns."""
    rows = []
    for place, text in bot.openings.items():
        rng = generator(derive_seed(seed, bot.number, *place))
        scores = {}
        for model in draw_responders([spec.id for spec in study.models], 4, rng):
            persona = PERSONAS[study.responder(model).persona or ""]
            said = answer(persona, [ChatMessage("user", text)], seed=rng.getrandbits(31)).text
            scores[model] = bot.rate(said, (1, 100), bot.rng("score", *place, model))
        for a, b in combinations(scores, 2):
            difference = scores[a] - scores[b]
            outcome = "TIE" if not difference else "A" if difference > 0 else "B"
            rows.append({"model_a": a, "model_b": b, "outcome": outcome})
    return rows


def order(rows: Sequence[Row], method: str) -> list[str]:
    """Models, best first."""
    ratings = fit(Battles.from_rows(rows), method)
    return sorted(ratings.models, key=lambda m: -ratings.scores[ratings.models.index(m)])


def tau(first: Sequence[str], second: Sequence[str]) -> float:
    models = sorted(first)
    places = [[list(o).index(m) for m in models] for o in (first, second)]
    return float(kendalltau(*places).statistic)


@pytest.fixture(scope="module")
def rows_of(demo: Study) -> Callable[[Sequence[Bot], int], list[Row]]:
    return lambda bots, seed: [row for bot in bots for row in battles_of(bot, demo, seed)]


@pytest.mark.parametrize("seed", range(5))
def test_two_hundred_bots_plant_an_order_that_ranking_finds_and_a_flip_between_groups(
    demo: Study, rows_of: Callable[[Sequence[Bot], int], list[Row]], seed: int
) -> None:
    plan = make_plan(demo, participants=200, seed=seed)
    planted = expect(plan)
    group = rows_of([bot for bot in plan.bots if bot.in_group], seed)
    others = rows_of([bot for bot in plan.bots if not bot.in_group], seed)
    for method in ("rank_centrality", "bradley_terry"):
        assert tau(order([*group, *others], method), planted.orders["everyone"]) >= 0.8
        found = {"group": order(group, method), "others": order(others, method)}
        clearest = planted.flips[0]
        first, second = clearest.group_prefers, clearest.others_prefer
        assert found["group"].index(first) < found["group"].index(second)
        assert found["others"].index(first) > found["others"].index(second)
