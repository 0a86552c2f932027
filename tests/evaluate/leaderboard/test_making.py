"""From a file of battles to boards: what is claimed, what is left out, what is remembered."""

from __future__ import annotations

import csv
import datetime as dt
import json
from pathlib import Path
from typing import Any

import numpy as np
import polars as pl
import pytest
from tests.analyse.releases import Plan, write_release
from tests.cli.test_comparisons import PEOPLE, votes
from tests.evaluate.leaderboard.made import STRENGTHS, write_battles
from tests.io.compared import preference_study
from tests.io.conftest import person
from tests.real_data import needs_real_data, real

from manyvoices.evaluate.leaderboard import Leaderboard, Settings, make_leaderboard
from manyvoices.evaluate.leaderboard.errors import NobodyToRank, NoDataOfResults, TooFewPeople
from manyvoices.schema.errors import DataError

NOW = dt.datetime(2026, 11, 21, 12, 0, tzinfo=dt.UTC)


def made(data: Path, out: Path, *, now: dt.datetime = NOW, **settings: Any) -> Leaderboard:
    return make_leaderboard(data, out, Settings(**{"resamples": 200, **settings}), now=now)


def rows(found: Leaderboard, place: int = 0) -> dict[str, dict[str, Any]]:
    return {row["model"]: row for row in found.results["boards"][place]["rows"]}


def test_planted_strengths_come_back_with_ranges_that_tell_no_more_than_is_known(
    tmp_path: Path,
) -> None:
    found = made(write_battles(tmp_path / "b.jsonl", per_person=60), tmp_path / "out")
    mine = rows(found)
    assert (mine["ash"]["rank_low"], mine["ash"]["rank_high"]) == (1, 1)
    assert (mine["dogwood"]["rank_low"], mine["dogwood"]["rank_high"]) == (4, 4)
    for twin in ("birch", "cedar"):
        assert (mine[twin]["rank_low"], mine[twin]["rank_high"]) == (2, 3)
    for name, row in mine.items():
        assert row["low"] < row["score"] < row["high"], name
    gap = mine["ash"]["score"] - mine["dogwood"]["score"]
    # Ties, a tenth, count half: the gap is a little smaller than the planted one.
    planted = 400 / np.log(10) * (STRENGTHS["ash"] - STRENGTHS["dogwood"])
    assert gap == pytest.approx(planted, rel=0.2)


def test_boards_of_languages_and_categories_follow_and_no_small_group_is_named(
    tmp_path: Path,
) -> None:
    people = {"en": 30, "de": 20, "fr": 4, "is": 3}
    found = made(write_battles(tmp_path / "b.jsonl", people=people), tmp_path / "out")
    names = [(board["field"], board["value"]) for board in found.results["boards"]]
    # Seven people are still too few, so that German is folded in too.
    assert names[1:] == [
        ("language", "en"), ("language", "other (small groups together)"),
        ("category", "prose"), ("category", "code"),
    ]  # fmt: skip
    text = json.dumps(found.results) + (tmp_path / "out" / "leaderboard.csv").read_text()
    assert '"is"' not in text
    assert "secret-" not in text


def test_the_three_files_hold_the_same_rows(tmp_path: Path) -> None:
    out = tmp_path / "out"
    found = made(write_battles(tmp_path / "b.jsonl"), out)
    with (out / "leaderboard.csv").open() as file:
        from_csv = list(csv.DictReader(file))
    from_parquet = pl.read_parquet(out / "leaderboard.parquet").to_dicts()
    assert json.loads((out / "leaderboard.json").read_text()) == found.results
    assert (
        len(from_csv)
        == len(from_parquet)
        == sum(len(board["rows"]) for board in found.results["boards"])
    )
    assert [float(row["score"]) for row in from_csv] == [row["score"] for row in from_parquet]


def test_a_board_of_few_people_is_refused_in_words(tmp_path: Path) -> None:
    data = write_battles(tmp_path / "b.jsonl", people={"en": 6})
    with pytest.raises(TooFewPeople, match="found verdicts of 6 people, expected at least 10"):
        made(data, tmp_path / "out")
    assert made(data, tmp_path / "out", least_people=5).results["boards"]


def test_bots_do_not_count_unless_asked_for_and_then_it_is_said(tmp_path: Path) -> None:
    data = write_battles(tmp_path / "b.jsonl", simulated=True)
    with pytest.raises(NobodyToRank, match=r"800 simulated.*--simulated"):
        made(data, tmp_path / "out")
    found = made(data, tmp_path / "out", simulated=True)
    assert any("bots" in note for note in found.results["notes"])


def test_a_model_that_nothing_links_is_named_and_not_ranked(tmp_path: Path) -> None:
    strengths = {**STRENGTHS, "yew": 60.0}
    data = write_battles(tmp_path / "b.jsonl", strengths=strengths)
    lines = [json.loads(line) for line in data.read_text().splitlines()]
    for row in lines:  # the unbeatable never ties either
        if "yew" in (row["model_a"], row["model_b"]):
            row["winner"] = "model_a" if row["model_a"] == "yew" else "model_b"
    data.write_text("\n".join(map(json.dumps, lines)) + "\n")
    found = made(data, tmp_path / "out")
    assert set(rows(found)) == set(STRENGTHS)
    (one,) = found.results["boards"][0]["unranked"]
    assert one == {"model": "yew", "why": "never lost to the models that are ranked"}
    assert "yew" in rows(made(data, tmp_path / "other", method="rank_centrality"))


