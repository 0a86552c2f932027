"""Withdrawing from a project of trees: nothing of the person stays, everything of others does."""

from __future__ import annotations

import json
import random
import uuid
from datetime import timedelta

import pytest
from django.apps import apps
from django.test import Client
from tests.collect.trees.growing import NOW, give, growing_tree, let_grow, meet, people
from tests.threads import together

from manyvoices.collect.people import rights
from manyvoices.collect.people.errors import StaleSubmission
from manyvoices.collect.people.models import Participant
from manyvoices.collect.studies.models import StudyVersion
from manyvoices.collect.trees import erasure, operations, sweeping
from manyvoices.collect.trees.errors import TaskRefused
from manyvoices.collect.trees.models import (
    LabelsGiven,
    Message,
    Need,
    RankingGiven,
    Revision,
    SetConsensus,
    Task,
    Tree,
)
from manyvoices.design.trees import TaskKind
from manyvoices.schema import TreeState

RNG = random.Random(1)
REPLY, REVIEW = TaskKind.ASSISTANT_REPLY, TaskKind.LABEL_ASSISTANT_REPLY
SECRET = "Grandmother's recipe for quince"


def write(person: Participant, kind: TaskKind, text: str = SECRET) -> Message:
    """Let somebody write what they are asked for."""
    handed = give(person, kind)
    assert handed is not None, kind
    sources = [{"title": text, "url": "https://example.org/"}]
    return operations.send_text(
        task=handed.task, text=text, now=NOW, rng=RNG, sources=sources, evidence={"seconds": 40}
    )


def review(person: Participant, *kinds: TaskKind, spam: float = 0.0) -> LabelsGiven:
    """Let somebody review the next text."""
    handed = give(person, *(kinds or (REVIEW,)))
    assert handed is not None
    return operations.send_labels(task=handed.task, labels={"spam": spam}, now=NOW, rng=RNG)


def leave(person: Participant) -> rights.Receipt:
    """Withdraw."""
    return rights.withdraw(participant=Participant.objects.get(pk=person.pk), now=NOW)


def words_left(*words: str) -> set[str]:
    """Columns of our tables in which one of `words` stands."""
    found = set()
    for model in apps.get_models():
        if model.__module__.startswith("manyvoices"):
            for row in model._base_manager.all():
                for field in row._meta.concrete_fields:
                    if any(word in str(getattr(row, field.attname)) for word in words):
                        found.add(f"{model.__name__}.{field.name}")
    return found


def test_an_answered_text_becomes_an_empty_place_and_the_answers_of_others_stay(
    orchard: StudyVersion,
) -> None:
    author, writer, a, b, other = people(orchard, 5)
    tree = growing_tree(orchard, goal=6)
    mine = write(author, REPLY)
    Revision.objects.create(message=mine, text=SECRET + ", first try", replaced_at=NOW)
    review(a), review(b)
    below = write(other, TaskKind.PROMPTER_REPLY, "And pears?")
    assert below.parent == mine
    receipt = leave(author)
    mine.refresh_from_db()
    below.refresh_from_db()
    assert (mine.deleted, mine.text, mine.author, mine.evidence, mine.sources) == (
        True, "", None, {}, [],
    )  # fmt: skip
    assert (below.text, below.parent, below.author, below.deleted) == (
        "And pears?", mine, other, False,
    )  # fmt: skip
    assert not Revision.objects.exists()
    assert receipt.erased["messages"] == 1
    assert receipt.erased["tasks"] == 1
    assert words_left(SECRET, "quince") == set()
    assert not Need.objects.filter(message__in=[mine, below]).exists()
    tree.refresh_from_db()
    assert tree.state == TreeState.GROWING.value
    assert give(writer, REPLY) is not None, "the place is free for somebody else"


def test_a_text_that_nobody_answered_is_gone_with_its_row(orchard: StudyVersion) -> None:
    author, a = people(orchard, 2)
    tree = growing_tree(orchard)
    mine = write(author, REPLY)
    review(a)
    leave(author)
    assert not Message.objects.filter(pk=mine.pk).exists()
    assert tree.messages.count() == 1
    assert words_left(SECRET, str(mine.pk)) == set()


