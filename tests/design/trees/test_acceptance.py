"""From reviews to a decision."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st
from tests.design.trees.making import policy, votes

from manyvoices.design.trees import Review, TaskKind, decide, label_schema
from manyvoices.design.trees.acceptance import acceptance

THREE = policy()
AGAINST = THREE.acceptance_against
VALUE = st.sampled_from([0.0, 0.25, 0.5, 0.75, 1.0, None])
REVIEW = st.builds(
    lambda spam, lang, weight: Review({"spam": spam, "lang_mismatch": lang}, weight),
    VALUE,
    VALUE,
    st.sampled_from([0.05, 0.3, 1.0]),
)


@pytest.mark.parametrize(
    ("reviews", "accepted", "reason"),
    [
        pytest.param(votes(0, 0, 0), True, "", id="all say it is fine"),
        pytest.param(votes(1, 0, 0), True, "", id="one of three against it"),
        pytest.param(votes(1, 1, 0), False, "spam", id="two of three against it"),
        pytest.param(
            [Review({"spam": 1.0, "lang_mismatch": 0.0}),
             Review({"spam": 0.0, "lang_mismatch": 1.0}),
             Review({"spam": 0.0, "lang_mismatch": 0.0})], False, "lang_mismatch",
            id="one says spam, another the wrong language",
        ),
        pytest.param(votes(0, 0), None, "", id="one review is missing"),
        pytest.param([], None, "", id="nobody has looked"),
        pytest.param(votes(0, 0, None), None, "", id="one cannot tell: one more is needed"),
        pytest.param(votes(None, None, None), None, "", id="nobody can tell"),
        pytest.param(votes(0.4, 0.4, 0.4), False, "spam", id="at the threshold is not above it"),
    ],
)  # fmt: skip
def test_three_reviews_decide_as_in_open_assistant(
    reviews: list[Review], accepted: bool | None, reason: str
) -> None:
    found = decide(reviews, THREE, is_prompt=False)
    assert (found.accepted, found.reason) == (accepted, reason)


def test_a_label_that_was_left_open_is_not_the_lowest_value() -> None:
    """Open-Assistant stored 0 for every label that nobody touched (facts 1.6)."""
    left_open = [Review({"spam": 0.0}), Review({"spam": 0.0}), Review({"lang_mismatch": 1.0})]
    assert acceptance(left_open, AGAINST) == 0.0
    as_zero = [
        Review({"spam": 0.0, "lang_mismatch": 0.0}),
        Review({"spam": 0.0, "lang_mismatch": 0.0}),
        Review({"spam": 0.0, "lang_mismatch": 1.0}),
    ]
    assert acceptance(as_zero, AGAINST) == pytest.approx(2 / 3)


def test_where_nobody_can_tell_a_moderator_is_asked_to_look() -> None:
    assert decide(votes(None, None, None), THREE, is_prompt=False).is_split
    assert not decide(votes(None, 0), THREE, is_prompt=False).is_split


def test_more_reviews_are_asked_for_while_one_of_them_decides() -> None:
    """Two against three: leaving one out would turn it."""
    more = policy(max_reviews=5)
    split = decide(votes(1, 0, 0), more, is_prompt=False)
    assert (split.accepted, split.reviews_wanted) == (None, 4)
    clear = decide(votes(0, 0, 0), more, is_prompt=False)
    assert (clear.accepted, clear.reviews_wanted) == (True, 3)
    settled = decide(votes(1, 0, 0, 0), more, is_prompt=False)
    assert (settled.accepted, settled.is_split) == (True, False)
    last = decide(votes(1, 0, 1, 0, 0), more, is_prompt=False)
    assert (last.accepted, last.is_split) == (False, True)


def test_a_reviewer_who_is_not_reliable_counts_less() -> None:
    honest = [Review({"spam": 0.0}), Review({"spam": 0.0})]
    assert decide([*honest, *votes(1, weight=0.05)], THREE, is_prompt=False).acceptance > 0.9  # type: ignore[operator]
    two_frauds = [Review({"spam": 0.0}), *votes(1, 1, weight=0.1)]
    assert decide(two_frauds, THREE, is_prompt=False).accepted is True


@given(st.lists(REVIEW, max_size=6))
def test_acceptance_lies_between_0_and_1(reviews: list[Review]) -> None:
    found = acceptance(reviews, AGAINST)
    assert found is None or 0 <= found <= 1 + 1e-12


@given(st.lists(REVIEW, min_size=1, max_size=6), st.integers(0, 5), VALUE)
def test_acceptance_never_rises_because_somebody_says_it_is_more_spam(
    reviews: list[Review], which: int, value: float | None
) -> None:
    place = which % len(reviews)
    before = reviews[place].labels["spam"]
    if before is None or value is None or value < before:
        return
    worse = list(reviews)
    labels = {**reviews[place].labels, "spam": value}
    worse[place] = Review(labels, reviews[place].weight)
    assert acceptance(worse, AGAINST) <= acceptance(reviews, AGAINST) + 1e-12  # type: ignore[operator]


SAID = st.builds(
    lambda spam, weight: Review({"spam": spam, "lang_mismatch": 0.0}, weight),
    st.sampled_from([0.0, 0.5, 1.0]),
    st.sampled_from([0.05, 0.3, 1.0]),
)


@given(
    st.lists(SAID, min_size=8, max_size=8),
    st.integers(1, 4),
    st.sampled_from([0, 4, 6]),
    st.sampled_from([0.2, 0.34, 0.5, 0.6, 0.8]),
)
def test_to_decide_early_never_decides_otherwise_than_late(
    reviews: list[Review], wanted: int, most: int, threshold: float
) -> None:
    rules = {
        "num_reviews_reply": wanted,
        "num_reviews_initial_prompt": 1,
        "max_reviews": most if most >= wanted else 0,
        "acceptance_threshold_reply": threshold,
    }
    assert _verdict(reviews, early=True, rules=rules) == _verdict(reviews, early=False, rules=rules)


def _verdict(reviews: list[Review], *, early: bool, rules: dict[str, object]) -> bool | None:
    """What is decided when reviews come one after the other."""
    for n in range(len(reviews) + 1):
        found = decide(reviews[:n], policy(early_decision=early, **rules), is_prompt=False)
        if found.accepted is not None:
            return found.accepted
    return None


def test_the_labels_that_decide_are_the_policys() -> None:
    """OpenAssistant: hate, personal details or a failed task never decided anything (facts 1.7)."""
    rules = policy(acceptance_against={"spam": 1.0, "pii": 1.0, "fails_task": 0.5})
    private = [Review({"spam": 0.0, "pii": 1.0})] * 3
    assert decide(private, rules, is_prompt=True).accepted is False
    assert decide(private, rules, is_prompt=True).reason == "pii"
    assert decide(private, THREE, is_prompt=True).accepted is True
    failed = [Review({"spam": 0.0, "pii": 0.0, "fails_task": 1.0})] * 3
    assert decide(failed, rules, is_prompt=False).reason == "fails_task"
    assert decide(failed, rules, is_prompt=True).accepted is True, "no prompt fails a task"
    abroad = [Review({"spam": 0.0, "lang_mismatch": 1.0})] * 3
    assert decide(abroad, rules, is_prompt=True).accepted is True


def test_what_decides_of_a_prompt_alone_is_awaited_where_it_is_decided_early() -> None:
    rules = policy(acceptance_against={"spam": 1.0, "fails_task": 1.0}, early_decision=True)
    assert decide(votes(0, 0), rules, is_prompt=True).accepted is True
    assert decide(votes(0, 0), rules, is_prompt=False).accepted is None


def test_what_decides_is_asked_for_in_every_form() -> None:
    kind = TaskKind.LABEL_ASSISTANT_REPLY
    short = {one.name for one in label_schema(kind, full=False)}
    assert {"spam", "lang_mismatch", "quality"} == short
    chosen = label_schema(kind, names=["humor"], deciding=["pii", "fails_task"], full=False)
    assert {one.name for one in chosen} == {"spam", "pii", "fails_task"}
