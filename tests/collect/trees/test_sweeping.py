"""What time does to trees, whoever sweeps and however often."""

from __future__ import annotations

import random
import uuid
from datetime import timedelta

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from tests.collect.trees.growing import NOW, give, growing_tree, meet, people
from tests.threads import at_once

from manyvoices.collect.console.models import AuditEntry
from manyvoices.collect.people.models import Participant
from manyvoices.collect.studies.models import StudyVersion
from manyvoices.collect.trees import operations, policies, sweeping
from manyvoices.collect.trees.handout import Handed
from manyvoices.collect.trees.models import (
    LabelsGiven,
    Message,
    Need,
    RankingGiven,
    ReviewerWeight,
    SetConsensus,
    Task,
    Tree,
)
from manyvoices.collect.trees.policies import policy_for
from manyvoices.collect.trees.schema import labels_of_task
from manyvoices.design.trees import TaskKind
from manyvoices.schema import TreeState as S

RNG = random.Random(1)
REPLY = TaskKind.ASSISTANT_REPLY
LABEL = TaskKind.LABEL_ASSISTANT_REPLY


def sweep(*, later: timedelta = timedelta(0), seed: int = 0) -> int:
    return sweeping.sweep(now=NOW + later, rng=random.Random(seed))


def with_policy(orchard: StudyVersion, language: str = "en", **changes: object) -> None:
    changed = policy_for(orchard.study, language).model_copy(update=changes)
    policies.change_policy(
        study=orchard.study, language=language, policy=changed, by="ann", reason="a test", now=NOW
    )
    policies.forget(orchard.study, language)


def waiting(
    orchard: StudyVersion,
    n: int,
    *,
    language: str = "en",
    author: Participant | None = None,
    state: S = S.PROMPT_LOTTERY_WAITING,
) -> list[Tree]:
    """Trees that are only an accepted prompt yet."""
    trees = Tree.objects.bulk_create(
        Tree(
            study=orchard.study, language=language, state=state.value, goal_size=4,
            created_at=NOW, changed_at=NOW,
        )
        for _ in range(n)
    )  # fmt: skip
    for tree in trees:
        key = uuid.uuid4()
        Message.objects.create(
            id=key, tree=tree, role="prompter", author=author, text="Why?", depth=0,
            language=language, path=f"{key}/", created_at=NOW, accepted=True,
        )  # fmt: skip
    return trees


def with_replies(orchard: StudyVersion, n: int = 2, *, goal: int = 3) -> tuple[Tree, list[Message]]:
    """A tree in RANKING with accepted replies to its prompt."""
    tree = growing_tree(orchard, goal=goal)
    top = tree.messages.get()
    replies = []
    for i in range(n):
        key = uuid.UUID(int=i + 1)
        replies.append(
            Message.objects.create(
                id=key, tree=tree, parent=top, role="assistant", text=f"{i}", depth=1,
                language="en", path=f"{top.path}{key}/", created_at=NOW, accepted=True,
            )
        )  # fmt: skip
    Tree.objects.filter(pk=tree.pk).update(policy_name="")
    sweep()
    tree.refresh_from_db()
    return tree, replies


def n_in(state: S, language: str = "en") -> int:
    return Tree.objects.filter(state=state.value, language=language).count()


def test_a_sweep_that_has_nothing_to_do_writes_nothing(orchard: StudyVersion) -> None:
    growing_tree(orchard)
    sweep()
    with CaptureQueriesContext(connection) as captured:
        assert sweep(seed=5) == 0
    texts = [q["sql"].upper() for q in captured.captured_queries]
    assert not [t for t in texts if t.startswith(("INSERT", "UPDATE", "DELETE", "BEGIN"))]
    assert len(texts) <= 30


def test_the_tree_that_the_lottery_draws_offers_a_task_to_the_first_who_asks(
    orchard: StudyVersion,
) -> None:
    """Defect 3.4-5 of Open-Assistant: the winner was invisible to the request that drew it."""
    waiting(orchard, 1)
    (person,) = people(orchard, 1)
    assert give(person, REPLY) is None
    sweep()
    assert give(person, REPLY) is not None


def test_a_language_with_many_prompts_takes_nothing_from_a_small_one(
    orchard: StudyVersion,
) -> None:
    waiting(orchard, 30)
    waiting(orchard, 2, language="de")
    sweep()
    assert (n_in(S.GROWING), n_in(S.GROWING, "de")) == (5, 2)
    sweep(later=timedelta(minutes=1))
    assert (n_in(S.GROWING), n_in(S.PROMPT_LOTTERY_WAITING)) == (5, 25)