def test_empty_places_go_when_the_last_answer_below_them_goes(orchard: StudyVersion) -> None:
    author, a, b, other = people(orchard, 4)
    tree = growing_tree(orchard, goal=6)
    mine = write(author, REPLY)
    review(a), review(b)
    write(other, TaskKind.PROMPTER_REPLY, "And pears?")
    leave(author)
    assert Message.objects.filter(pk=mine.pk, text="").exists()
    leave(other)
    assert [message.parent_id for message in tree.messages.all()] == [None]


def test_a_prompt_alone_takes_its_tree_along_and_frees_its_place(orchard: StudyVersion) -> None:
    sweeping.sweep(now=NOW, rng=RNG)
    (author,) = people(orchard, 1)
    need = Need.objects.get(message=None, language="en")
    seats = need.seats
    prompt = write(author, TaskKind.INITIAL_PROMPT)
    need.refresh_from_db()
    assert need.seats == seats - 1
    leave(author)
    need.refresh_from_db()
    assert need.seats == seats
    assert not Tree.objects.filter(pk=prompt.tree_id).exists()
    assert words_left(SECRET) == set()


def test_a_tree_whose_prompt_was_taken_back_stops_and_keeps_what_others_wrote(
    orchard: StudyVersion,
) -> None:
    author, writer = people(orchard, 2)
    tree = growing_tree(orchard, author=author)
    reply = write(writer, REPLY, "Gravity.")
    leave(author)
    tree.refresh_from_db()
    reply.refresh_from_db()
    assert tree.state == TreeState.HALTED_BY_MODERATOR.value
    assert reply.text == "Gravity."
    assert not tree.needs.exists()


def test_what_was_decided_stays_and_what_was_open_is_asked_again(orchard: StudyVersion) -> None:
    one, two, leaver, a = people(orchard, 4)
    growing_tree(orchard)
    decided = write(one, REPLY, "Gravity.")
    review(leaver), review(a)
    still_open = write(two, REPLY, "Newton.")
    review(leaver)
    assert Need.objects.get(message=still_open, kind=REVIEW.value).seats == 1
    assert leave(leaver).erased["labels"] == 2
    decided.refresh_from_db()
    still_open.refresh_from_db()
    assert (decided.accepted, decided.n_reviews) == (True, 1)
    assert (still_open.accepted, still_open.n_reviews) == (None, 0)
    assert Need.objects.get(message=still_open, kind=REVIEW.value).seats == 2


def test_a_task_in_hand_goes_to_somebody_else_at_once(orchard: StudyVersion) -> None:
    growing_tree(orchard, goal=2)
    leaver, other = people(orchard, 2)
    handed = give(leaver, REPLY)
    assert handed is not None
    assert give(other, REPLY) is None
    leave(leaver)
    assert give(other, REPLY) is not None
    with pytest.raises((StaleSubmission, Task.DoesNotExist)):
        operations.send_text(task=handed.task, text="Late.", now=NOW, rng=RNG)


def test_finished_trees_are_merged_again_without_the_rankings_that_went(
    orchard: StudyVersion,
) -> None:
    crowd = people(orchard, 12)
    now = let_grow(crowd, rounds=300)
    before = {c.parent_id: c.n_rankings for c in SetConsensus.objects.all()}

    def merged(person: Participant) -> set[uuid.UUID]:
        """Sets with a consensus that this person ranked, in trees where nobody misses their texts.

        Keys are random, so who ranked what differs from run to run.
        """
        own = Message.objects.filter(author=person).values("tree")
        given = RankingGiven.objects.filter(participant=person).exclude(parent__tree__in=own)
        return set(given.values_list("parent", flat=True)) & before.keys()

    leaver = max(crowd, key=lambda person: len(merged(person)))
    ranked = merged(leaver)
    leave(leaver)
    sweeping.sweep(now=now + timedelta(minutes=1), rng=RNG)
    after = {c.parent_id: c.n_rankings for c in SetConsensus.objects.all()}
    fewer = {parent for parent in ranked & after.keys() if after[parent] == before[parent] - 1}
    assert fewer == ranked & after.keys()
    assert fewer
    for model in (LabelsGiven, RankingGiven, Task):
        assert not model.objects.filter(participant=leaver).exists()
    assert not Message.objects.filter(author=leaver).exists()


