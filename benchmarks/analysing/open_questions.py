"""Open questions: are nulls rejected at the rate promised, and planted effects covered?

Rows without a peer hold rates: `ratio` is the rate found, the aim what was promised with two
standard errors of the simulation, and "same" whether it lies within four. `scale` shortens the
simulations: 1 is 1,000 nulls.
"""

from __future__ import annotations

import math
import warnings
from typing import Any

import numpy as np
from benchmarks.analysing.rows import Row, cpu, in_turns

from manyvoices.aggregate import Scores, fit
from manyvoices.analyse.multilevel import PeopleStats, adjusted, field_effects, shrink
from manyvoices.analyse.multiverse import Ratings, choices_of, orders
from manyvoices.analyse.resampling import Resampling
from manyvoices.analyse.variance import variance_components

NULLS = 1000
GROUPS, MODELS, PEOPLE = 4, 6, 160


def _rate(what: str, rate: float, promised: float, n: int, seconds: float, *, at_most: bool) -> Row:
    error = math.sqrt(promised * (1 - promised) / n)
    aim = f"<= {promised + 2 * error:.3f}" if at_most else f">= {promised - 2 * error:.3f}"
    far = rate - promised if at_most else promised - rate
    return Row(f"{what} ({n:,} simulated)", seconds, math.nan, rate, aim, far <= 4 * error)


def made_up(rng: Any, planted: Any = None, *, n_people: int = PEOPLE) -> tuple[Any, ...]:
    """Scores, models, people and the group of each person; `planted` (groups, models) points."""
    owner = np.repeat(np.arange(n_people), 4)
    model = np.argsort(rng.random((len(owner), MODELS)), axis=1)[:, :3].ravel()
    person = np.repeat(owner, 3)
    group = rng.permutation(np.arange(n_people) % GROUPS)
    score = 50 + rng.normal(0, 10, n_people)[person] + 5.0 * model
    score += rng.normal(0, 8, (n_people, MODELS))[person, model] + rng.normal(0, 15, len(person))
    return score + (0 if planted is None else planted[group[person], model]), model, person, group


def _field(score: Any, model: Any, person: Any, group: Any, *, deals: int, seed: int) -> Any:
    stats = PeopleStats.of(score, model, person, len(group), MODELS)
    return field_effects(
        stats, group, "wxyz", [f"m{m}" for m in range(MODELS)], n_deals=deals, seed=seed
    )


def null_groups(n: int) -> list[Row]:
    """Groups drawn by lot: how often is any difference claimed, by each way of claiming?"""
    rng = np.random.default_rng(0)
    lot, shrunk, found, alone = [], [], [], []

    def play() -> None:
        for trial in range(n):
            one = _field(*made_up(rng), deals=99, seed=trial)
            lot.append(one.p <= 0.05)
            shrunk.append(one.n_claimed() > 0)
            found.append(min(row.q for row in adjusted([one])[0].effects) < 0.05)
            alone.extend(row.p < 0.05 for row in one.effects)

    seconds, _ = cpu(play)
    each = [
        ("no difference: field rejected by labels dealt out", lot),
        ("no difference: any claim after shrinkage (false sign rate 5%)", shrunk),
        ("no difference: any claim by Benjamini-Hochberg at 5%", found),
        ("no difference: one difference by itself, p below 0.05", alone),
    ]
    return [
        _rate(what, float(np.mean(hits)), 0.05, n, seconds, at_most=True) for what, hits in each
    ]