def test_a_prompt_whose_author_withdrew_is_never_drawn(orchard: StudyVersion) -> None:
    (author,) = people(orchard, 1)
    (tree,) = waiting(orchard, 1, author=author)
    Participant.objects.filter(pk=author.pk).update(withdrawn_at=NOW)
    sweep()
    tree.refresh_from_db()
    assert tree.state == S.HALTED_BY_MODERATOR.value
    assert tree.events.get().reason == "the prompt was taken back"


def test_a_growing_tree_halts_when_its_author_withdraws(orchard: StudyVersion) -> None:
    (author,) = people(orchard, 1)
    tree = growing_tree(orchard, author=author)
    Participant.objects.filter(pk=author.pk).update(withdrawn_at=NOW)
    sweep(later=timedelta(hours=2))
    tree.refresh_from_db()
    assert tree.state == S.HALTED_BY_MODERATOR.value
    assert not tree.needs.exists()


def test_a_change_of_policy_reaches_trees_that_are_open(orchard: StudyVersion) -> None:
    tree = growing_tree(orchard, goal=9)
    assert tree.needs.get().seats == 2
    with_policy(orchard, max_children_count=4)
    sweep()
    assert tree.needs.get().seats == 4


def test_a_change_of_policy_stands_in_the_audit_log(orchard: StudyVersion) -> None:
    rules = policies.policy_for(orchard.study, "en").model_copy(update={"num_reviews_reply": 7})
    policies.change_policy(
        study=orchard.study, language="en", policy=rules, by="mo", reason="spam", now=NOW
    )
    entry = AuditEntry.objects.get(action="change policy")
    assert (entry.actor, entry.target) == ("mo", "en")
    assert entry.detail == {"fields": ["num_reviews_reply"]}


def test_the_labels_that_decide_are_asked_for_and_decide(orchard: StudyVersion) -> None:
    """Also in the short form, and where the project asks for few labels."""
    tree = growing_tree(orchard)
    rules = policies.policy_for(orchard.study, "en").model_copy(
        update={
            "acceptance_against": {"spam": 1.0, "pii": 1.0},
            "p_full_labeling_review_reply_assistant": 0.0,
        }
    )
    policies.change_policy(
        study=orchard.study, language="en", policy=rules, by="mo", reason="privacy", now=NOW
    )
    policies.forget(orchard.study, "en")
    writer, *reviewers = people(orchard, 1 + rules.num_reviews_reply)
    meet(_given(writer, TaskKind.ASSISTANT_REPLY), RNG, NOW)
    for reviewer in reviewers:
        task = _given(reviewer, TaskKind.LABEL_ASSISTANT_REPLY).task
        assert "pii" in {label.name for label in labels_of_task(task)}
        operations.send_labels(task=task, labels={"spam": 0.0, "pii": 1.0}, now=NOW, rng=RNG)
    reply = tree.messages.get(depth=1)
    assert (reply.accepted, reply.decided_because) == (False, "pii")


def _given(person: Participant, kind: TaskKind) -> Handed:
    handed = give(person, kind)
    assert handed is not None
    return handed


def test_what_is_under_review_is_held_against_the_policy_in_force(orchard: StudyVersion) -> None:
    tree = growing_tree(orchard)
    writer, reviewer = people(orchard, 2)
    for person, kind in ((writer, REPLY), (reviewer, LABEL)):
        handed = give(person, kind)
        assert handed is not None
        meet(handed, RNG, NOW)
    message = tree.messages.get(depth=1)
    assert message.accepted is None
    with_policy(orchard, num_reviews_reply=1)
    sweep()
    message.refresh_from_db()
    assert message.accepted is True


def test_a_tree_that_ends_may_bring_one_from_the_backlog(orchard: StudyVersion) -> None:
    with_policy(orchard, p_activate_backlog_tree=1.0)
    waiting(orchard, 3, state=S.BACKLOG_RANKING)
    sweep()
    assert n_in(S.BACKLOG_RANKING) == 3
    tree = growing_tree(orchard)
    Message.objects.filter(tree=tree).update(deleted=True)
    Tree.objects.filter(pk=tree.pk).update(policy_name="")
    sweep()
    assert n_in(S.BACKLOG_RANKING) == 2


def test_too_few_rankings_bring_trees_from_the_backlog(orchard: StudyVersion) -> None:
    with_policy(orchard, min_active_rankings_per_lang=1)
    waiting(orchard, 2, state=S.BACKLOG_RANKING)
    sweep()
    assert n_in(S.BACKLOG_RANKING) == 0