@pytest.mark.parametrize("seed", range(2))
def test_every_tree_is_as_if_refreshed_anew_whoever_leaves(
    orchard: StudyVersion, seed: int
) -> None:
    """What is stored after an erasure is what the rules make of the rows that are left."""
    from django.db import transaction

    from manyvoices.collect.trees.refresh import lock_tree, refresh

    crowd = people(orchard, 8)
    now = let_grow(crowd, rounds=80, seed=seed, drop=0.2)
    for person in crowd[:3]:
        leave(person)
        for message in Message.objects.exclude(parent=None):
            assert message.parent is not None
            assert message.path == f"{message.parent.path}{message.pk}/"
        for tree in Tree.objects.all():
            stored = {(n.message_id, n.kind): n.seats for n in tree.needs.filter(seats__gt=0)}
            state = tree.state
            with transaction.atomic():
                refresh(lock_tree(tree), now=now, rng=RNG)
            tree.refresh_from_db()
            assert {
                (n.message_id, n.kind): n.seats for n in tree.needs.filter(seats__gt=0)
            } == stored
            assert tree.state == state


def test_whoever_keeps_copies_of_texts_hears_of_it_before(orchard: StudyVersion) -> None:
    (author,) = people(orchard, 1)
    growing_tree(orchard)
    mine = write(author, REPLY)
    heard: list[tuple[uuid.UUID, str]] = []

    def hear(messages: list[uuid.UUID], **_: object) -> None:
        heard.extend(Message.objects.filter(pk__in=messages).values_list("pk", "text"))

    erasure.texts_erased.connect(hear)
    try:
        leave(author)
    finally:
        erasure.texts_erased.disconnect(hear)
    assert heard == [(mine.pk, SECRET)]


def test_my_data_holds_texts_reviews_and_rankings_and_no_word_of_others(
    orchard: StudyVersion,
) -> None:
    person, other, a = people(orchard, 3)
    tree = growing_tree(orchard)
    mine = write(person, REPLY)
    theirs = write(other, REPLY, "Newton's secret.")
    review(a), review(a)
    review(person)
    operations.edit(message=mine, participant=person, text="New words", now=NOW, rng=RNG)
    data = json.loads(json.dumps(rights.own_data(person), default=str))["trees"]
    assert [row["text"] for row in data["messages"]] == ["New words"]
    assert data["messages"][0]["earlier_wordings"][0]["text"] == SECRET
    assert [row["message_id"] for row in data["labels"]] == [str(theirs.pk)]
    assert {row["kind"] for row in data["tasks"]} == {REPLY.value, REVIEW.value}
    assert "Newton" not in json.dumps(data)
    assert "gold" not in json.dumps(data)
    assert tree.messages.get(parent=None).text not in json.dumps(data)


def test_the_page_counts_and_says_what_stays_of_answered_texts(orchard: StudyVersion) -> None:
    (person,) = people(orchard, 1)
    growing_tree(orchard)
    write(person, REPLY)
    browser = Client()
    browser.get(f"/s/orchard/resume/{person.resume_key}/")
    page = browser.get("/s/orchard/my-data/").content.decode()
    assert "1 text that you wrote" in page
    assert "an empty place is left" in page
    shown = browser.post("/s/orchard/my-data/erase/", {"sure": "yes"}, follow=True)
    assert "1 text that you wrote" in shown.content.decode()


@pytest.mark.django_db(transaction=True)
def test_withdrawing_while_one_sends_and_asks_leaves_nothing_and_locks_nobody_out(
    orchard: StudyVersion,
) -> None:
    for round_ in range(4):
        leaver, other = people(orchard, 2)
        growing_tree(orchard)
        handed = give(leaver, REPLY)
        theirs = give(other, REPLY)
        assert handed is not None
        assert theirs is not None
        results = together(
            [
                lambda p=leaver: leave(p),
                lambda t=handed.task: operations.send_text(
                    task=t, text=SECRET, now=NOW, rng=random.Random(1)
                ),
                lambda p=other, r=round_: give(p, REPLY, seed=r),
                lambda t=theirs, r=round_: meet(t, random.Random(r), NOW),
            ]
        )
        for result in results:
            if isinstance(result, Exception):
                assert isinstance(result, StaleSubmission | Task.DoesNotExist | TaskRefused), result
        leaver.refresh_from_db()
        assert leaver.withdrawn_at is not None
        assert words_left(SECRET) == set()
        assert not Message.objects.filter(author=leaver).exists()
        Task.objects.filter(participant=other).update(state=Task.State.SKIPPED)
