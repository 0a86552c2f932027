"""Comparisons become battles, pairs, dialogues and labelled completions, alone or of a release."""

from __future__ import annotations

from collections import Counter
from itertools import combinations
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from tests.io.compared import comparison, exchange, preference_study, side
from tests.io.conftest import answer, pilot

from manyvoices.io import (
    convert,
    read_battles,
    read_dialogues,
    read_labelled,
    read_pairs,
    write_comparisons,
    write_native,
)
from manyvoices.io.arena import conversations
from manyvoices.io.converting import converters
from manyvoices.io.converting_comparisons import (
    EQUAL,
    NO_PREFERENCE,
    NO_TEXT,
    NOT_PREFERRED,
    to_battles,
    to_dialogues,
    to_labelled,
    to_pairs,
)
from manyvoices.schema import ChatLine, Comparison, Outcome

STEPS: dict[str, Any] = {
    "battles": to_battles,
    "pairs": to_pairs,
    "dialogues": to_dialogues,
    "labelled": to_labelled,
}


def run(step: Any, *records: Any, **options: Any) -> tuple[list[Any], Counter[str]]:
    lost: Counter[str] = Counter()
    return list(step(list(records), lost, **options)), lost


def user(text: str) -> ChatLine:
    return ChatLine(role="user", content=text)


def said(text: str) -> ChatLine:
    return ChatLine(role="assistant", content=text)


@pytest.mark.parametrize(
    ("verdict", "order", "outcome"),
    [
        ("choice", [[0], [1]], "A"),
        ("choice", [[1], [0]], "B"),
        ("tie", None, "TIE"),
        ("all_bad", None, "BOTH_BAD"),
        ("cannot_judge", None, "FAILED"),
        ("failed", None, "FAILED"),
    ],
)
def test_a_verdict_over_two_is_the_outcome_of_a_battle(
    verdict: str, order: Any, outcome: str
) -> None:
    [battle], _ = run(to_battles, comparison(verdict=verdict, order=order))
    assert (battle.model_a, battle.model_b) == ("left", "right")
    assert battle.outcome == Outcome(outcome)
    assert (battle.participant_id, battle.language) == ("ada", "en")
    assert battle.groups == {
        "stage": "comparisons", "prompt_id": "p1", "category": "cooking", "pool": "crowd",
    }  # fmt: skip


def test_an_order_of_three_is_three_battles_with_the_first_shown_as_model_a() -> None:
    battles, _ = run(to_battles, comparison(models=["x", "y", "z"], order=[[2], [0, 1]]))
    assert [(b.model_a, b.model_b, b.outcome.value) for b in battles] == [
        ("x", "y", "TIE"), ("x", "z", "B"), ("y", "z", "B"),
    ]  # fmt: skip
    assert len({battle.battle_id for battle in battles}) == 3
    assert {battle.conversation_id for battle in battles} == {"c1"}


@given(
    n=st.integers(2, 5),
    data=st.data(),
)
def test_every_two_places_meet_once_and_agree_with_the_order(n: int, data: Any) -> None:
    rank = data.draw(st.lists(st.integers(0, 2), min_size=n, max_size=n))
    order = [[i for i in range(n) if rank[i] == r] for r in sorted(set(rank))]
    verdict = "choice" if len(order) > 1 else "tie"
    record = comparison(
        models=[f"m{i}" for i in range(n)],
        verdict=verdict, order=order if verdict == "choice" else None,
    )  # fmt: skip
    battles, _ = run(to_battles, record)
    for (a, b), battle in zip(combinations(range(n), 2), battles, strict=True):
        wanted = "TIE" if rank[a] == rank[b] else "A" if rank[a] < rank[b] else "B"
        assert (battle.model_a, battle.model_b) == (f"m{a}", f"m{b}")
        assert battle.outcome == Outcome(wanted)


