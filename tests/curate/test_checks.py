"""Checks of texts and answers: what they find, what they leave alone; nothing is decided."""

from __future__ import annotations

import datetime as dt
import math
import random
from pathlib import Path

import msgspec
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from tests.real_data import needs_real_data

from manyvoices.curate.checks_answers import Marks, Timed, check_answers
from manyvoices.curate.checks_duplicates import find_duplicates
from manyvoices.curate.checks_model_text import model_text_evidence
from manyvoices.curate.checks_reading import (
    marks_of_native,
    marks_of_prism,
    times_of_native,
    times_of_prism,
)
from manyvoices.curate.checks_shingles import containment, jaccard, near_pairs, shingles
from manyvoices.io import read_prism
from manyvoices.schema import Answer, Conversation
from manyvoices.schema.errors import DataError

SENTENCE = "the quick brown fox jumps over the lazy dog near the old stone bridge today"


def texts(*rows: tuple[str, str | None]) -> dict[str, list[str | None]]:
    return {
        "instance_id": [f"t{i}" for i in range(len(rows))],
        "user_id": [user for user, _ in rows],
        "text": [text for _, text in rows],
    }


def triples(text: str) -> set[tuple[str, ...]]:
    words = text.split()
    return {tuple(words[i : i + 3]) for i in range(len(words) - 2)} or {tuple(words)}


WORDS = st.lists(st.sampled_from("abcdefgh"), min_size=1, max_size=12).map(" ".join)


@settings(deadline=None)
@given(st.lists(WORDS, min_size=2, max_size=8))
def test_the_overlap_is_that_of_the_sets_of_triples(found: list[str]) -> None:
    made = shingles(found)
    first, second = np.triu_indices(len(found), 1)
    expected = []
    for i, j in zip(first, second, strict=True):
        a, b = triples(found[i]), triples(found[j])
        expected.append(len(a & b) / len(a | b))
    np.testing.assert_allclose(jaccard(made, first, second), expected)


def test_near_pairs_are_those_that_a_full_comparison_finds() -> None:
    rng = random.Random(7)
    vocabulary = [f"w{i}" for i in range(300)]
    found = [" ".join(rng.choices(vocabulary, k=40)) for _ in range(150)]
    for source in range(0, 60):
        words = found[source].split()
        for _ in range(rng.randrange(1, 4)):
            words[rng.randrange(40)] = rng.choice(vocabulary)
        found.append(" ".join(words))
    made = shingles(found)
    first, second = np.triu_indices(len(found), 1)
    overlap = jaccard(made, first, second)
    expected = {(i, j) for i, j, o in zip(first, second, overlap, strict=True) if o >= 0.8}
    a, b, near = near_pairs(made, threshold=0.8)
    assert set(zip(a, b, strict=True)) == expected
    assert len(expected) > 10
    assert near.min() >= 0.8


def test_texts_without_words_are_in_no_pair() -> None:
    a, _, _ = near_pairs(shingles(["", "?!", "", SENTENCE, SENTENCE + " again"]), threshold=0.8)
    assert a.tolist() == [3]
    assert near_pairs(shingles([]))[0].tolist() == []


def test_equal_texts_are_found_whatever_their_case_and_spaces() -> None:
    found = find_duplicates(
        texts(("a", SENTENCE), ("b", SENTENCE.upper().replace(" ", "  ")), ("a", SENTENCE + "\n"))
    )
    assert [group.instance_ids for group in found.exact] == [("t0", "t1", "t2")]
    assert not found.exact[0].one_person
    assert [(row.user_id, row.n_repeats, row.n_texts) for row in found.repetition] == [("a", 1, 2)]


def test_near_texts_are_found_with_their_overlap() -> None:
    changed = SENTENCE.replace("today", "tonight")
    found = find_duplicates(
        texts(("a", SENTENCE), ("a", changed), ("b", "five other words of mine"))
    )
    (pair,) = found.near
    assert (pair.first, pair.second, pair.one_person) == ("t0", "t1", True)
    assert pair.overlap == pytest.approx(12 / 14)
    assert found.repetition[0].share == 0.5


def test_short_texts_and_gaps_are_left_alone() -> None:
    found = find_duplicates(texts(("a", "hello"), ("b", "hello"), ("b", None)))
    assert (found.exact, found.near, found.n_texts, found.n_short) == ((), (), 0, 2)


def test_copies_are_proposed_and_not_decided() -> None:
    rows = [("a", f"{SENTENCE} {i % 2}") for i in range(6)]
    proposals = find_duplicates(texts(*rows)).proposals()
    assert all(one.decided_by is None for one in proposals)
    assert proposals[0].reason == "equal to t0, by the same person"
    assert {one.check for one in proposals} == {"duplicate", "near duplicate", "repetition"}


def test_the_order_of_time_says_which_is_the_repeat() -> None:
    found = find_duplicates(texts(("a", SENTENCE), ("b", SENTENCE)))
    assert found.repetition == ()
    with pytest.raises(DataError):
        find_duplicates({"instance_id": ["t"], "user_id": ["a"]})


@given(st.lists(st.tuples(st.sampled_from("ab"), WORDS), max_size=10))
@settings(deadline=None)
def test_the_same_texts_give_the_same_findings(rows: list[tuple[str, str]]) -> None:
    assert find_duplicates(texts(*rows)) == find_duplicates(texts(*rows))