def test_a_reply_that_four_people_reported_goes_at_the_next_sweep(orchard: StudyVersion) -> None:
    tree = growing_tree(orchard)
    writer, *crowd = people(orchard, 5)
    handed = give(writer, REPLY)
    assert handed is not None
    meet(handed, RNG, NOW)
    message = tree.messages.get(depth=1)
    for person in crowd:
        LabelsGiven.objects.create(
            message=message, participant=person, source="report", labels={}, created_at=NOW
        )
    sweep()
    message.refresh_from_db()
    assert (message.deleted, message.decided_because) == (True, "reports")
    Message.objects.filter(pk=message.pk).update(deleted=False, decided_because="moderator")
    sweep(later=timedelta(hours=2))
    message.refresh_from_db()
    assert not message.deleted


def test_a_tree_that_too_many_passed_over_halts_and_can_begin_again(orchard: StudyVersion) -> None:
    with_policy(orchard, auto_mod_max_skip_reply=2)
    tree = growing_tree(orchard)
    for person in people(orchard, 2):
        handed = give(person, REPLY)
        assert handed is not None
        operations.skip(task=handed.task, reason="no", now=NOW, rng=RNG)
    tree.refresh_from_db()
    assert tree.state == S.HALTED_BY_MODERATOR.value
    later = NOW + timedelta(hours=1)
    Tree.objects.filter(pk=tree.pk).update(state=S.GROWING.value, changed_at=later, policy_name="")
    sweep(later=timedelta(hours=1))
    tree.refresh_from_db()
    assert tree.state == S.GROWING.value


def _rank(tree: Tree, person: Participant, order: list[Message], *, now_: int = 0) -> None:
    task = Task.objects.create(
        study=tree.study, participant=person, language="en", tree=tree,
        kind=TaskKind.RANK_ASSISTANT_REPLIES.value, message=order[0].parent, leased_at=NOW,
        expires_at=NOW, seed=now_,
    )  # fmt: skip
    ids = [str(message.pk) for message in order]
    operations.send_ranking(task=task, groups=[[key] for key in ids], shown=ids, now=NOW, rng=RNG)


def test_a_late_vote_is_merged_without_an_operator(orchard: StudyVersion) -> None:
    """Open-Assistant: later rankings counted only after `rerank.py --commit` (facts 1.8)."""
    tree, replies = with_replies(orchard)
    early, *late = people(orchard, 5)
    for person in (early, late[0]):
        _rank(tree, person, replies)
    sweep()
    tree.refresh_from_db()
    assert tree.state == S.READY_FOR_EXPORT.value
    first = SetConsensus.objects.get()
    assert (first.n_rankings, first.kendall_w, first.alpha) == (2, 1.0, 1.0)
    for person in late[1:]:
        _rank(tree, person, replies[::-1])
    sweep()
    second = SetConsensus.objects.get()
    assert (second.n_rankings, second.groups) == (5, [[str(m.pk)] for m in replies[::-1]])
    assert second.kendall_w is not None
    assert second.kendall_w < 0.1
    assert second.alpha is not None
    assert second.alpha < 0
    assert [Message.objects.get(pk=m.pk).rank for m in replies] == [1, 0]
    tree.refresh_from_db()
    assert (tree.state, tree.is_scored) == (S.READY_FOR_EXPORT.value, True)


def test_ranks_of_an_imported_tree_stay_until_somebody_ranks(orchard: StudyVersion) -> None:
    tree, replies = with_replies(orchard)
    for rank, message in enumerate(replies):
        Message.objects.filter(pk=message.pk).update(rank=rank)
    Tree.objects.filter(pk=tree.pk).update(state=S.READY_FOR_EXPORT.value, is_scored=False)
    sweep()
    assert [Message.objects.get(pk=m.pk).rank for m in replies] == [0, 1]
    tree.refresh_from_db()
    assert tree.is_scored


def test_a_set_that_cannot_be_merged_ends_as_failed_and_stops_nobody(
    orchard: StudyVersion, monkeypatch: pytest.MonkeyPatch
) -> None:
    tree, _replies = with_replies(orchard)
    Tree.objects.filter(pk=tree.pk).update(state=S.READY_FOR_SCORING.value)

    def broken(*_args: object, **_kwargs: object) -> int:
        raise ZeroDivisionError

    monkeypatch.setattr(sweeping, "score_tree", broken)
    for minute in range(4):
        sweep(later=timedelta(minutes=minute))
    tree.refresh_from_db()
    assert tree.state == S.SCORING_FAILED.value