def planted_groups(n: int) -> list[Row]:
    """Planted differences of 4 points (sd): are they in their intervals, shrunk or not?"""
    rng = np.random.default_rng(1)
    shrunk, alone, signs, claims = [], [], 0, 0

    def play() -> None:
        nonlocal signs, claims
        for trial in range(n):
            planted = rng.normal(0, 4, (GROUPS, MODELS))
            planted -= planted.mean(axis=1, keepdims=True)
            truth = planted - (planted.sum(axis=0) - planted) / (GROUPS - 1)
            one = _field(*made_up(rng, planted), deals=0, seed=trial)
            for row in one.effects:
                true = truth["wxyz".index(row.group), int(row.model[1:])]
                shrunk.append(row.shrunk_low <= true <= row.shrunk_high)
                alone.append(row.low <= true <= row.high)
                claims += row.false_sign <= 0.05
                signs += row.false_sign <= 0.05 and true * row.shrunk < 0

    seconds, _ = cpu(play)
    return [
        _rate("planted: in the interval after shrinkage", float(np.mean(shrunk)), 0.95, n,
              seconds, at_most=False),
        _rate("planted: in the interval by itself", float(np.mean(alone)), 0.95, n, seconds,
              at_most=False),
        _rate(f"planted: wrong sign among {claims:,} claims", signs / max(claims, 1), 0.05, n,
              seconds, at_most=True),
    ]  # fmt: skip


def shrinkage_alone(n: int) -> list[Row]:
    """Normal effects with normal errors, where the model of the shrinkage is exactly right."""
    rng = np.random.default_rng(2)
    inside: list[float] = []

    def play() -> None:
        for _ in range(n):
            error = rng.uniform(0.5, 2, 30)
            truth = rng.normal(0, 1, 30)
            found = shrink(truth + rng.normal(0, error), error, centre=0.0)
            inside.append(float(((found.low <= truth) & (truth <= found.high)).mean()))

    seconds, _ = cpu(play)
    what = "shrinkage, 30 effects: in the interval"
    return [_rate(what, float(np.mean(inside)), 0.95, n, seconds, at_most=False)]


def study(rng: Any, models: Any, groups: Any, n_people: int) -> tuple[Any, dict[str, Any], Any]:
    """A study of `n_people` with planted components; see `variance_coverage`."""
    n_models = len(models)
    talks = np.clip(rng.poisson(5.7, n_people), 1, None)
    owner = np.repeat(np.arange(n_people), talks)
    model = np.argsort(rng.random((len(owner), n_models)), axis=1)[:, :4].ravel()
    person, talk = np.repeat(owner, 4), np.repeat(np.arange(len(owner)), 4)
    group = person % len(groups)
    score = 50 + rng.normal(0, 8, n_people)[person] + models[model] + groups[group]
    score += rng.normal(0, 6, len(owner))[talk]
    score += rng.normal(0, 9, (n_people, n_models))[person, model]
    score += rng.normal(0, 15, len(person))
    cells = person * n_models + model
    return score, {"person": person, "group": group, "model": model, "talk": talk,
                   "taste": cells}, person  # fmt: skip


def variance_coverage(n: int) -> list[Row]:
    """Six planted components, intervals from 200 resamples of people."""
    rng = np.random.default_rng(3)
    models, groups = rng.normal(0, 7, 8), rng.normal(0, 4, 4)
    true = {"person": 64.0, "group": groups.var(ddof=1), "model": models.var(ddof=1),
            "talk": 36.0, "taste": 81.0, "residual": 225.0}  # fmt: skip
    hits = dict.fromkeys(true, 0)

    def play() -> None:
        for trial in range(n):
            score, factors, person = study(rng, models, groups, 120)
            found = variance_components(
                score, factors, person, resampling=Resampling(n_resamples=200, seed=trial)
            )
            for name, value in true.items():
                hits[name] += found[name].low <= value <= found[name].high

    seconds, _ = cpu(play)
    # Percentile intervals of variances from 120 people are a little short: 90% is what we hold to.
    return [
        _rate(f"variance of {name}: in its interval of 95%", hits[name] / n, 0.90, n, seconds,
              at_most=False)
        for name in true
    ]  # fmt: skip


