"""What becomes of a tree when people do what they are asked, and when they do not."""

from __future__ import annotations

import random
from datetime import timedelta

import pytest
from tests.collect.trees.growing import NOW, give, growing_tree, let_grow, meet, people

from manyvoices.collect.studies.models import StudyVersion
from manyvoices.collect.trees import operations, sweeping
from manyvoices.collect.trees.errors import TaskGone, Unfit
from manyvoices.collect.trees.models import Message, Need, RankingGiven, SetConsensus, Task, Tree
from manyvoices.design.trees import TaskKind
from manyvoices.schema import TreeState

RNG = random.Random(1)
REPLY = TaskKind.ASSISTANT_REPLY


def test_a_crowd_grows_trees_from_nothing_to_export(orchard: StudyVersion) -> None:
    let_grow(people(orchard, 9), rounds=130)
    done = Tree.objects.filter(state=TreeState.READY_FOR_EXPORT.value)
    assert done.exists()
    for tree in done:
        assert tree.is_scored
        assert tree.messages.filter(accepted=True).count() == tree.goal_size
        assert [e.after for e in tree.events.all()][-1] == TreeState.READY_FOR_EXPORT.value


def test_careless_people_who_drop_and_spam_strand_no_tree(orchard: StudyVersion) -> None:
    crowd = people(orchard, 14)
    let_grow(crowd, rounds=150, spam=0.25, drop=0.3, seed=3)
    ended = {TreeState.READY_FOR_EXPORT.value, TreeState.ABORTED_LOW_GRADE.value}
    assert Tree.objects.filter(state__in=ended).exists()
    assert not [tree for tree in Tree.objects.all() if sweeping.is_stranded(tree)]


def test_a_reply_that_was_rejected_leaves_its_place_to_another(orchard: StudyVersion) -> None:
    """Defect 3.4-1 of Open-Assistant, the stalled tree: such a message was never offered again."""
    tree = growing_tree(orchard)
    crowd = people(orchard, 8)
    for writer in crowd[:2]:
        handed = give(writer, REPLY)
        assert handed is not None
        meet(handed, RNG, NOW)
    for reviewer in crowd[4:6]:
        for _ in range(2):
            handed = give(reviewer, TaskKind.LABEL_ASSISTANT_REPLY)
            assert handed is not None
            operations.send_labels(task=handed.task, labels={"spam": 1.0}, now=NOW, rng=RNG)
    assert set(tree.messages.exclude(parent=None).values_list("accepted", flat=True)) == {False}
    assert give(crowd[6], REPLY) is not None


def test_nobody_is_given_their_own_text_to_review_or_to_answer(orchard: StudyVersion) -> None:
    author, other = people(orchard, 2)
    growing_tree(orchard, author=author)
    assert give(author, REPLY) is None
    handed = give(other, REPLY)
    assert handed is not None
    meet(handed, RNG, NOW)
    assert give(other, TaskKind.LABEL_ASSISTANT_REPLY) is None
    assert give(author, TaskKind.LABEL_ASSISTANT_REPLY) is not None


def test_nobody_writes_both_sides_of_a_thread(orchard: StudyVersion) -> None:
    author, writer, a, b = people(orchard, 4)
    tree = growing_tree(orchard, author=author, goal=6)
    handed = give(writer, REPLY)
    assert handed is not None
    meet(handed, RNG, NOW)
    for reviewer in (a, b):
        review = give(reviewer, TaskKind.LABEL_ASSISTANT_REPLY)
        assert review is not None
        meet(review, RNG, NOW)
    assert Need.objects.filter(tree=tree, kind=TaskKind.PROMPTER_REPLY.value).exists()
    assert give(writer, TaskKind.PROMPTER_REPLY) is None
    assert give(author, TaskKind.PROMPTER_REPLY) is not None


