"""Tables of raters: what is read of them, planted differences, and the real POPQUORN."""

from __future__ import annotations

import csv

import numpy as np
import pytest
from tests.real_data import needs_real_data, real

from manyvoices.analyse.dataset import NotEnough
from manyvoices.analyse.raters import rated_table, rater_comparison, rater_report, read_rated_table
from manyvoices.analyse.resampling import Resampling
from manyvoices.analyse.settings import Settings
from manyvoices.schema import RatedText

FEW = Settings(resampling=Resampling(n_resamples=60), min_group=8)


def rows(n_raters=60, n_items=40, each=20, *, planted=0.0, seed=0):
    rng = np.random.default_rng(seed)
    item_level, rater_level = rng.normal(0, 1, n_items), rng.normal(0, 0.6, n_raters)
    for rater in range(n_raters):
        north = rater % 3 == 0
        for item in rng.permutation(n_items)[:each]:
            value = 3 + item_level[item] + rater_level[rater] + planted * north
            yield RatedText(
                item_id=f"i{item}",
                participant_id=f"r{rater}",
                ratings={"harm": float(np.round(value + rng.normal(0, 0.8), 2))},
                attributes={"home": "north" if north else "south", "age": 20 + rater,
                            "batch": int(item) % 2},
            )  # fmt: skip


def test_attributes_of_raters_make_groups_and_those_of_items_do_not():
    table = rated_table(rows())
    assert table.scale == "harm"
    assert [field.column for field in table.fields] == ["home"]
    assert table.fields[0].levels == ("north", "south")
    assert np.bincount(table.groups[0]).tolist() == [20, 40]
    assert len(table.rating) == 60 * 20


def test_a_planted_difference_is_in_its_interval_and_two_groups_mirror_each_other():
    found = rater_comparison(rated_table(rows(planted=1.5)), FEW)
    north, south = found.groups
    assert (north.group, south.group) == ("north", "south")
    assert abs(north.difference - 1.5) < 2.6 * north.error
    assert south.difference == pytest.approx(-north.difference)
    assert north.p < 0.001
    assert north.low < north.mean < north.high
    assert found.parts["home"].variance > 0.3


def test_variance_of_raters_and_items_is_recovered():
    found = rater_comparison(rated_table(rows(n_raters=150, n_items=80, seed=3)), FEW)
    assert found.parts["item"].variance == pytest.approx(1.0, abs=0.5)
    assert found.parts["rater"].variance == pytest.approx(0.36, abs=0.15)
    assert found.parts["residual"].variance == pytest.approx(0.64, abs=0.15)


def test_small_groups_are_named_and_not_compared():
    found = rater_comparison(rated_table(rows(n_raters=15)), FEW)
    assert found.groups == ()
    assert found.left_out[0] == ("Home", "north", 5)


def test_ratings_that_are_missing_are_not_there_and_a_table_of_none_is_refused():
    gaps = [
        RatedText(item_id="a", participant_id=f"r{n}", ratings={"harm": None}) for n in range(3)
    ]
    table = rated_table([*gaps, *rows(n_raters=3)])
    assert len(table.raters) == 3
    with pytest.raises(NotEnough, match="no rating"):
        rated_table(gaps)


@needs_real_data
def test_popquorn_goes_through_and_its_means_are_a_plain_count():
    path = real("raters/popquorn_offensiveness.csv")
    found = rater_report(path, Settings(resampling=Resampling(n_resamples=30)))
    assert (found.n_ratings, found.n_raters, found.n_items) == (13_036, 262, 1_500)
    with path.open(encoding="utf-8", newline="") as file:
        table = list(csv.DictReader(file))
    for one in found.groups:
        column = one.field.lower()
        mine = [row for row in table if row[column] == one.group]
        assert len(mine) == one.n_ratings
        assert len({row["user_id"] for row in mine}) == one.n_raters
        assert one.mean == pytest.approx(np.mean([float(row["offensiveness"]) for row in mine]))
    assert ("Race", "Asian", 19) in found.left_out
    assert {one.field for one in found.groups} == {
        "Gender", "Race", "Age", "Occupation", "Education"
    }  # fmt: skip
    assert 0.2 < found.alpha.value < 0.4
    assert sum(c.share for c in found.parts.components) == pytest.approx(1)
    white = next(one for one in found.groups if one.group == "White")
    assert white.shrunk_low < white.shrunk < white.shrunk_high
    assert abs(white.shrunk) < abs(white.difference)


@needs_real_data
def test_popquorns_race_difference_is_the_regression_with_dummies_of_items():
    api = pytest.importorskip("statsmodels.api")
    table = read_rated_table(real("raters/popquorn_offensiveness.csv"))
    found = rater_comparison(table, Settings(resampling=Resampling(n_resamples=0)))
    black = next(one for one in found.groups if one.group.startswith("Black"))
    place = [field.column for field in table.fields].index("race")
    code = table.groups[place][table.rater]
    levels = table.fields[place].levels
    mine = code == levels.index(black.group)
    rest = code == levels.index("White")
    both = np.intersect1d(table.item[mine], table.item[rest])
    use = (mine | rest) & np.isin(table.item, both)
    _, item = np.unique(table.item[use], return_inverse=True)
    centred = [
        values - (np.bincount(item, weights=values) / np.bincount(item))[item]
        for values in (mine[use].astype(float), table.rating[use])
    ]
    fit = api.OLS(centred[1], centred[0]).fit(
        cov_type="cluster", cov_kwds={"groups": table.rater[use]}
    )
    assert black.difference == pytest.approx(float(fit.params[0]), abs=1e-9)
    # statsmodels does not know of the constants per item in its small-sample factor.
    n, k = use.sum(), len(both)
    assert black.error == pytest.approx(
        float(fit.bse[0]) * np.sqrt((n - 1) / (n - 1 - k) * (n - 1) / (n - 1)), rel=2e-3
    )
