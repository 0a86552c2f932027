"""What is asked next, and why: every reason finds what was planted, and nothing elsewhere."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

import pytest
import yaml
from hypothesis import given
from hypothesis import strategies as st
from tests.evaluate.next_batch.conftest import Evaluate
from tests.evaluate.next_batch.planted import MODELS, PROMPTS, drawn, study_files, write
from typer.testing import CliRunner

from manyvoices import cli
from manyvoices.design.steering import with_batch
from manyvoices.evaluate.next_batch.sharing import Wish, allot, share_out
from manyvoices.io import write_battles
from manyvoices.schema import Battle, Outcome

PLAIN = {"ash": 0.3, "birch": 0.2, "cedar": -0.8, "fir": -1.2}


@pytest.fixture(scope="module")
def release(tmp_path_factory: pytest.TempPathFactory) -> Path:
    comparisons, answers = drawn(PLAIN)
    return write(tmp_path_factory.mktemp("plain") / "release", comparisons, answers)


def only(reason: str) -> dict[str, float]:
    names = ("uncertainty", "disagreement", "coverage", "failures", "exploration")
    return {name: float(name == reason) for name in names}


def test_the_budget_is_spent_and_every_ask_is_one_that_the_study_can_be_asked(
    release: Path, evaluate: Evaluate
) -> None:
    run = evaluate(release, n=157)
    assert sum(ask.n for ask in run.asks) == 157 == run.results["asked"]
    study = with_batch(release / "study" / "study.yaml", run.out / "next_batch.jsonl")
    assert len(study.stages[-1].assignment.batch) == len(run.asks)


def test_the_same_seed_asks_the_same_and_another_explores_otherwise(
    release: Path, evaluate: Evaluate
) -> None:
    first, again = evaluate(release, "one", seed=3), evaluate(release, "two", seed=3)
    assert first.asks == again.asks
    other = evaluate(release, "three", seed=4)
    assert other.of("exploration") != first.of("exploration")


def test_uncertainty_asks_about_the_two_that_lead_and_says_what_it_knows(
    release: Path, evaluate: Evaluate
) -> None:
    run = evaluate(release, shares=only("uncertainty"), n=60)
    most = run.asks[0]
    assert set(most.models) == {"ash", "birch"}
    assert most.n > 40
    known = most.evidence[" – ".join(most.models)]
    assert known["difference"] >= 0 < known["standard_error"]
    assert run.results["gain"]["narrower"] > run.results["gain"]["narrower_evenly"] > 0


def test_with_a_baseline_every_set_holds_it(
    release: Path, tmp_path: Path, evaluate: Evaluate
) -> None:
    folder = tmp_path / "based"
    folder.mkdir()
    main = study_files()["study.yaml"].replace("source: live", "source: live, baseline: fir")
    for name, text in study_files(**{"study.yaml": main}).items():
        (folder / name).write_text(text)
    run = evaluate(release, study=str(folder), shares={**only("uncertainty"), "exploration": 1.0})
    assert all("fir" in ask.models for ask in run.asks)


def test_groups_that_part_are_asked_and_nothing_is_claimed_where_all_are_alike(
    tmp_path: Path, release: Path, evaluate: Evaluate
) -> None:
    def apart(answers: Mapping[str, str], _prompt: Mapping[str, str], model: str) -> float:
        return {"Female": 1.5, "Male": -1.5}[answers["gender"]] if model == "ash" else 0.0

    comparisons, answers = drawn(PLAIN, shift=apart)
    planted = write(tmp_path / "apart", comparisons, answers)
    run = evaluate(planted, disagreement={"permutations": 199}, shares=only("disagreement"))
    assert {tuple(ask.group) for ask in run.of("disagreement")} == {("gender",)}
    assert all("ash" in ask.models for ask in run.of("disagreement"))
    assert {ask.group["gender"] for ask in run.of("disagreement")} == {"Female", "Male"}
    claimed = run.results["tests"]["claimed"][0]
    assert claimed["name"] == "gender"
    plain = evaluate(release, disagreement={"permutations": 199})
    assert plain.results["tests"]["n"] > 4
    assert plain.of("disagreement") == []


def test_a_disputed_prompt_is_asked_again_with_the_models_that_part_people(
    tmp_path: Path, evaluate: Evaluate
) -> None:
    strong = {"ash": 4.0, "birch": 0.0, "cedar": -4.0, "fir": -8.0}

    def split(_answers: Mapping[str, str], prompt: Mapping[str, str], model: str) -> float:
        return -strong[model] if prompt["id"] == "p3" else 0.0

    comparisons, answers = drawn(strong, shift=split)
    planted = write(tmp_path / "split", comparisons, answers)
    run = evaluate(planted, shares=only("disagreement"))
    assert {ask.prompt for ask in run.of("disagreement")} == {"p3"}
    assert "part more than on other prompts" in run.readme


def test_coverage_fills_the_cells_that_have_too_little(tmp_path: Path, evaluate: Evaluate) -> None:
    comparisons, answers = drawn(PLAIN, weight={"ash": 8, "birch": 8, "cedar": 8})
    planted = write(tmp_path / "thin", comparisons, answers)
    run = evaluate(planted, shares=only("coverage"), n=40)
    assert all("fir" in ask.models for ask in run.asks)
    assert all(ask.category is not None and ask.language is not None for ask in run.asks)
    assert all(ask.evidence["verdicts"] < ask.evidence["wanted"] for ask in run.asks)


def test_a_group_below_its_share_of_the_census_is_asked_up_to_it(
    release: Path, tmp_path: Path, evaluate: Evaluate
) -> None:
    census = tmp_path / "census.csv"
    census.write_text("gender,region,share\nFemale,North,0.7\nMale,North,0.1\nMale,South,0.2\n")
    run = evaluate(
        release, shares=only("coverage"), n=50, coverage={"per_pair": 1, "census": str(census)}
    )
    groups = [ask.group for ask in run.asks if ask.group]
    assert {"gender": "Female", "region": "North"} in groups
    assert {"gender": "Male", "region": "North"} not in groups


def test_models_that_fail_often_are_asked_again_and_one_failure_is_no_pattern(
    tmp_path: Path, evaluate: Evaluate
) -> None:
    comparisons, answers = drawn(PLAIN, failing={"cedar": 0.4, "ash": 0.002})
    planted = write(tmp_path / "failing", comparisons, answers)
    run = evaluate(planted, n=400)
    assert [ask.models for ask in run.of("failures") if ask.models] == [("cedar",)]
    assert [one["model"] for one in run.results["failing"] if "model" in one] == ["cedar"]
    assert "asked again" in run.readme


def test_stored_outputs_that_are_not_there_are_flagged_since_nobody_can_ask_them(
    release: Path, tmp_path: Path, evaluate: Evaluate
) -> None:
    outputs = [
        {"prompt": prompt["id"], "model": model, "text": None if model == "fir" else "Hi."}
        for prompt in PROMPTS
        for model in MODELS
    ]
    folder = tmp_path / "stored"
    folder.mkdir()
    files = study_files(**{
        "study.yaml": study_files()["study.yaml"].replace(
            "source: live", "source: outputs, outputs: outputs.jsonl"
        ),
        "outputs.jsonl": "".join(json.dumps(row) + "\n" for row in outputs),
    })  # fmt: skip
    for name, text in files.items():
        (folder / name).write_text(text)
    run = evaluate(release, study=str(folder))
    assert run.of("failures") == []
    flagged = {one["model"]: one for one in run.results["failing"]}
    assert flagged["fir"]["asked_again"] is False
    assert not [ask for ask in run.of("coverage") if "fir" in ask.models]
    assert "look at it" in run.readme


def test_what_one_reason_cannot_use_goes_to_the_others(release: Path, evaluate: Evaluate) -> None:
    run = evaluate(release, n=100, shares={"failures": 99.0})
    shares = run.results["shares"]
    assert shares["failures"] == 0
    assert sum(shares.values()) == 100
    assert shares["uncertainty"] > shares["exploration"] > 0


def test_the_readme_says_in_sentences_what_is_asked_and_what_it_gains(
    release: Path, evaluate: Evaluate
) -> None:
    readme = evaluate(release, n=80).readme
    for said in ("leads", "is expected to fall by", "against", "serve STUDY.yaml --next-batch"):
        assert said in readme


def test_bots_votes_set_aside_and_votes_not_given_do_not_count_and_are_counted(
    tmp_path: Path, evaluate: Evaluate, refused: Callable[..., str]
) -> None:
    comparisons, answers = drawn(PLAIN, people=20)
    import msgspec

    bots = [msgspec.structs.replace(one, simulated=True) for one in comparisons]
    planted = write(tmp_path / "bots", bots, answers)
    assert "set simulated: true" in refused(planted)
    assert evaluate(planted, simulated=True).results["known"]["verdicts"] == len(bots)
    aside = [
        msgspec.structs.replace(one, quarantined=["too_fast"]) if n % 2 else one
        for n, one in enumerate(comparisons)
    ]
    run = evaluate(write(tmp_path / "aside", aside, answers), "aside")
    assert run.results["known"]["left_out"] == {"comparisons: set aside": len(bots) // 2}


def test_battles_alone_are_enough(tmp_path: Path, evaluate: Evaluate) -> None:
    comparisons, _ = drawn(PLAIN, people=30)
    battles = [
        Battle(
            model_a=one.models[0],
            model_b=one.models[1],
            outcome=Outcome.A if one.order == [[0], [1]] else Outcome.B,
            participant_id=one.participant_id,
        )
        for one in comparisons
    ]
    path = tmp_path / "battles.jsonl"
    write_battles(battles, path)
    run = evaluate(path, n=50)
    assert sum(ask.n for ask in run.asks) == 50
    assert run.results["known"]["people"] == 30


def test_a_group_that_the_study_does_not_know_is_refused(
    release: Path, refused: Callable[..., str]
) -> None:
    said = refused(release, coverage={"groups": {"gender": {"Femal": 1.0}}})
    assert "gender: Femal" in said
    assert "Female, Male" in said
    assert "no stage other" in refused(release, stage="other")
    assert "expected" in refused(release, shares=dict.fromkeys(only(""), 0.0))


def test_where_the_reward_model_is_wrong_is_asked_about(
    release: Path, tmp_path: Path, evaluate: Evaluate
) -> None:
    comparisons, _ = drawn(PLAIN)
    rows: list[dict[str, Any]] = [
        {
            "tree_id": f"release/{one.comparison_id}", "node_ids": ["x", "y"], "ranks": [0, 1],
            "scores": [1.0, -1.0] if one.category == "law" else [-1.0, 1.0], "groups": {},
        }
        for one in comparisons
    ]  # fmt: skip
    path = tmp_path / "groups.jsonl"
    path.write_text("".join(json.dumps(row) + "\n" for row in rows))
    run = evaluate(release, others={"reward": str(path)}, shares=only("disagreement"))
    assert {ask.category for ask in run.of("disagreement")} == {"cooking"}
    assert "the reward model is wrong or unsure" in run.readme


def test_what_a_preference_study_leaves_open_is_asked_about(
    release: Path, tmp_path: Path, evaluate: Evaluate, refused: Callable[..., str]
) -> None:
    """From the results of ``evaluate preference`` on the same release."""
    config = {"data": str(release), "baseline": "birch", "out": str(tmp_path / "preference")}
    path = tmp_path / "preference.yaml"
    path.write_text(yaml.safe_dump(config))
    done = CliRunner().invoke(cli.app, ["evaluate", "preference", str(path)])
    assert done.exit_code == 0, (done.output, done.exception)
    results = tmp_path / "preference" / "results.json"
    run = evaluate(release, others={"preference": str(results)}, shares=only("disagreement"))
    assert {frozenset(ask.models) for ask in run.of("disagreement")} == {
        frozenset(("ash", "birch"))
    }
    assert {ask.category for ask in run.of("disagreement")} >= {"law", "cooking"}
    assert "a win rate of" in run.readme
    results.write_text("{}")
    assert "results.json" in refused(release, others={"preference": str(results)})


def test_prompts_on_which_a_personal_model_sees_people_differ_are_asked_about(
    release: Path, tmp_path: Path, evaluate: Evaluate, refused: Callable[..., str]
) -> None:
    rows = [
        {"tree_id": "t", "prompt": PROMPTS[n]["text"], "taste": taste, "sigma": 1.0}
        for n, taste in ((2, 0.4), (5, 0.3))
    ]
    path = tmp_path / "disagreement.jsonl"
    path.write_text("".join(json.dumps(row) + "\n" for row in rows))
    run = evaluate(release, others={"personal": str(path)}, shares=only("disagreement"), n=70)
    assert {ask.prompt: ask.n for ask in run.of("disagreement")} == {"p2": 40, "p5": 30}
    path.write_text('{"tree_id": "t"}\n{"tree_id" \n')
    said = refused(release, others={"personal": str(path)})
    assert "disagreement.jsonl:1" in said
    assert "disagreement.jsonl:2" in said


@given(
    st.integers(0, 5000),
    st.dictionaries(st.text("abcdef", min_size=1), st.floats(0, 100), min_size=1, max_size=6),
    st.dictionaries(st.text("abcdef", min_size=1), st.integers(0, 300), max_size=6),
)
def test_a_budget_is_shared_whole_and_nobody_gets_more_than_they_can_use(
    n: int, weights: dict[str, float], most: dict[str, int]
) -> None:
    given_ = share_out(n, weights, most)
    assert all(given_[name] <= most.get(name, n) for name in weights)
    assert all(given_[name] == 0 for name, weight in weights.items() if weight == 0)
    room = sum(most.get(name, n) for name, weight in weights.items() if weight > 0)
    assert sum(given_.values()) == min(n, room)


def test_asks_of_one_reason_share_its_budget_by_their_weight() -> None:
    from manyvoices.design.comparisons.batch import Ask

    wishes = [Wish(Ask(prompt="a"), 3.0), Wish(Ask(prompt="b"), 1.0, most=5), Wish(Ask(), 0.0)]
    assert {ask.prompt: ask.n for ask in allot(wishes, 40)} == {"a": 35, "b": 5}
