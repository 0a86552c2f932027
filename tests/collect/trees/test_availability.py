"""Somebody is told what they could do, and where there is nothing: why."""

from __future__ import annotations

import random

from django.db import connection, transaction
from django.test.utils import CaptureQueriesContext
from tests.collect.trees.growing import NOW, give, growing_tree, meet, people

from manyvoices.collect.studies.models import StudyVersion
from manyvoices.collect.trees import policies
from manyvoices.collect.trees.availability import needs_of, why_none
from manyvoices.collect.trees.policies import policy_for
from manyvoices.collect.trees.prompts import refresh_prompt_need
from manyvoices.design.trees import TaskKind

REPLY = TaskKind.ASSISTANT_REPLY
RNG = random.Random(1)


def with_policy(orchard: StudyVersion, **changes: object) -> None:
    changed = policy_for(orchard.study, "en").model_copy(update=changes)
    policies.change_policy(
        study=orchard.study, language="en", policy=changed, by="ann", reason="a test", now=NOW
    )
    policies.forget(orchard.study, "en")
    with transaction.atomic():
        refresh_prompt_need(study=orchard.study, language="en", now=NOW, rng=RNG)


def test_what_one_could_do_is_counted_in_few_statements_that_write_nothing(
    orchard: StudyVersion,
) -> None:
    for _ in range(3):
        growing_tree(orchard)
    with transaction.atomic():
        refresh_prompt_need(study=orchard.study, language="en", now=NOW, rng=RNG)
    (person,) = people(orchard, 1)
    needs_of(person, "en", now=NOW)
    with CaptureQueriesContext(connection) as captured:
        found = needs_of(person, "en", now=NOW)
    assert (found[REPLY], found[TaskKind.RANK_ASSISTANT_REPLIES]) == (3, 0)
    assert found[TaskKind.INITIAL_PROMPT] == 10
    assert len(captured) <= 3
    assert all(
        q["sql"].lstrip("( ").upper().startswith("SELECT") for q in captured.captured_queries
    )
    assert why_none(person, "en", now=NOW) == []


def test_a_count_is_what_a_person_is_then_given(orchard: StudyVersion) -> None:
    growing_tree(orchard)
    (person,) = people(orchard, 1)
    assert needs_of(person, "en", now=NOW)[REPLY] == 1
    assert give(person, REPLY) is not None
    assert needs_of(person, "en", now=NOW)[REPLY] == 0
    assert give(person, REPLY) is None


def test_nothing_open_and_prompts_closed_are_said(orchard: StudyVersion) -> None:
    with_policy(orchard, accepts_initial_prompts=False)
    (person,) = people(orchard, 1)
    prompts, trees = why_none(person, "en", now=NOW)
    assert "closed" in prompts
    assert "No conversation is open" in trees


def test_too_many_unfinished_tasks_are_said(orchard: StudyVersion) -> None:
    with_policy(orchard, max_pending_tasks_per_user=1)
    for _ in range(2):
        growing_tree(orchard)
    (person,) = people(orchard, 1)
    give(person, REPLY)
    (reason,) = why_none(person, "en", now=NOW)
    assert "1 unfinished task:" in reason


def test_whoever_has_done_all_there_is_hears_so(orchard: StudyVersion) -> None:
    with_policy(orchard, accepts_initial_prompts=False)
    growing_tree(orchard)
    (person,) = people(orchard, 1)
    handed = give(person, REPLY)
    assert handed is not None
    meet(handed, RNG, NOW)
    _closed, reviews, replies = why_none(person, "en", now=NOW)
    assert "done, or written" in reviews
    assert "You have answered" in replies


def test_whoever_wrote_the_prompt_hears_that_nobody_writes_both_sides(
    orchard: StudyVersion,
) -> None:
    with_policy(orchard, accepts_initial_prompts=False)
    (author,) = people(orchard, 1)
    growing_tree(orchard, author=author)
    _closed, replies = why_none(author, "en", now=NOW)
    assert "nobody writes both" in replies


def test_a_quiz_that_was_not_passed_is_said(orchard: StudyVersion) -> None:
    with_policy(orchard, accepts_initial_prompts=False)
    growing_tree(orchard)
    (person,) = people(orchard, 1)
    reasons = why_none(person, "en", not_passed={REPLY}, now=NOW)
    assert "quiz" in reasons[0]


def test_nobody_crowds_the_prompts_that_wait(orchard: StudyVersion) -> None:
    with_policy(orchard, max_waiting_prompts_per_person=1)
    writer, other = people(orchard, 2)
    handed = give(writer, TaskKind.INITIAL_PROMPT)
    assert handed is not None
    meet(handed, RNG, NOW)
    assert give(writer, TaskKind.INITIAL_PROMPT) is None
    assert needs_of(writer, "en", now=NOW)[TaskKind.INITIAL_PROMPT] == 0
    assert any("1 prompt of yours" in reason for reason in why_none(writer, "en", now=NOW))
    assert give(other, TaskKind.INITIAL_PROMPT) is not None