def test_what_was_passed_over_is_not_offered_again_but_goes_to_others(
    orchard: StudyVersion,
) -> None:
    tree = growing_tree(orchard, goal=2)
    one, other = people(orchard, 2)
    handed = give(one, REPLY)
    assert handed is not None
    assert give(other, REPLY) is None
    operations.skip(task=handed.task, reason="too hard", now=NOW, rng=RNG)
    assert give(one, REPLY) is None
    assert give(other, REPLY) is not None
    assert tree.tasks.get(participant=one).skip_reason == "too hard"


def test_a_text_sent_after_the_time_ran_out_is_kept_while_there_is_room(
    orchard: StudyVersion,
) -> None:
    growing_tree(orchard, goal=2)
    slow, quick = people(orchard, 2)
    handed = give(slow, REPLY)
    assert handed is not None
    later = NOW + timedelta(hours=2)
    sweeping.sweep(now=later, rng=RNG)
    handed.task.refresh_from_db()
    assert handed.task.state == Task.State.EXPIRED
    message = operations.send_text(task=handed.task, text="Gravity.", now=later, rng=RNG)
    assert message.author == slow
    assert give(quick, REPLY, now=later) is None


def test_a_text_for_a_place_that_is_taken_says_so_and_stores_nothing(
    orchard: StudyVersion,
) -> None:
    growing_tree(orchard, goal=2)
    slow, quick = people(orchard, 2)
    handed = give(slow, REPLY)
    assert handed is not None
    later = NOW + timedelta(hours=2)
    sweeping.sweep(now=later, rng=RNG)
    taken = give(quick, REPLY, now=later)
    assert taken is not None
    with pytest.raises(TaskGone, match="somebody else"):
        operations.send_text(task=handed.task, text="Gravity.", now=later, rng=RNG)
    assert Message.objects.exclude(parent=None).count() == 0


def test_sending_twice_stores_once(orchard: StudyVersion) -> None:
    growing_tree(orchard)
    (person,) = people(orchard, 1)
    handed = give(person, REPLY)
    assert handed is not None
    first = operations.send_text(task=handed.task, text="Gravity.", now=NOW, rng=RNG)
    again = operations.send_text(task=handed.task, text="Gravity!", now=NOW, rng=RNG)
    assert first == again
    assert Message.objects.exclude(parent=None).count() == 1


def test_a_required_label_may_be_answered_with_cannot_tell_but_not_left_open(
    orchard: StudyVersion,
) -> None:
    growing_tree(orchard)
    writer, reviewer = people(orchard, 2)
    handed = give(writer, REPLY)
    assert handed is not None
    meet(handed, RNG, NOW)
    review = give(reviewer, TaskKind.LABEL_ASSISTANT_REPLY)
    assert review is not None
    with pytest.raises(Unfit, match="needed") as caught:
        operations.send_labels(task=review.task, labels={"quality": 1.0}, now=NOW, rng=RNG)
    assert caught.value.field == "spam"
    with pytest.raises(Unfit, match="not one of"):
        operations.send_labels(task=review.task, labels={"spam": 0.5}, now=NOW, rng=RNG)
    given = operations.send_labels(task=review.task, labels={"spam": None}, now=NOW, rng=RNG)
    assert given.labels == {"spam": None}


def test_a_review_that_cannot_tell_asks_for_one_more(orchard: StudyVersion) -> None:
    """Two reviews decide; one that says nothing takes no place among them."""
    growing_tree(orchard)
    writer, *reviewers = people(orchard, 4)
    handed = give(writer, REPLY)
    assert handed is not None
    meet(handed, RNG, NOW)
    for reviewer, spam in zip(reviewers, (None, 0.0, 0.0), strict=True):
        review = give(reviewer, TaskKind.LABEL_ASSISTANT_REPLY)
        assert review is not None
        operations.send_labels(task=review.task, labels={"spam": spam}, now=NOW, rng=RNG)
    assert Message.objects.exclude(parent=None).get().accepted is True