def variance_speed(scale: float) -> list[Row]:
    """At PRISM's size, and against REML on a small balanced table, where both have one answer."""
    rng = np.random.default_rng(4)
    n_people = max(round(1396 * scale), 30)
    score, factors, person = study(rng, rng.normal(0, 7, 21), rng.normal(0, 3, 5), n_people)
    seconds, found = cpu(
        lambda: variance_components(score, factors, person, resampling=Resampling(n_resamples=500))
    )
    sure = all(one.low <= one.variance <= one.high for one in found.components)
    size = f"{len(score):,} scores, {n_people:,} people, 6 components, 500 resamples"
    return [Row(f"variance components: {size}; no peer fits this", seconds, math.nan, math.nan, "",
                sure), _against_reml()]  # fmt: skip


def _against_reml() -> Row:
    rng = np.random.default_rng(5)
    first, second = np.repeat(np.arange(12), 24), np.tile(np.repeat(np.arange(8), 3), 12)
    score = rng.normal(0, 2, 12)[first] + rng.normal(0, 3, 8)[second] + rng.normal(0, 1, 288)

    def peer() -> Any:
        from statsmodels.regression.mixed_linear_model import MixedLM, VCSpec

        parts = {"a": np.eye(12)[first], "b": np.eye(8)[second]}
        names = [list(map(str, range(x.shape[1]))) for x in parts.values()]
        spec = VCSpec(list(parts), [[one] for one in names], [[x] for x in parts.values()])
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            return MixedLM(score, np.ones((288, 1)), groups=np.ones(288), exog_vc=spec).fit()

    ours, theirs, mine, other = in_turns(
        lambda: variance_components(
            score, {"a": first, "b": second}, first, resampling=Resampling(n_resamples=0)
        ),
        peer,
    )
    got = np.array([one.variance for one in mine.components])
    wanted = np.array([*other.vcomp, other.scale])
    same = bool(np.allclose(got, wanted, rtol=2e-3))
    what = "288 balanced crossed scores; peer: REML of statsmodels, same to 0.2%"
    return Row(what, ours, theirs, theirs / ours, "", same)


def multiverse_speed(scale: float) -> list[Row]:
    """All universes together against one call of `fit` each."""
    rng = np.random.default_rng(6)
    n_people = max(round(1396 * scale), 30)
    score, factors, person = study(rng, rng.normal(0, 7, 21), np.zeros(1), n_people)
    every = np.ones(len(score), dtype=np.bool_)
    ratings = Ratings(
        np.clip(np.round(score), 1, 100), factors["model"], person, factors["talk"], every,
        tuple(f"m{m:02}" for m in range(21)), {"all": every}, {"all": every},
        {"everybody": every},
    )  # fmt: skip
    choices = tuple(
        c for c in choices_of(ratings) if c.name in ("method", "alpha", "tie_threshold")
    )

    def one_by_one() -> Any:
        rows = []
        for u in range(len(ours[1].places)):
            how = ours[1].settings(u)
            data: Any = Scores(ratings.model, ratings.score, ratings.turn, person, ratings.models)
            if how["method"] not in ("mean_score", "within_turn_rank"):
                data = data.battles(float(how["tie_threshold"]))
            more = {"alpha": float(how["alpha"])} if how["method"] == "rank_centrality" else {}
            rows.append(fit(data, how["method"], **more).scores)
        return np.stack(rows)

    ours = cpu(lambda: orders(ratings, choices))
    theirs, wanted = cpu(one_by_one)
    same = bool(np.allclose(ours[1].scores, wanted, rtol=1e-6))
    what = f"multiverse: {len(wanted)} universes of {len(score):,} scores; peer: a fit for each"
    return [Row(what, ours[0], theirs, theirs / ours[0], "", same)]


def main_rows(*, scale: float = 1.0) -> list[Row]:
    """Speed, then every simulation."""
    n = max(round(NULLS * scale), 20)
    few = max(n // 4, 20)
    return [
        *variance_speed(scale),
        *multiverse_speed(scale),
        *null_groups(n),
        *planted_groups(few),
        *shrinkage_alone(n),
        *variance_coverage(few),
    ]
