"""The whole experiment: planted differences are found, chance is not taken for one."""

from __future__ import annotations

import csv
import sys
from pathlib import Path

import numpy as np
import pytest
from tests.analyse.releases import Plan, write_release
from tests.analyse.welfare.tables_made_up import made_up, people, two_sided_plan

from manyvoices.analyse.dataset import NotEnough
from manyvoices.analyse.dataset_reading import read_dataset
from manyvoices.analyse.resampling import Resampling
from manyvoices.analyse.settings import Settings
from manyvoices.analyse.welfare import ratings_welfare, run_experiment, study_welfare
from manyvoices.analyse.welfare.people import deal_labels
from manyvoices.analyse.welfare.result import DOMINATES, MeasureWelfare
from manyvoices.analyse.welfare.seats import chosen_models, shares

DATA = Path(__file__).parents[4] / "shared" / "data"
MANY_LIKE = [85.0, 60.0, 40.0, 40.0]
FEW_LIKE = [10.0, 60.0, 80.0, 40.0]


def run(liking: list[list[float]], *, n: int = 160, resamples: int = 200) -> MeasureWelfare:
    group = (np.arange(n) % 8 > 4).astype(int)
    table = made_up(np.array(liking), group, noise=15)
    settings = Settings(resampling=Resampling(n_resamples=resamples))
    result = run_experiment((table,), people(group), two_sided_plan(), settings, n_draws=400)
    return result.regions[0].measures[0]


@pytest.fixture(scope="module")
def planted() -> MeasureWelfare:
    return run([MANY_LIKE, FEW_LIKE])


def test_the_few_lose_when_the_many_alone_choose_and_this_is_found(planted: MeasureWelfare) -> None:
    few = next(panel for panel in planted.panels if panel.population == "few")
    row = next(row for row in few.comparisons if row.scheme == "many_100")
    assert row.sorted_dominates
    assert row.verdict == DOMINATES
    assert row.p_people < 0.05
    assert row.violation == 0


def test_the_harm_lies_in_its_interval_and_beyond_what_lots_give(planted: MeasureWelfare) -> None:
    (harm,) = planted.harms
    # Everyone together mostly takes the second model (60 to both), the many alone the first.
    assert harm.alone == pytest.approx(12, abs=4)
    assert harm.representative > harm.alone + 25
    assert harm.low <= harm.loss <= harm.high
    assert harm.loss > harm.lot_high
    assert harm.p < 0.05


def test_nobody_is_harmed_where_both_groups_like_the_same() -> None:
    same = run([MANY_LIKE, MANY_LIKE])
    (harm,) = same.harms
    assert harm.loss == pytest.approx(0, abs=1)
    assert harm.p > 0.05
    assert all(row.verdict != DOMINATES for p in same.panels for row in p.comparisons[1:])


def test_what_people_would_get_at_best_is_never_exceeded(planted: MeasureWelfare) -> None:
    for panel in planted.panels:
        assert all(one.welfare.max() <= panel.best + 1e-9 for one in panel.outcomes)
        assert panel.best_model in {row.model for row in planted.models}


def test_the_rules_choose_by_mean_by_first_choice_and_by_the_worst_off(
    planted: MeasureWelfare,
) -> None:
    worst = {row.model: row.worst for row in planted.models}
    assert planted.rules.by_worst == max(worst, key=worst.__getitem__)
    assert planted.rules.by_mean == planted.models[0].model
    tops = {row.model: row.top for row in planted.models}
    assert planted.rules.by_top == max(tops, key=tops.__getitem__)


def test_all_of_it_is_the_same_the_second_time(planted: MeasureWelfare) -> None:
    again = run([MANY_LIKE, FEW_LIKE])
    assert [p.comparisons for p in again.panels] == [p.comparisons for p in planted.panels]


def test_groups_that_do_not_differ_are_found_to_differ_at_the_nominal_rate() -> None:
    """200 made-up studies without group differences, 99 deals each; binomial 4 sd around .05.

    The representative pool holds the people whose welfare is measured, so its bare difference is
    above zero in most of them: what PRISM's relation would have called dominance.
    """
    p, above, group = [], [], np.repeat([0, 1], [25, 15])
    for seed in range(200):
        table = made_up(np.full((2, 4), 50.0), group, noise=20, met=0.7, seed=seed)
        rng = np.random.default_rng(seed + 1000)
        reference = shares(chosen_models(table, np.arange(40), 50, 200, rng), 4)
        deals = deal_labels(
            table,
            (group == 1)[None, :],
            (group == 0)[None, :],
            [50],
            reference,
            n_deals=99,
            rng=rng,
            n_draws=40,
        )
        p.append(deals.p_better[0, 0])
        above.append(deals.mean[0, 0] > 0)
    assert 0.05 - 4 * 0.0154 <= np.mean(np.array(p) <= 0.05) <= 0.05 + 4 * 0.0154
    assert np.mean(above) > 0.9


