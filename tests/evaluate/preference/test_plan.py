"""A plan: formula and simulation say the same, and what was written down is held to."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from tests.evaluate.preference.studies import BASE, OURS, planted, votes

from manyvoices.evaluate.preference import preregistration
from manyvoices.evaluate.preference.errors import PreregistrationError
from manyvoices.evaluate.preference.plan import lines, run
from manyvoices.evaluate.preference.plan_config import Cost, Design, Expected, PlanConfig
from manyvoices.evaluate.preference.planning import (
    Goal,
    components,
    half_width_of,
    power_of,
    raters_needed,
    simulate,
)
from manyvoices.evaluate.preference.rules import Rules
from manyvoices.evaluate.preference.spread import spread

RULES = Rules()


@pytest.mark.parametrize("ties", ["half", "dropped"])
def test_the_formulas_error_is_that_of_simulated_studies(ties: str) -> None:
    truth = planted(0.56, rater_sd=0.6, prompt_sd=0.5, all_bad=0.1, cannot_judge=0.05, position=0.3)
    rules = Rules(ties=ties)
    found = components(truth, OURS, BASE, rules)
    size = {"raters": 40, "prompts": 40, "per_rater": 15}
    played = simulate(
        truth, OURS, BASE, **size, rules=rules, n_studies=300, rng=np.random.default_rng(1)
    )
    assert played.votes == pytest.approx(40 * 15 * found.counted, rel=0.02)
    expected = half_width_of(found, 40, 40, 15, 0.95)
    assert played.half_width == pytest.approx(expected, rel=0.06)
    assert played.power == pytest.approx(power_of(found, 40, 40, 15, 0.95), abs=0.09)
    assert 0.91 <= played.coverage <= 0.99


def test_parts_add_up_to_the_variance_of_a_vote() -> None:
    plain = components(planted(0.5, ties=0.0), OURS, BASE, RULES)
    assert (plain.raters, plain.prompts) == pytest.approx((0, 0), abs=1e-12)
    assert plain.rest == pytest.approx(0.25)
    both = components(planted(0.5, ties=0.0, rater_sd=1, prompt_sd=1), OURS, BASE, RULES)
    assert both.raters + both.prompts + both.rest == pytest.approx(0.25)
    assert both.raters == pytest.approx(both.prompts)


def test_more_people_never_replace_prompts() -> None:
    truth = planted(0.55, rater_sd=0.3, prompt_sd=1.0)
    found = components(truth, OURS, BASE, RULES)
    assert raters_needed(found, Goal(0.8), 22, 22, 0.95) is None
    few, many = (raters_needed(found, Goal(0.8), n, 20, 0.95) for n in (300, 1000))
    assert few is not None
    assert many is not None
    assert many < few


def test_the_number_found_is_the_least_that_is_enough() -> None:
    found = components(planted(0.57, rater_sd=0.5), OURS, BASE, RULES)
    for goal in (Goal(0.8), Goal(0.8, half_width=0.04)):
        n = raters_needed(found, goal, 100, 10, 0.95)
        assert n is not None
        ways = [
            half_width_of(found, m, 100, 10, 0.95) <= 0.04
            if goal.half_width
            else power_of(found, m, 100, 10, 0.95) >= 0.8
            for m in (n, n - 1)
        ]
        assert ways == [True, False]


def config(out: Path, **more: Any) -> PlanConfig:
    start: dict[str, Any] = {
        "title": "Ours against the baseline", "model": OURS, "baseline": BASE, "win_rate": 0.6,
        "prompts": (22, 60), "per_rater": (10,), "simulations": 60,
        "expected": Expected(prompt_sd=1.2, failed=0.02), "cost": Cost(per_verdict=0.5),
        "out": out,
    }  # fmt: skip
    return PlanConfig(**{**start, **more})


def test_a_plan_prints_its_table_and_writes_what_was_decided(tmp_path: Path) -> None:
    done: list[tuple[int, int]] = []
    result = run(config(tmp_path), progress=lambda n, of: done.append((n, of)))
    assert done
    assert done[-1][0] == done[-1][1]
    few, many = result.results["designs"]
    chosen = result.results["chosen"]
    assert few["raters"] is None
    assert chosen == many
    assert chosen["cost"] == 0.5 * chosen["verdicts"]
    text = (tmp_path / "README.md").read_text()
    assert "no number of people helps" in text
    record = preregistration.read(tmp_path / "preregistration.json")
    assert record["sha256"] == result.results["preregistration"]
    assert record["design"]["raters"] == chosen["raters"]
    written = (tmp_path / "preregistration.md").read_text()
    assert record["sha256"] in written
    assert "differs from 50%" in written
    assert any("Preregistered" in str(part) for part in lines(result))


def test_the_same_plan_has_the_same_hash_and_another_has_another(tmp_path: Path) -> None:
    hashes = {
        name: run(config(tmp_path / name, **more)).results["preregistration"]
        for name, more in {"one": {}, "two": {}, "three": {"by": ("country",)}}.items()
    }
    assert hashes["one"] == hashes["two"] != hashes["three"]


def test_a_chosen_size_is_preregistered_whatever_it_gives(tmp_path: Path) -> None:
    size = Design(raters=30, prompts=22, per_rater=10)
    result = run(config(tmp_path, prompts=(22,), chosen=size))
    assert result.results["chosen"]["raters"] == 30
    assert result.results["chosen"]["simulated"]["power"] < 0.8


def test_without_a_size_that_is_enough_nothing_is_preregistered(tmp_path: Path) -> None:
    result = run(config(tmp_path, prompts=(22,)))
    assert result.results["chosen"] is None
    assert not (tmp_path / "preregistration.json").exists()


def test_a_changed_preregistration_is_refused(tmp_path: Path) -> None:
    run(config(tmp_path))
    path = tmp_path / "preregistration.json"
    record = json.loads(path.read_text())
    record["analysis"]["rules"]["ties"] = "dropped"
    path.write_text(json.dumps(record))
    with pytest.raises(PreregistrationError, match="was changed after it was written"):
        preregistration.read(path)
    path.write_text("{}")
    with pytest.raises(PreregistrationError, match="lacks hypotheses, design, analysis, sha256"):
        preregistration.read(path)
    path.write_text("never")
    with pytest.raises(PreregistrationError, match="holds no JSON"):
        preregistration.read(path)


def test_every_deviation_is_named_and_none_where_there_is_none(tmp_path: Path) -> None:
    run(config(tmp_path, by=("country",)))
    record = preregistration.read(tmp_path / "preregistration.json")
    size = record["design"]
    reached = {
        "baseline": BASE, "raters": size["raters"], "prompts": size["prompts"],
        "by": ["country"], "least_raters": 5, "simulated": False,
    }  # fmt: skip
    assert preregistration.deviations(record, RULES, reached) == []
    other = {
        **reached, "baseline": None, "raters": 3, "by": ["age"], "least_raters": 2,
        "simulated": True,
    }  # fmt: skip
    found = preregistration.deviations(record, Rules(ties="dropped", level=0.9), other)
    assert {one["what"] for one in found} == {
        "rule ties", "rule level", "baseline", "number of raters", "least people in a group",
        "results by age", "results by country", "who judged",
    }  # fmt: skip


def test_a_study_tells_how_much_people_and_prompts_differ() -> None:
    truth = planted(0.55, rater_sd=0.8, prompt_sd=0.5, ties=0.2)
    found = [
        spread(votes(truth, raters=120, prompts=80, each=25, seed=seed), OURS, BASE)
        for seed in range(8)
    ]
    assert np.mean([one["rater_sd"] for one in found]) == pytest.approx(0.8, abs=0.08)
    assert np.mean([one["prompt_sd"] for one in found]) == pytest.approx(0.5, abs=0.08)
    none = [spread(votes(planted(0.5), seed=seed), OURS, BASE)["rater_sd"] for seed in range(10)]
    assert np.mean(none) < 0.25
    Expected(**found[0])  # it is what a plan takes


def test_one_vote_each_tells_nothing_of_people() -> None:
    found = spread(votes(planted(0.5), raters=60, prompts=20, each=1), OURS, BASE)
    assert found["rater_sd"] is None
    assert found["prompt_sd"] is not None
