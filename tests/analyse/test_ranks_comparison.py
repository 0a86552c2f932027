"""Two leaderboards beside each other: shared models, names, intervals."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

pytest.importorskip("polars")

from manyvoices.aggregate import Battles, fit
from manyvoices.analyse.dataset import NotEnough
from manyvoices.analyse.ranks import compare_leaderboards, openers_of, rank_analysis
from manyvoices.analyse.ranks.comparison import MAPPING, read_mapping, read_other
from manyvoices.analyse.resampling import Resampling
from manyvoices.analyse.settings import Settings
from manyvoices.schema.errors import DataError

from .planted_ranks import QUALITIES, planted
from .releases import Plan, write_release

MT_BENCH = Path("../shared/data/battles/mt_bench_human.jsonl")


def battles(**changes) -> Battles:
    return openers_of(planted(**changes), tie_threshold=5).scores.battles()


def test_two_samples_of_one_population_seldom_differ() -> None:
    apart = 0
    for seed in range(10):
        ours, theirs = battles(n_people=60, seed=seed), battles(n_people=60, seed=100 + seed)
        found = compare_leaderboards(ours, theirs, n_resamples=150)
        apart += len(found.apart)
        assert found.n_pairs == 15
        assert (found.difference_low <= found.difference).all()
    assert apart <= 9  # of 60


def test_a_model_that_does_better_with_us_is_named() -> None:
    better = {**QUALITIES, "fir": 40.0}
    found = compare_leaderboards(
        battles(n_people=80, qualities=better), battles(n_people=80, seed=2), n_resamples=300
    )
    assert dict(found.apart)["fir"] == 1
    assert found.models[0] == "fir"


def test_shares_and_win_rates_are_those_of_all_battles_between_shared_models() -> None:
    ours, theirs = battles(n_people=40), battles(n_people=30, seed=5)
    few = theirs.select(
        np.isin(theirs.a, (0, 1, 2)) & np.isin(theirs.b, (0, 1, 2)),
    )
    found = compare_leaderboards(ours, few, ("A", "B"), n_resamples=50)
    assert set(found.models) == {"ash", "beech", "cedar"}
    assert found.theirs.n_battles == len(few)
    assert found.theirs.n_models == 3
    assert found.ours.n_models == 6
    assert sum(found.theirs.shares) == pytest.approx(1)
    assert found.theirs.shares[2] == pytest.approx(few.n_ties / len(few))
    peer = fit(few, "win_rate")
    rates = dict(zip(found.models, found.theirs.win_rate, strict=True))
    assert rates == pytest.approx(dict(zip(peer.models, peer.scores, strict=True)))


def test_slots_follow_the_rarer_side_and_prisms_are_80_with_90_percent() -> None:
    ours, theirs = battles(n_people=60), battles(n_people=20, seed=4)
    found = compare_leaderboards(ours, theirs, n_resamples=40)
    counts = theirs.tally()
    met = (counts + counts.T)[np.triu_indices(6, 1)]
    assert found.per_pair == int(np.quantile(met, 0.1))
    assert found.level == 0.95
    prism = compare_leaderboards(ours, theirs, n_resamples=40, compat="prism")
    assert (prism.per_pair, prism.level) == (80, 0.9)
    wide = compare_leaderboards(ours, theirs, per_pair=80, n_resamples=40)
    assert ((wide.ours.high - wide.ours.low) >= (prism.ours.high - prism.ours.low) - 1e-12).all()


def test_names_are_matched_by_their_last_part_or_by_a_mapping(tmp_path: Path) -> None:
    ours, theirs = battles(n_people=30), battles(n_people=30, seed=1)
    renamed = Battles(
        theirs.a, theirs.b, theirs.outcome,
        ("org/Ash", "beech-v2", "cedar", "Date", "elm", "oak"), theirs.cluster,
    )  # fmt: skip
    found = compare_leaderboards(ours, renamed, n_resamples=20)
    assert set(found.models) == {"ash", "cedar", "date", "elm"}
    assert set(found.renamed) == {("org/Ash", "ash"), ("Date", "date")}
    (tmp_path / MAPPING).write_text("theirs,ours\nbeech-v2,beech\noak,fir\n")
    mapping = read_mapping(tmp_path / "battles.jsonl")
    assert set(compare_leaderboards(ours, renamed, mapping=mapping, n_resamples=20).models) == set(
        QUALITIES
    )
    (tmp_path / MAPPING).write_text("a,b\n1,2\n")
    with pytest.raises(DataError, match="theirs,ours"):
        read_mapping(tmp_path)


def test_nothing_shared_is_said_with_what_would_help() -> None:
    other = Battles(np.array([0]), np.array([1]), np.array([1.0]), ("oak", "pine"))
    with pytest.raises(NotEnough, match=MAPPING):
        compare_leaderboards(battles(n_people=10), other)


def test_a_report_says_why_a_comparison_is_missing(tmp_path: Path) -> None:
    file = tmp_path / "arena.jsonl"
    file.write_text('{"model_a": "oak", "model_b": "pine", "winner": "model_a"}\n')
    settings = Settings(resampling=Resampling(n_resamples=10), compare=file)
    found = rank_analysis(planted(n_people=12), settings)
    assert found.comparison is None
    assert any("share 0 models" in one.reason for one in found.missing)


def test_another_release_can_be_compared_with(tmp_path: Path) -> None:
    folder = write_release(tmp_path / "release", Plan(n_people=12))
    theirs, name = read_other(folder, tie_threshold=5)
    assert name == "A made-up study"
    assert theirs.models == ("alder", "birch", "cedar", "dogwood")
    ours = battles(qualities={"alder": 20.0, "birch": 10.0, "cedar": 0.0}, n_shown=3, n_people=30)
    assert set(compare_leaderboards(ours, theirs, n_resamples=10).models) == {
        "alder", "birch", "cedar",
    }  # fmt: skip


def test_human_votes_of_mt_bench_can_be_compared_with() -> None:
    if not MT_BENCH.exists():
        pytest.skip(f"the human votes of MT-bench are not at {MT_BENCH}")
    theirs, name = read_other(MT_BENCH, tie_threshold=5)
    assert name == "mt_bench_human"
    qualities = {"gpt-4": 25.0, "gpt-3.5-turbo": 15.0, "claude-v1": 12.0, "llama-13b": -20.0}
    found = compare_leaderboards(
        battles(qualities=qualities, n_people=60), theirs, ("planted", name), n_resamples=100
    )
    assert found.models[0] == "gpt-4"
    assert found.theirs.rank[0] == 1
    assert found.theirs.rank[-1] == 4