def test_the_same_mark_throughout_is_a_straight_line() -> None:
    found = check_answers(
        [
            Marks("a", "prefs", [70, 70, None, 70, 70, 70]),
            Marks("b", "prefs", [70, 70, 70, 70, 71]),
            Marks("c", "prefs", [70, 70, None, None, None]),
        ]
    )
    assert [(line.user_id, line.n_marks, line.value) for line in found.straight_lines] == [
        ("a", 5, 70)
    ]


def test_sliders_left_alone_and_at_the_default_are_counted_apart() -> None:
    found = check_answers([Marks("a", "x", [50, None, 50, 50]), Marks("a", "y", [None, 50])])
    (use,) = found.sliders
    assert (use.n_sliders, use.n_untouched, use.n_at_default) == (6, 2, 4)
    assert (use.share_untouched, use.share_at_default) == (2 / 6, 4 / 6)
    checks = {one.check for one in found.proposals()}
    assert checks == {"sliders"}
    assert math.isnan(check_answers().median_at_default)


def test_a_time_below_the_floor_and_words_that_nobody_types_are_haste() -> None:
    found = check_answers(
        times=[
            Timed("a", "survey", 20),
            Timed("b", "c7", 60, 500),
            Timed("b", "c8", 600, 500),
            Timed("c", "c9", None, 500),
        ],
        floor_seconds=30,
    )
    assert [(one.user_id, one.what) for one in found.haste] == [("a", "survey"), ("b", "c7")]
    assert [(one.kind, one.id) for one in found.proposals()] == [
        ("person", "a"),
        ("conversation", "c7"),
    ]


def test_without_a_floor_the_others_give_it() -> None:
    times = [Timed(f"u{i}", "survey", 600.0 + 20 * i) for i in range(20)]
    found = check_answers(times=[*times, Timed("fast", "survey", 30.0)])
    assert [one.user_id for one in found.haste] == ["fast"]


def test_signs_of_a_model_are_listed_and_never_proposed() -> None:
    answer = " ".join(f"word{i}" for i in range(40))
    table = texts(
        ("a", "As an AI language model, I don't have personal opinions."),
        ("a", "I think taxes should be lower"),
        ("b", "## Plan\n- one thing\n- two thing\n- three thing\n"),
        ("c", " ".join(answer.split()[5:30])),
        ("c", None),
    )
    table |= {
        "conversation_id": ["c0", "c0", "c1", "c2", "c2"],  # type: ignore[dict-item]
        "pasted": [None, True, False, None, None],  # type: ignore[dict-item]
        "seconds": [600, 1, None, 60, None],  # type: ignore[dict-item]
    }
    report = model_text_evidence(table, shown={"c2": ["something else entirely", answer]})
    seen = {one.instance_id: one.seen for one in report.evidence}
    assert seen["t0"] == ("speaks as a model",)
    assert seen["t1"] == ("pasted", "speed: 360 words a minute")
    assert seen["t2"] == ("headings", "a list of three or more")
    assert seen["t3"] == ("shared: 100% of its word triples stand in an answer",)
    assert report.shares["pasted"] == 0.25
    assert report.by_person() == {"a": 2, "b": 1, "c": 1}
    assert not hasattr(report, "proposals")


def test_containment_is_of_the_part() -> None:
    made = shingles(["a b c d", "x a b c d y", "p q r"])
    assert containment(made, 0, [1]) == 1
    assert containment(made, 1, [0]) == 0.5
    assert containment(made, 0, []) == 0


@needs_real_data
def test_a_synthetic_prism_can_be_checked_from_end_to_end(tmp_path: Path) -> None:
    from benchmarks.synthetic_prism import write_synthetic

    write_synthetic(tmp_path, share=0.05)
    release = read_prism(tmp_path)
    survey, talks = list(release.survey), list(release.conversations)
    found = check_answers(
        marks_of_prism(survey, talks, release.utterances), times_of_prism(survey, talks)
    )
    assert {use.user_id for use in found.sliders} == {row["user_id"] for row in survey}
    prefs = [m for m in marks_of_prism(survey, [], []) if m.matrix == "stated_prefs"]
    assert len(prefs) == len(survey)
    assert {m.matrix for m in marks_of_prism(survey, [], [])} == {"stated_prefs"}
    assert {len(m.values) for m in prefs} == {9}


def test_marks_and_times_of_native_records() -> None:
    now = dt.datetime(2026, 11, 21, 12, tzinfo=dt.UTC)
    answer = Answer(
        participant_id="p",
        study_id="s",
        survey="v",
        question_id="prefs",
        kind="vas",
        value={"a": 3, "b": None},
        answered_at=now,
        consent_version="1",
        simulated=False,
    )
    talk = Conversation(
        conversation_id="c",
        participant_id="p",
        study_id="s",
        conversation_type="free",
        turns=[],
        performance_attributes={"fluency": 7, "values": None},
        consent_version="1",
        simulated=False,
        started_at=now,
        finished_at=now + dt.timedelta(seconds=90),
    )
    other = msgspec.structs.replace(talk, conversation_id="d", performance_attributes={"wit": 9})
    marks = marks_of_native([answer], [talk, other])
    assert [(m.matrix, list(m.values)) for m in marks] == [
        ("prefs", [3, None]),
        ("performance_attributes of c", [7, None]),  # wit was left alone, values does not apply
        ("performance_attributes of d", [9, None, None]),
        ("score", []),
    ]
    assert list(times_of_native([], [talk])) == [Timed("p", "c", 90.0, 0)]