def test_votes_set_aside_and_comparisons_not_judged_are_counted_and_named() -> None:
    records = [
        comparison("a", quarantined=["too_fast", "too_many"]),
        comparison("b", quarantined=["one_sided"]),
        comparison("c", verdict=None),
        comparison("d"),
    ]
    for name, step in STEPS.items():
        made, lost = run(step, *records)
        assert len(made) == (2 if name == "labelled" else 1), name
        assert lost["comparisons set aside: too_fast"] == 1
        assert lost["comparisons set aside: one_sided"] == 1
        assert lost["comparisons not judged"] == 1
        made, lost = run(step, *records, with_quarantined=True)
        assert len(made) == (6 if name == "labelled" else 3), name
        assert not [reason for reason in lost if "set aside" in reason]


def test_only_a_preference_makes_a_pair() -> None:
    verdicts = ("choice", "tie", "all_bad", "cannot_judge", "failed")
    pairs, lost = run(to_pairs, *(comparison(v, verdict=v) for v in verdicts))
    [pair] = pairs
    assert pair.prompt == [user("How long is an egg boiled?")]
    assert (pair.chosen, pair.rejected) == ([said("left says.")], [said("right says.")])
    assert pair.groups["model_chosen"] == "left"
    assert pair.groups["category"] == "cooking"
    assert (pair.margin, lost[NO_PREFERENCE]) == (None, 4)


def test_an_order_makes_a_pair_of_every_two_that_are_not_equal() -> None:
    record = comparison(models=["x", "y", "z"], order=[[2], [0, 1]])
    pairs, lost = run(to_pairs, record)
    assert [(p.groups["model_chosen"], p.groups["model_rejected"], p.margin) for p in pairs] == [
        ("z", "x", 1.0), ("z", "y", 1.0),
    ]  # fmt: skip
    assert lost[EQUAL] == 1


def several_turns() -> Comparison:
    first = exchange(0, "Hello", ["Hi.", None])
    first.answers.append(side(1, "Good day.", attempt=2))
    return comparison(
        source="arena",
        prompt_id=None,
        order=[[1], [0]],
        exchanges=[
            first,
            exchange(1, "Why?", ["So.", "Thus."]),
            exchange(2, "And?", ["Well.", None]),
        ],
    )


def test_several_turns_are_two_conversations_up_to_the_last_that_both_answered() -> None:
    record = several_turns()
    [pair], _ = run(to_pairs, record)
    assert pair.prompt == [user("Hello")]
    assert pair.chosen == [said("Good day."), user("Why?"), said("Thus.")]
    assert pair.rejected == [said("Hi."), user("Why?"), said("So.")]
    [battle], _ = run(to_battles, record)
    found = conversations(battle)
    assert found is not None
    assert found[0] == [user("Hello"), said("Hi."), user("Why?"), said("So.")]
    [dialogue], lost = run(to_dialogues, record)
    assert dialogue.messages == found[1]
    assert lost[NOT_PREFERRED] == 1


def test_what_both_sides_share_at_the_start_is_the_prompt() -> None:
    """A prompt with earlier messages stands as exchanges in which all sides say the same."""
    earlier = exchange(0, "Hello", ["Hi.", "Hi."])
    [pair], _ = run(
        to_pairs, comparison(exchanges=[earlier, exchange(1, "Why?", ["So.", "Thus."])])
    )
    assert pair.prompt == [user("Hello"), said("Hi."), user("Why?")]
    assert (pair.chosen, pair.rejected) == ([said("So.")], [said("Thus.")])


def test_labelled_completions_are_good_or_not_and_a_tie_says_nothing() -> None:
    made, lost = run(
        to_labelled,
        comparison("a", models=["x", "y", "z"], order=[[2, 1], [0]]),
        comparison("b", verdict="all_bad"),
        comparison("c", verdict="tie"),
    )
    assert [row.label for row in made] == [False, True, True, False, False]
    assert made[0].prompt == [user("How long is an egg boiled?")]
    assert made[0].completion == [said("x says.")]
    assert lost[NO_PREFERENCE] == 1


def test_a_choice_without_texts_makes_no_pair_and_still_a_battle() -> None:
    record = comparison(exchanges=[])
    assert run(to_pairs, record)[0] == []
    assert run(to_pairs, record)[1][NO_TEXT] == 1
    assert len(run(to_battles, record)[0]) == 1


