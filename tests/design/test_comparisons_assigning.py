"""Who compares what next: balanced over models, prompts and places, unless a batch asks."""

from __future__ import annotations

import random
from collections import Counter

import pytest

from manyvoices.design.comparisons.assigning import Cell, Counts, Person, Placed, draw
from manyvoices.design.comparisons.batch import Ask
from manyvoices.design.comparisons.stage import Assignment, ComparisonsStage

MODELS = ("a", "b", "c")


def stage(**fields: object) -> ComparisonsStage:
    written = {
        "kind": "comparisons",
        "source": "live",
        "prompts": [{"id": f"p{n}", "text": "Hello?"} for n in range(4)],
    }
    return ComparisonsStage.model_validate(written | fields)


def give(rule: ComparisonsStage, n: int, *, people: int = 1, seed: int = 0) -> list[Placed]:
    """What `people` are given, `n` each, every verdict counted."""
    rng, given = random.Random(seed), []
    verdicts: Counter[Cell] = Counter()
    orders: Counter[tuple[str, ...]] = Counter()
    asks: Counter[int] = Counter()
    for _ in range(people):
        done: list[Cell] = []
        for _ in range(n):
            person = Person("en", done=done)
            found = draw(rule, MODELS, Counts(verdicts, orders, asks), person, rng)
            if found is None:
                break
            cell = Cell(found.prompt.id if found.prompt else None, tuple(sorted(found.models)))
            done.append(cell)
            verdicts[cell] += 1
            orders[found.models] += 1
            asks[-1 if found.ask is None else found.ask] += 1
            given.append(found)
    return given


@pytest.mark.parametrize("seed", range(5))
def test_every_pair_meets_equally_often_on_every_prompt_and_in_both_places(seed: int) -> None:
    given = give(stage(), 12, people=4, seed=seed)
    cells = Counter((p.prompt and p.prompt.id, tuple(sorted(p.models))) for p in given)
    orders = Counter(p.models for p in given)
    assert set(cells.values()) == {4}
    assert max(orders.values()) - min(orders.values()) <= 1


def test_nobody_is_given_the_same_twice_and_an_end_is_an_end() -> None:
    given = give(stage(), 20)
    assert len(given) == len({(p.prompt and p.prompt.id, frozenset(p.models)) for p in given}) == 12


def test_a_baseline_stands_in_every_comparison() -> None:
    assert all("b" in placed.models for placed in give(stage(baseline="b"), 8, people=3))


def test_new_prompts_come_before_prompts_seen_before() -> None:
    assert len({p.prompt and p.prompt.id for p in give(stage(), 4)}) == 4


def test_a_model_without_a_text_for_a_prompt_is_not_shown_on_it() -> None:
    outputs = [
        {"prompt": f"p{n}", "model": m, "text": "Hi" if (n, m) != (0, "c") else " "}
        for n in range(4)
        for m in MODELS
    ]
    given = give(stage(source="outputs", outputs=outputs), 12)
    assert len(given) == 10
    assert not [p for p in given if p.prompt and p.prompt.id == "p0" and "c" in p.models]


def test_a_batch_goes_first_but_for_the_share_that_explores() -> None:
    batch = (Ask(models=("a", "c"), prompt="p1", n=1000, reason="uncertainty"),)
    rule = stage(assignment=Assignment(policy="batch", batch=batch, exploration=0.25))
    given = give(rule, 1, people=800)
    reasons = Counter(p.because for p in given)
    assert 0.2 < reasons["exploration"] / 800 < 0.3
    asked = [p for p in given if p.because == "uncertainty"]
    assert all(set(p.models) == {"a", "c"} and p.prompt and p.prompt.id == "p1" for p in asked)
    assert {p.models for p in asked} == {("a", "c"), ("c", "a")}


def test_an_ask_that_is_answered_often_enough_is_over() -> None:
    batch = (Ask(models=("a", "c"), n=3),)
    rule = stage(assignment=Assignment(policy="batch", batch=batch, exploration=0))
    reasons = Counter(p.because for p in give(rule, 1, people=10))
    assert reasons == {"information": 3, "balance": 7}


def test_an_ask_for_a_group_waits_for_its_people() -> None:
    batch = (Ask(models=("a", "c"), group={"gender": "Female"}, n=9),)
    rule = stage(assignment=Assignment(policy="batch", batch=batch, exploration=0))
    rng = random.Random(0)
    her = Person("en", answers={"gender": ["Female"]})
    found = draw(rule, MODELS, Counts(), her, rng)
    assert getattr(found, "ask", None) == 0
    other = draw(rule, MODELS, Counts(), Person("en", answers={"gender": ["Male"]}), rng)
    assert other is not None
    assert other.ask is None


def test_cells_with_enough_verdicts_are_over() -> None:
    counts = Counts({Cell(f"p{n}", ("a", "b")): 2 for n in range(4)})
    rng = random.Random(0)
    for _ in range(20):
        found = draw(stage(), MODELS, counts, Person("en"), rng, per_cell=2)
        assert found is not None
        assert set(found.models) != {"a", "b"}
