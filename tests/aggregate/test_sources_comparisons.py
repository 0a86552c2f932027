"""Battles out of the comparisons of a release, alone and beside its conversations."""

from __future__ import annotations

from pathlib import Path

import pytest
from tests.io.compared import comparison, preference_study
from tests.io.conftest import answer, pilot

from manyvoices.aggregate import Battles, Scores, position_bias
from manyvoices.aggregate.errors import NoBattlesError
from manyvoices.aggregate.sources import release_sources
from manyvoices.io import write_comparisons, write_native
from manyvoices.schema import Comparison


def verdicts() -> list[Comparison]:
    """Two models on two prompts, every kind of verdict once, and three that do not count."""
    return [
        comparison("a"),
        comparison("b", order=[[1], [0]], prompt_id="p2", category="law", pool=None),
        comparison("c", verdict="tie", who="bot", simulated=True),
        comparison("d", verdict="all_bad"),
        comparison("e", verdict="cannot_judge"),
        comparison("f", verdict="failed", exchanges=[]),
        comparison("g", verdict=None),
        comparison("h", quarantined=["too_fast"]),
        comparison("i", quarantined=["one_sided", "too_fast"], order=[[1], [0]]),
    ]


def outcomes(battles: Battles) -> list[tuple[str, str, float]]:
    names = battles.models
    rows = zip(battles.a, battles.b, battles.outcome, strict=True)
    return [(names[a], names[b], float(outcome)) for a, b, outcome in rows]


def test_the_comparisons_of_a_release_are_battles_with_the_first_place_as_a(tmp_path: Path) -> None:
    battles = Battles.from_release(preference_study(tmp_path, *verdicts()))
    assert outcomes(battles) == [
        ("left", "right", 1.0), ("left", "right", 0.0), ("left", "right", 0.5),
        ("left", "right", 0.5),
    ]  # fmt: skip
    assert battles.excluded == {
        "failed": 1, "cannot_judge": 1, "not judged": 1,
        "set aside (too_fast)": 1, "set aside (one_sided)": 1,
    }  # fmt: skip
    assert (battles.n_participants, battles.n_simulated) == (2, 1)


def test_everything_a_comparison_can_be_grouped_by_is_there_unasked(tmp_path: Path) -> None:
    battles = Battles.from_release(preference_study(tmp_path, *verdicts()))
    assert battles.groups["prompt_id"].tolist() == ["p1", "p2", "p1", "p1"]
    assert battles.groups["category"].tolist() == ["cooking", "law", "cooking", "cooking"]
    assert battles.groups["pool"].tolist()[1] == "(not given)"
    assert set(battles.groups) == {"stage", "prompt_id", "category", "language", "pool", "source"}


def test_votes_set_aside_count_where_that_is_asked_for(tmp_path: Path) -> None:
    folder = preference_study(tmp_path, *verdicts())
    battles = Battles.from_release(folder, with_quarantined=True)
    assert len(battles) == 6
    assert "set aside (too_fast)" not in battles.excluded


def test_all_bad_is_a_tie_or_left_out_and_counted(tmp_path: Path) -> None:
    battles = Battles.from_release(preference_study(tmp_path, *verdicts()), both_bad="drop")
    assert len(battles) == 3
    assert battles.excluded["both_bad"] == 1


def test_an_order_of_three_is_three_battles_and_one_not_judged_is_three_left_out(
    tmp_path: Path,
) -> None:
    models = ["x", "y", "z"]
    folder = preference_study(
        tmp_path,
        comparison("a", models=models, order=[[2], [0, 1]]),
        comparison("b", models=models, verdict=None),
        comparison("c", models=["z", "x", "y"], verdict="cannot_judge"),
    )
    battles = Battles.from_release(folder)
    assert outcomes(battles) == [("x", "y", 0.5), ("x", "z", 0.0), ("y", "z", 0.0)]
    assert battles.excluded == {"not judged": 3, "cannot_judge": 3}


def test_judges_are_split_by_what_they_said_in_surveys(tmp_path: Path) -> None:
    answers = [*pilot()["answers"], answer("ada", "category", "single", "expert")]
    folder = preference_study(tmp_path, *verdicts(), answers=answers)
    battles = Battles.from_release(folder, groups=["age", "category", "language"])
    assert battles.groups["age"].tolist() == ["25-34", "25-34", "(not given)", "25-34"]
    # What was judged comes before what the judge said under the same name.
    assert battles.groups["category"].tolist()[:2] == ["cooking", "law"]
    with pytest.raises(ValueError, match="no field 'planet' to group by"):
        Battles.from_release(folder, groups=["planet"])


def test_where_a_release_holds_both_both_are_read_and_told_apart(tmp_path: Path) -> None:
    write_native(tmp_path, **pilot())
    assert release_sources(tmp_path) == "conversations"
    alone = Battles.from_release(tmp_path)
    write_comparisons(tmp_path, verdicts())
    assert release_sources(tmp_path) == "both"
    both = Battles.from_release(tmp_path)
    assert len(both) == len(alone) + 4
    assert both.groups["source"].tolist() == ["conversations"] * len(alone) + ["comparisons"] * 4
    for source, n in (("conversations", len(alone)), ("comparisons", 4), ("both", len(both))):
        assert len(Battles.from_release(tmp_path, source=source)) == n  # type: ignore[arg-type]
    assert both.excluded["unrated"] == alone.excluded["unrated"]
    assert both.excluded["failed"] == alone.excluded["failed"] + 1


def test_a_source_that_is_none_is_refused(tmp_path: Path) -> None:
    with pytest.raises(ValueError, match="conversations, comparisons or both"):
        Battles.from_release(preference_study(tmp_path, comparison()), source="trees")  # type: ignore[arg-type]


def test_comparisons_have_no_scores(tmp_path: Path) -> None:
    with pytest.raises(NoBattlesError, match="rated answer"):
        Scores.from_release(preference_study(tmp_path, comparison()), groups=["category"])


def test_position_bias_is_the_share_of_the_first_place(tmp_path: Path) -> None:
    records = [
        comparison(f"{who}{i}", who=who, models=["x", "y"] if i % 2 else ["y", "x"],
                   order=[[0], [1]] if i < 3 else [[1], [0]])
        for who in ("ada", "bot", "cy") for i in range(4)
    ]  # fmt: skip
    found = position_bias(Battles.from_release(preference_study(tmp_path, *records)))
    assert found.share == 0.75
    assert found.n_both_ways == 1