def test_reviews_of_people_who_contradict_the_others_come_to_count_less(
    orchard: StudyVersion,
) -> None:
    with_policy(orchard, reviewer_weighting="reliability")
    tree = growing_tree(orchard)
    top = tree.messages.get()
    crowd = people(orchard, 6)
    fraud = crowd[0]
    for i in range(30):
        key = uuid.uuid4()
        message = Message.objects.create(
            id=key, tree=tree, parent=top, role="assistant", text=f"{i}", depth=1, language="en",
            path=f"{top.path}{key}/", created_at=NOW, accepted=True,
        )  # fmt: skip
        spam = float(i % 3 == 0)
        for person in crowd:
            said = 1 - spam if person == fraud else spam
            LabelsGiven.objects.create(
                message=message, participant=person, labels={"spam": said}, created_at=NOW
            )
    sweep()
    weights = dict(ReviewerWeight.objects.values_list("participant", "weight"))
    assert len(weights) == 6
    assert weights.pop(fraud.pk) == pytest.approx(0.05)
    assert min(weights.values()) == pytest.approx(1.0)
    key = uuid.uuid4()
    new = Message.objects.create(
        id=key, tree=tree, parent=top, role="assistant", text="new", depth=1, language="en",
        path=f"{top.path}{key}/", created_at=NOW, reviews_wanted=2,
    )  # fmt: skip
    for person, said in ((fraud, 1.0), (crowd[1], 0.0)):
        LabelsGiven.objects.create(
            message=new, participant=person, labels={"spam": said}, created_at=NOW
        )
    from manyvoices.collect.trees.refresh import judge

    judge(new, policy_for(orchard.study, "en"))
    assert new.accepted is True
    assert new.acceptance == pytest.approx(1 - 0.05 / 1.05)


def test_split_reviews_ask_for_more_and_then_for_a_moderator(orchard: StudyVersion) -> None:
    """An adaptive number of reviews: two, and up to four where they are split."""
    with_policy(orchard, max_reviews=4, acceptance_threshold_reply=0.5)
    tree = growing_tree(orchard)
    writer, *crowd = people(orchard, 5)
    handed = give(writer, REPLY)
    assert handed is not None
    meet(handed, RNG, NOW)
    for person, spam, seats in zip(crowd, (0.0, 1.0, 0.0, 1.0), (1, 1, 1, 0), strict=True):
        review = give(person, LABEL)
        assert review is not None
        operations.send_labels(task=review.task, labels={"spam": spam}, now=NOW, rng=RNG)
        need = tree.needs.filter(kind=LABEL.value).first()
        assert (need.seats if need else 0) == seats
    message = tree.messages.get(depth=1)
    assert (message.accepted, message.is_split, message.n_reviews) == (False, True, 4)


def test_projects_are_those_in_which_trees_grow(orchard: StudyVersion) -> None:
    assert [study.pk for study in sweeping.projects()] == [orchard.study_id]


@pytest.mark.django_db(transaction=True)
class TestSeveralRunners:
    def test_two_at_once_start_no_tree_too_many_and_do_nothing_twice(
        self, orchard: StudyVersion
    ) -> None:
        waiting(orchard, 20)
        crowd = people(orchard, 3)
        growing_tree(orchard)
        for person in crowd[:2]:
            assert give(person, REPLY) is not None
        later = timedelta(hours=2)
        done = at_once([lambda i=i: sweep(later=later, seed=i) for i in range(4)])  # type: ignore[misc]
        assert n_in(S.GROWING) == 5
        assert Task.objects.filter(state=Task.State.EXPIRED).count() == 2
        assert sum(done) >= 6
        assert Need.objects.filter(kind=TaskKind.INITIAL_PROMPT.value, language="en").count() == 1
        drawn = Tree.objects.filter(events__after=S.GROWING.value)
        assert drawn.count() == drawn.distinct().count() == 4

    def test_two_at_once_merge_a_tree_once(self, orchard: StudyVersion) -> None:
        tree, replies = with_replies(orchard)
        for person in people(orchard, 2):
            _rank(tree, person, replies)
        at_once([lambda i=i: sweep(seed=i) for i in range(3)])  # type: ignore[misc]
        assert tree.events.filter(after=S.READY_FOR_EXPORT.value).count() == 1
        assert RankingGiven.objects.count() == 2
