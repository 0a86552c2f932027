"""A judging model against people: the published figures, its biases, and whose judge it is."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from tests.evaluate.preference.judge_server import judging, sides
from tests.evaluate.preference.studies import BASE, OURS, folder
from tests.real_data import needs_real_data, real

from manyvoices.design.responders import ResponderSpec
from manyvoices.evaluate.generating import Generation
from manyvoices.evaluate.preference.agreeing import agreement
from manyvoices.evaluate.preference.config import JudgeConfig
from manyvoices.evaluate.preference.errors import JudgePromptError
from manyvoices.evaluate.preference.judges import judge_report
from manyvoices.evaluate.preference.judging import (
    TEMPLATE,
    Pair,
    _prompt,
    ask,
    pairs_of,
    verdict_of,
)
from manyvoices.evaluate.preference.reading import read_votes
from manyvoices.evaluate.preference.rules import Rules
from manyvoices.io import read_comparisons

RULES = Rules(resamples=2000)


@pytest.fixture(scope="module")
def mt_bench() -> dict[str, Any]:
    people, judge = (read_votes(real(f"battles/mt_bench_{who}.jsonl"), ["turn"])
                     for who in ("human", "gpt4"))  # fmt: skip
    family = ["gpt-4", "gpt-3.5-turbo"]
    return {
        "report": judge_report(people, judge, RULES, family=family),
        "agreement": agreement(people, RULES),
        "published": json.loads(real("battles/mt_bench_published_agreement.json").read_text()),
    }


def close(found: dict[str, Any], theirs: dict[str, Any]) -> None:
    assert found["n"] == theirs["n"]
    assert round(found["agreement"]["value"], 4) == theirs["raw_agreement"]
    assert round(found["kappa"]["value"], 4) == theirs["cohen_kappa"]
    # Their resamples are not ours.
    assert found["kappa"]["low"] == pytest.approx(theirs["kappa_ci_low"], abs=0.006)
    assert found["kappa"]["high"] == pytest.approx(theirs["kappa_ci_high"], abs=0.006)
    # Prompts are drawn whole, so that interval is the wider one.
    wide = found["kappa_over_prompts"]
    assert wide["high"] - wide["low"] > found["kappa"]["high"] - found["kappa"]["low"]


@needs_real_data
def test_both_authors_figures_come_from_their_joins(mt_bench: dict[str, Any]) -> None:
    one, two = (mt_bench["published"][f"author_{who}"] for who in "ab")
    joins = mt_bench["report"]["joins"]
    close(joins["pair"]["with_ties"], one["with_ties"])
    close(joins["pair"]["without_ties"], one["ties_excluded"])
    shown = joins["shown"]
    assert shown["with_ties"]["n"] == two["n_joined_pairs"]
    assert round(shown["with_ties"]["agreement"]["value"], 4) == two["agreement_all"]
    assert round(shown["with_ties"]["kappa"]["value"], 4) == two["kappa_all"]
    assert shown["without_ties"]["n"] == two["n_nontie"]
    assert round(shown["without_ties"]["agreement"]["value"], 4) == two["agreement_nontie"]
    assert round(shown["without_ties"]["kappa"]["value"], 4) == two["kappa_nontie"]


@needs_real_data
def test_people_agree_as_published_and_gpt_4_no_less(mt_bench: dict[str, Any]) -> None:
    alpha = mt_bench["agreement"]["alpha"]
    assert round(alpha.value, 4) == mt_bench["published"]["author_a"]["human_krippendorff_alpha"]
    assert alpha.low < alpha.value < alpha.high
    people = mt_bench["agreement"]["decided"]
    judge = mt_bench["report"]["votes"]["without_ties"]
    assert people.low < judge["value"]


@needs_real_data
def test_places_move_gpt_4_and_length_cannot_be_told(mt_bench: dict[str, Any]) -> None:
    kept, bias = mt_bench["report"]["consistency"], mt_bench["report"]["bias"]
    published = mt_bench["published"]["author_b"]["gpt4_inconsistent_rate"]
    assert kept["from"] == "marks"
    assert round(kept["inconsistent"]["value"], 4) == published
    assert kept["inconsistent"]["low"] < published < kept["inconsistent"]["high"]
    assert len(kept["pairs"]) == 15
    # 380 changed verdicts of 2,400: wherever they lean to, the first place is worth no more.
    reach = kept["inconsistent"]["high"] / 2
    assert kept["first_between"] == pytest.approx({"low": 0.5 - reach, "high": 0.5 + reach})
    assert reach < 0.09
    assert bias["length"] is None
    assert "neither file holds the texts" in bias["length_why"]
    assert "cannot be told" in bias["place_why"]


@pytest.fixture(scope="module")
def study(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return folder(tmp_path_factory.mktemp("study"))


def judge_of(url: str, **more: Any) -> JudgeConfig:
    spec = ResponderSpec(id="judge", provider="openai", base_url=url, model="judge", tries=1)
    return JudgeConfig(name="judge", ask=spec, **more)


def test_a_judge_that_likes_length_is_seen_to(study: Path, tmp_path: Path) -> None:
    def longer(prompt: str) -> str:
        a, b = (len(text) for text in sides(prompt))
        return f"The longer one.\nVerdict: {'A' if a > b else 'B' if b > a else 'TIE'}"

    with judging(longer) as (url, asked):
        found = ask(read_comparisons(study), judge_of(url), tmp_path)
        n = len(list(pairs_of(read_comparisons(study))))
        assert len(asked) == 2 * n == len(found.votes)
        again = ask(read_comparisons(study), judge_of(url), tmp_path)
        assert len(asked) == 2 * n  # nothing is asked twice
    assert again.outcomes == found.outcomes
    assert found.outcomes["unparsable"] == 0
    report = judge_report(read_votes(study, ["country"]), found.votes, RULES, family=[BASE])
    assert report["consistency"]["consistent"]["value"] == 1
    assert report["bias"]["length"]["value"] == 1
    assert report["bias"]["place"]["low"] <= 0.5 <= report["bias"]["place"]["high"]
    # The baseline writes more, so a judge of length sides with it.
    assert report["own_house"]["difference"]["low"] > 0
    by = {row["value"]: row for row in report["votes"]["by"]["country"]}
    # People in Brazil like ours, which is short: it is not their judge.
    assert by["US"]["agreement"]["value"] > by["Brazil"]["agreement"]["value"]
    assert by["US"]["against_others"]["value"] == pytest.approx(
        -by["Brazil"]["against_others"]["value"]
    )
    file = read_votes(tmp_path / "verdicts.jsonl")
    assert len(file) == len(found.votes)


def test_a_judge_that_always_says_a_is_not_consistent(study: Path, tmp_path: Path) -> None:
    with judging(lambda _: "A is first.\nVerdict: A") as (url, _asked):
        found = ask(read_comparisons(study), judge_of(url), tmp_path)
    kept = judge_report(read_votes(study), found.votes, RULES)["consistency"]
    assert kept["from"] == "both orders"
    assert kept["first_in_both"]["value"] == 1
    assert kept["inconsistent"]["value"] == 1


def test_a_judge_without_a_verdict_is_counted_and_never_guessed_at(
    study: Path, tmp_path: Path
) -> None:
    with judging(lambda _: "I prefer A. Verdict: A, clearly") as (url, _asked):
        found = ask(read_comparisons(study), judge_of(url), tmp_path)
    assert found.outcomes["unparsable"] == found.outcomes["answered"] == len(found.votes)
    assert not found.votes.counts(RULES).any()
    report = judge_report(read_votes(study), found.votes, RULES)
    assert report["n_counting"] == 0


@pytest.mark.parametrize(
    ("text", "winner"),
    [
        ("Verdict: A", "model_a"),
        ("because\nVerdict: B\n\n", "model_b"),
        ("Verdict: TIE", "tie"),
        ("Verdict: BOTH BAD", "tie (bothbad)"),
        ("Verdict: A\nVerdict: B", "model_b"),
        ("verdict: A", "error"),
        ("Verdict: A.", "error"),
        ("Verdict: A or B", "error"),
        ("**Verdict: A**", "error"),
        ("A", "error"),
        ("", "error"),
    ],
)
def test_a_verdict_is_one_line_of_the_form_that_was_asked_for(text: str, winner: str) -> None:
    said = Generation("k", "p", "m", "default", 0, "answered", text)
    assert verdict_of(said)[2] == winner


def test_an_answer_that_names_a_place_of_the_prompt_fills_none() -> None:
    pair = Pair("i", "p", "Say {first}", OURS, BASE, "{second}", "{prompt} === end")
    text = _prompt(pair, TEMPLATE).messages[0].content
    assert "Say {first}" in text
    assert "=== answer A ===\n{second}\n" in text
    assert "=== answer B ===\n{prompt} === end\n" in text


def test_a_prompt_of_ones_own_needs_its_places(study: Path, tmp_path: Path) -> None:
    mine = tmp_path / "mine.txt"
    mine.write_text("Which is better? {first} {first}")
    with pytest.raises(JudgePromptError, match=r"no \{prompt\} and no \{first\} and no \{second\}"):
        ask(read_comparisons(study), judge_of("http://127.0.0.1:1/v1", prompt=mine), tmp_path)