def _ranked(orchard: StudyVersion, *, bad: int) -> Tree:
    """A tree with two replies and two rankings, of which `bad` say that all are bad."""
    tree = growing_tree(orchard, goal=3)
    crowd = people(orchard, 6)
    for writer in crowd[:2]:
        handed = give(writer, REPLY)
        assert handed is not None
        meet(handed, RNG, NOW)
    for reviewer in crowd[2:4]:
        while (review := give(reviewer, TaskKind.LABEL_ASSISTANT_REPLY)) is not None:
            meet(review, RNG, NOW)
    for place, voter in enumerate(crowd[4:]):
        handed = give(voter, TaskKind.RANK_ASSISTANT_REPLIES)
        assert handed is not None
        if place < bad:
            ids = [str(k) for k in handed.task.message.replies.values_list("pk", flat=True)]  # type: ignore[union-attr]
            operations.send_ranking(
                task=handed.task, groups=[], shown=ids, all_bad=True, now=NOW, rng=RNG
            )
        else:
            meet(handed, RNG, NOW)
    sweeping.sweep(now=NOW, rng=RNG)
    tree.refresh_from_db()
    return tree


def test_rankings_are_merged_by_the_sweeper_without_a_restart(orchard: StudyVersion) -> None:
    tree = _ranked(orchard, bad=0)
    assert tree.state == TreeState.READY_FOR_EXPORT.value
    replies = sorted(tree.messages.exclude(parent=None), key=lambda m: str(m.pk))
    assert [m.rank for m in replies] == [0, 1]
    consensus = SetConsensus.objects.get(parent__tree=tree)
    assert (consensus.kendall_w, consensus.n_rankings) == (1.0, 2)


def test_where_most_say_that_all_are_bad_nothing_is_ranked(orchard: StudyVersion) -> None:
    """Defect 3.4-3 of Open-Assistant: it stored "all wrong" and ranked the replies all the same."""
    tree = _ranked(orchard, bad=2)
    assert tree.state == TreeState.READY_FOR_EXPORT.value
    assert set(tree.messages.values_list("rank", flat=True)) == {None}
    assert SetConsensus.objects.get(parent__tree=tree).all_bad


def test_a_tree_without_two_replies_does_not_wait_for_rankings(orchard: StudyVersion) -> None:
    """Defect 3.4-2 of Open-Assistant: it stuck in RANKING until the next restart."""
    tree = growing_tree(orchard, goal=2)
    writer, a, b = people(orchard, 3)
    handed = give(writer, REPLY)
    assert handed is not None
    meet(handed, RNG, NOW)
    for reviewer in (a, b):
        review = give(reviewer, TaskKind.LABEL_ASSISTANT_REPLY)
        assert review is not None
        meet(review, RNG, NOW)
    sweeping.sweep(now=NOW, rng=RNG)
    tree.refresh_from_db()
    assert tree.state == TreeState.READY_FOR_EXPORT.value
    assert RankingGiven.objects.count() == 0


def test_an_edited_message_is_reviewed_anew_and_its_first_text_stays(
    orchard: StudyVersion,
) -> None:
    growing_tree(orchard, goal=2)
    writer, reviewer = people(orchard, 2)
    handed = give(writer, REPLY)
    assert handed is not None
    message = operations.send_text(task=handed.task, text="Gravty.", now=NOW, rng=RNG)
    review = give(reviewer, TaskKind.LABEL_ASSISTANT_REPLY)
    assert review is not None
    meet(review, RNG, NOW)
    changed = operations.edit(
        message=message, participant=writer, text="Gravity.", now=NOW, rng=RNG
    )
    assert (changed.text, changed.n_reviews) == ("Gravity.", 0)
    assert [r.text for r in message.revisions.all()] == ["Gravty."]
    late = NOW + timedelta(days=1)
    with pytest.raises(TaskGone):
        operations.edit(message=message, participant=writer, text="No.", now=late, rng=RNG)