def test_a_release_without_census_samples_compares_its_largest_groups(tmp_path: Path) -> None:
    plan = Plan(n_people=80, reversed_region="South", p_failed=0.0)
    dataset = read_dataset(write_release(tmp_path, plan))
    result = study_welfare(dataset, Settings(resampling=Resampling(n_resamples=40)))
    assert "included_in_US_REP" in result.notes[0]
    (region,) = result.regions
    assert region.n_people == 80
    rating, choice = region.measures
    assert (rating.limits, choice.limits) == ((1.0, 100.0), (0.0, 1.0))
    south = next(panel for panel in rating.panels if panel.label.startswith("All but "))
    assert {one.scheme for one in south.outcomes} >= {"rep_10", "rep_100"}


def test_no_resamples_means_no_intervals_and_no_claims(tmp_path: Path) -> None:
    measure = run([MANY_LIKE, FEW_LIKE], resamples=0)
    rows = [row for panel in measure.panels for row in panel.comparisons]
    assert all(np.isnan(row.low) and np.isnan(row.p_people) for row in rows)
    assert DOMINATES not in {row.verdict for row in rows}


def test_too_few_people_is_a_sentence(tmp_path: Path) -> None:
    dataset = read_dataset(write_release(tmp_path, Plan(n_people=6)))
    with pytest.raises(NotEnough, match="20 people"):
        study_welfare(dataset, Settings())


def test_real_raters_go_through() -> None:
    path = DATA / "raters" / "popquorn_offensiveness.csv"
    if not path.exists():
        pytest.skip(f"no data at {path}")
    result = ratings_welfare(path, Settings(resampling=Resampling(n_resamples=10)))
    (region,) = result.regions
    assert region.n_people == 262
    assert "less is better" in result.notes[0]
    (measure,) = region.measures
    assert len(measure.harms) == 3
    assert all(1 <= row.mean <= 5 for row in measure.models)
    assert measure.panels[0].outcomes[0].mean < measure.panels[0].outcomes[3].mean


def golden() -> list[dict[str, str]]:
    path = DATA / "prism" / "golden" / "welfare_summary.csv"
    if not path.exists():
        pytest.skip(f"no data at {path}")
    with path.open() as file:
        return list(csv.DictReader(file))


def test_prisms_published_best_models_and_where_larger_samples_do_not_dominate() -> None:
    """The distributions are published as summaries, so these hold the figures, not the code."""
    rows = golden()
    best = {
        (row["country"], row["imputed"]): float(row["max"])
        for row in rows
        if (row["welfare_population"], row["mode"]) == ("rep", "choice")
    }
    assert best["us", "False"] == pytest.approx(0.4619, abs=5e-5)
    assert best["us", "True"] == pytest.approx(0.4501, abs=5e-5)
    assert best["uk", "False"] == pytest.approx(0.4650, abs=5e-5)
    smaller = [
        row["rep100_fosd"]
        for row in rows
        if (row["welfare_population"], row["mode"], row["imputed"])
        == ("nonwhite", "choice", "False")
        and row["sampling_scheme"].split("_rep_")[-1] in ("10", "20", "50")
    ]
    assert smaller == ["False"] * 6


def test_prisms_relation_never_contradicts_its_own_quantiles() -> None:
    """Where rep (100) was said to dominate, none of its published quantiles may be the lower."""
    rows = golden()
    by_file: dict[str, dict[str, dict[str, str]]] = {}
    for row in rows:
        by_file.setdefault(row["file"], {})[row["sampling_scheme"]] = row
    points = ("mean", "min", "p5", "p25", "p50", "p75", "p95", "max")
    n_said = 0
    for schemes in by_file.values():
        reference = next(row for name, row in schemes.items() if name.endswith("rep_100"))
        for row in schemes.values():
            if row["rep100_fosd"] == "True":
                n_said += 1
                assert all(float(reference[p]) >= float(row[p]) - 1e-12 for p in points)
    assert n_said > 0
    print(f"{n_said} of {6 * len(by_file)} comparisons")


def test_without_scikit_learn_all_but_imputing_is_done(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "sklearn.experimental", None)
    group = (np.arange(60) % 2).astype(int)
    table = made_up(np.array([MANY_LIKE, FEW_LIKE]), group)
    settings = Settings(resampling=Resampling(n_resamples=5))
    result = run_experiment((table,), people(group), two_sided_plan(), settings, n_draws=20)
    assert result.hold_outs == ()
    assert result.regions[0].imputed == ()
    assert any("manyvoices[topics]" in note for note in result.notes)