def test_without_names_intervals_are_called_too_narrow(tmp_path: Path) -> None:
    data = write_battles(tmp_path / "b.jsonl")
    kept = [json.loads(line) for line in data.read_text().splitlines()]
    for row in kept:
        del row["judge"]
    data.write_text("\n".join(map(json.dumps, kept)) + "\n")
    (warning,) = made(data, tmp_path / "out").results["boards"][0]["warnings"]
    assert "too narrow" in warning


def test_history_grows_with_new_data_and_not_by_running_twice(tmp_path: Path) -> None:
    data, out = tmp_path / "b.jsonl", tmp_path / "out"
    made(write_battles(data, people={"en": 20}), out)
    made(data, out, now=NOW + dt.timedelta(days=1))
    assert len((out / "history.jsonl").read_text().splitlines()) == 1
    found = made(write_battles(data, people={"en": 40}), out, now=NOW + dt.timedelta(days=7))
    first, last = found.results["history"]
    assert (first["n_people"], last["n_people"]) == (20, 40)
    width = [entry["models"]["ash"][2] - entry["models"]["ash"][1] for entry in (first, last)]
    assert width[1] < width[0]


def test_a_damaged_history_is_named_before_any_work(tmp_path: Path) -> None:
    (tmp_path / "history.jsonl").write_text('{"at": 3}\n')
    with pytest.raises(DataError, match=r"history\.jsonl:1"):
        made(tmp_path / "nothing.jsonl", tmp_path)


def test_style_explains_a_preference_for_length(tmp_path: Path) -> None:
    data = write_battles(tmp_path / "b.jsonl", texts=True, per_person=60)
    found = made(data, tmp_path / "out")
    style = found.results["style"]
    length = next(one for one in style["coefficients"] if one["name"] == "length")
    assert length["low"] > 0
    held = {row["model"]: row for row in style["rows"]}
    # Cedar is long: it looks better than it is.
    assert rows(found)["cedar"]["score"] > rows(found)["birch"]["score"] + 80
    assert held["cedar"]["score"] < held["cedar"]["plain"] - 40
    # Their planted strengths are the same; most of what lay between them was length.
    left = held["cedar"]["score"] - held["birch"]["score"]
    assert left < 0.6 * (held["cedar"]["plain"] - held["birch"]["plain"])
    text = json.dumps(found.results)
    assert "Private words" not in text
    assert made(data, tmp_path / "out", style=False).results["style"] is None


def test_a_release_of_conversations_and_one_of_comparisons_are_ranked(tmp_path: Path) -> None:
    talks = write_release(tmp_path / "talks", Plan(n_people=40, n_simulated=0))
    found = made(talks, tmp_path / "one", by=("gender",))
    assert found.results["data"]["name"] == "made-up-1"
    assert found.results["data"]["first"] is not None
    assert any("at most 5 apart are a tie" in note for note in found.results["notes"])
    people = [person(name) for name in PEOPLE]
    study = preference_study(tmp_path / "study", *votes(), participants=people, answers=[])
    found = made(study, tmp_path / "two", least_people=5)
    assert rows(found).keys() == {"ash", "birch"}
    assert found.results["data"]["excluded"] == {"set aside (too_fast)": 1, "not judged": 1}
    assert {board["value"] for board in found.results["boards"]} == {None, "cooking", "law"}


def test_the_results_of_a_preference_study_lead_to_its_data(tmp_path: Path) -> None:
    data = write_battles(tmp_path / "b.jsonl")
    folder = tmp_path / "results"
    folder.mkdir()
    results = folder / "results.json"
    results.write_text(json.dumps({"config": {"data": str(data)}}))
    assert made(folder, tmp_path / "out").results["data"]["name"] == "b.jsonl"
    results.write_text(json.dumps({"config": {"data": str(tmp_path / "gone")}}))
    with pytest.raises(NoDataOfResults, match="which is not there"):
        made(folder, tmp_path / "out")


def test_an_unknown_field_says_which_there_are(tmp_path: Path) -> None:
    with pytest.raises(ValueError, match="category, language, turn"):
        made(write_battles(tmp_path / "b.jsonl"), tmp_path / "out", by=("shoe size",))


@needs_real_data
def test_the_votes_of_mt_bench_put_its_models_in_the_known_order(tmp_path: Path) -> None:
    found = made(real("battles/mt_bench_human.jsonl"), tmp_path)
    order = [row["model"] for row in found.results["boards"][0]["rows"]]
    assert order[0] == "gpt-4"
    assert order[-1] == "llama-13b"
    assert found.results["boards"][0]["n_people"] == 65
    assert rows(found)["gpt-4"]["rank_high"] == 1
    assert found.results["data"]["n_shared_prompts"] == 80


def test_a_fixed_set_of_prompts_is_said_to_be_one_and_prompts_of_peoples_own_are_not(
    tmp_path: Path,
) -> None:
    def noted(path: Path, out: str) -> tuple[int, bool]:
        found = made(path, tmp_path / out).results
        said = any("on other prompts they would be wider" in note for note in found["notes"])
        return found["data"]["n_shared_prompts"], said

    own = write_battles(tmp_path / "own.jsonl")
    assert noted(own, "one") == (0, False)
    rows = [json.loads(line) for line in own.read_text().splitlines()]
    shared = [row | {"question_id": at % 7} for at, row in enumerate(rows)]
    given = tmp_path / "given.jsonl"
    given.write_text("".join(json.dumps(row) + "\n" for row in shared))
    assert noted(given, "two") == (7, True)
    each = [row | {"question_id": at} for at, row in enumerate(rows)]
    given.write_text("".join(json.dumps(row) + "\n" for row in each))
    assert noted(given, "three") == (0, False)