def test_answers_to_surveys_are_groups_of_the_battles_of_their_judge() -> None:
    answers = [
        answer("ada", "age", "single", "25-34"),
        answer("ada", "category", "single", "expert"),
        answer("ada", "uses", "multiple", ["games"]),
        answer("ada", "years", "number", 4),
        answer("cy", "age", "single", "65+"),
    ]
    [battle], lost = run(to_battles, *answers, comparison())
    assert battle.groups["age"] == "25-34"
    assert battle.groups["years"] == "4"
    assert (battle.groups["category"], battle.groups["survey_category"]) == ("cooking", "expert")
    assert lost["answers of surveys"] == 1
    assert lost["answers of surveys with more than one value"] == 1


@pytest.mark.parametrize("suffix", [".jsonl", ".jsonl.gz", ".parquet"])
def test_battles_come_back_from_the_arenas_form(tmp_path: Path, suffix: str) -> None:
    records = [
        comparison("a"),
        comparison("b", verdict="all_bad", language=None, category=None, pool=None),
        comparison("c", models=["x", "y", "z"], order=[[2], [0, 1]], simulated=True),
        comparison("d", verdict="failed", exchanges=[exchange(0, "Why?", ["So.", None])]),
    ]
    made, _ = run(to_battles, *records)
    write_comparisons(tmp_path, records)
    path = tmp_path / f"battles{suffix}"
    done = convert(tmp_path / "native" / "comparisons.jsonl", path, "arena")
    assert (done.n_read, done.n_written) == (4, 6)
    again = list(read_battles(path))
    assert [(b.model_a, b.model_b, b.outcome, b.groups, b.language, b.participant_id, b.simulated)
            for b in again] == [
        (b.model_a, b.model_b, b.outcome, b.groups, b.language, b.participant_id, b.simulated)
        for b in made
    ]  # fmt: skip
    assert [conversations(b) for b in again] == [conversations(b) for b in made]


def test_a_preference_study_is_converted_by_its_folder(tmp_path: Path) -> None:
    folder = preference_study(tmp_path / "r", comparison("a"), comparison("b", verdict="tie"))
    convert(folder, tmp_path / "battles.jsonl", "arena")
    battles = list(read_battles(tmp_path / "battles.jsonl"))
    assert [battle.outcome.value for battle in battles] == ["A", "TIE"]
    assert {battle.groups["age"] for battle in battles} == {"25-34"}
    for form, read, n in (
        ("trl-preferences", read_pairs, 1),
        ("trl-kto", read_labelled, 2),
        ("trl-messages", read_dialogues, 1),
    ):
        assert convert(folder, tmp_path / form, form).n_written == n
        assert len(list(read(tmp_path / form))) == n


def test_a_release_with_both_gives_both(tmp_path: Path) -> None:
    folder = tmp_path / "r"
    write_native(folder, **pilot())
    before = convert(folder, tmp_path / "before.jsonl", "trl-messages").n_written
    write_comparisons(folder, [comparison()])
    done = convert(folder, tmp_path / "after.jsonl", "trl-messages")
    assert done.n_written == before + 1
    assert "comparisons" not in done.not_carried


def test_without_comparisons_a_release_is_converted_as_before(tmp_path: Path) -> None:
    write_native(tmp_path / "r", **pilot())
    done = convert(tmp_path / "r", tmp_path / "b.jsonl", "arena")
    assert done.not_carried["answers of surveys"] == len(pilot()["answers"])


def test_whatever_a_converter_counts_it_said_that_it_may() -> None:
    said = {(step.source, step.target): set(step.cannot_carry) for step in converters()}
    full = comparison(
        "a", reasons=["tone"], reason_text="Kinder.", evidence={"seconds": 2},
        exchanges=[exchange(0, "Why?", ["So.", "Thus."])],
    )  # fmt: skip
    full.exchanges[0].answers[0] = side(
        0, "So.", latency_ms=3.5, n_words_cut=2, model_version="1", finish_reason="stop"
    )
    for target, step in STEPS.items():
        _, lost = run(step, full, comparison("b", verdict="tie"), comparison("c", verdict=None))
        assert set(lost) <= said["comparisons", target] & said["release", target]
        assert lost["answer.n_words_cut"] == lost["reasons"] == lost["reason_text"] == 1
        assert 0 not in lost.values()
