"""What a moderator decides about a message, what follows, and how it is taken back."""

from __future__ import annotations

import random
from datetime import timedelta

import pytest
from tests.collect.trees.growing import NOW, give, growing_tree, let_grow, meet, people

from manyvoices.collect.console.models import AuditEntry
from manyvoices.collect.moderation import cases, deciding, tree_acts
from manyvoices.collect.moderation.errors import Claimed, Refused, Settled
from manyvoices.collect.moderation.models import Action, Case, Decision, Kind, Signal
from manyvoices.collect.studies.models import StudyVersion
from manyvoices.collect.trees import operations
from manyvoices.collect.trees.models import LabelsGiven, Message, Need, Task, Tree
from manyvoices.design.trees import TaskKind
from manyvoices.schema import TreeState

RNG = random.Random(1)
LATER = NOW + timedelta(minutes=5)
REPLY = TaskKind.ASSISTANT_REPLY


def flagged(message: Message) -> Case:
    return cases.flag(message, "evidence", {"pasted": 0.9}, now=NOW).case


def decide(case: Case, action: str, *, by: str = "mo", text: str = "") -> Decision:
    return deciding.decide(
        case=case, action=action, reason="as the guidelines say", by=by, now=LATER, rng=RNG,
        text=text,
    )  # fmt: skip


def undo(decision: Decision, by: str = "mo") -> None:
    deciding.undo(decision=decision, by=by, reason="a mistake", now=LATER, rng=RNG)


def state(message: Message) -> tuple[object, ...]:
    message.refresh_from_db()
    tree = Tree.objects.get(pk=message.tree_id)
    return message.accepted, message.decided_because, message.deleted, message.text, tree.state


TABLE = [
    # action, accepted, because, deleted
    (Action.ACCEPT, True, "moderator", False),
    (Action.REJECT, False, "moderator", False),
    (Action.DELETE, None, "", True),
    (Action.DISMISS, None, "", False),
]


@pytest.mark.parametrize(("action", "accepted", "because", "deleted"), TABLE)
def test_a_decision_does_what_it_says_and_undo_brings_all_of_it_back(
    reply: Message, action: Action, accepted: bool | None, because: str, deleted: bool
) -> None:
    was = state(reply)
    made = decide(flagged(reply), action)
    assert state(reply)[:3] == (accepted, because, deleted)
    assert Case.objects.get().decided_at == LATER
    undo(made)
    assert state(reply) == was
    assert (Case.objects.get().decided_at, Case.objects.get().claimed_by) == (None, "mo")


def test_what_a_moderator_accepted_no_later_review_turns(reply: Message) -> None:
    decide(flagged(reply), Action.ACCEPT)
    (person,) = people(reply.tree.study.current, 1)
    LabelsGiven.objects.create(
        message=reply, participant=person, labels={"spam": 1.0}, created_at=NOW
    )
    from manyvoices.collect.trees.policies import policy_for
    from manyvoices.collect.trees.refresh import judge

    judge(Message.objects.get(pk=reply.pk), policy_for(reply.tree.study, "en"))
    assert state(reply)[0] is True


def test_a_subtree_goes_and_comes_back_with_what_hangs_below(orchard: StudyVersion) -> None:
    tree = growing_tree(orchard, goal=6)
    crowd = people(orchard, 6)
    for person in crowd:
        handed = give(person, REPLY, TaskKind.LABEL_ASSISTANT_REPLY, TaskKind.PROMPTER_REPLY)
        if handed is not None:
            meet(handed, RNG, NOW)
    n_before = tree.messages.count()
    assert n_before > 1
    prompt = tree.messages.get(parent=None)
    made = decide(flagged(prompt), Action.DELETE)
    assert not tree.messages.filter(deleted=False).exists()
    assert state(prompt)[4] == TreeState.HALTED_BY_MODERATOR.value
    assert not Need.objects.filter(tree=tree, seats__gt=0).exists()
    below = tree.messages.exclude(parent=None).first()
    assert below is not None
    decide(flagged(below), Action.RESTORE)
    # Its thread is there again, and since its prompt went with it, so is all that went then.
    assert tree.messages.filter(deleted=False, pk__in=[below.pk, prompt.pk]).count() == 2
    with pytest.raises(Settled):
        undo(made)


def test_a_prompt_that_was_rejected_and_is_accepted_lets_its_tree_go_on(
    orchard: StudyVersion,
) -> None:
    writer, *reviewers = people(orchard, 3)
    from manyvoices.collect.trees import sweeping

    sweeping.sweep(now=NOW, rng=RNG)
    handed = give(writer, TaskKind.INITIAL_PROMPT)
    assert handed is not None
    prompt = operations.send_text(task=handed.task, text="Why?", now=NOW, rng=RNG)
    for reviewer in reviewers:
        review = give(reviewer, TaskKind.LABEL_INITIAL_PROMPT)
        assert review is not None
        operations.send_labels(task=review.task, labels={"spam": 1.0}, now=NOW, rng=RNG)
    assert state(prompt)[4] == TreeState.ABORTED_LOW_GRADE.value
    cases.appeal(message=prompt, participant=writer, reason="It is a real question", now=NOW)
    made = decide(Case.objects.get(message=prompt), Action.ACCEPT)
    assert state(prompt)[4] == TreeState.PROMPT_LOTTERY_WAITING.value
    undo(made)
    assert state(prompt)[0] is False
    assert state(prompt)[4] == TreeState.ABORTED_LOW_GRADE.value


def test_an_edit_keeps_what_was_said_before_and_what_was_decided(reply: Message) -> None:
    made = decide(flagged(reply), Action.EDIT, text="Gravity, as [name removed] said.")
    reply.refresh_from_db()
    assert reply.text == "Gravity, as [name removed] said."
    revision = reply.revisions.get()
    assert (revision.text, revision.by) == ("Gravity.", "mo")
    undo(made)
    reply.refresh_from_db()
    assert reply.text == "Gravity."
    assert reply.revisions.count() == 2


@pytest.mark.parametrize("text", ["", "   ", "Gravity.", "x" * 10_001])
def test_an_edit_that_changes_nothing_or_too_much_is_refused(reply: Message, text: str) -> None:
    case = flagged(reply)
    with pytest.raises(Refused):
        decide(case, Action.EDIT, text=text)
    case.refresh_from_db()
    assert (case.decided_at, case.claimed_by) == (None, "")


def test_no_decision_goes_without_a_reason(reply: Message) -> None:
    with pytest.raises(Refused, match="reason"):
        deciding.decide(
            case=flagged(reply), action="accept", reason="  ", by="mo", now=LATER, rng=RNG
        )


def test_a_case_in_somebody_elses_hands_is_left_alone_until_their_time_is_over(
    reply: Message,
) -> None:
    case = flagged(reply)
    deciding.claim(case=case, by="ann", now=NOW)
    with pytest.raises(Claimed, match="ann"):
        decide(case, Action.ACCEPT, by="mo")
    late = NOW + deciding.CLAIM_FOR
    assert deciding.claim(case=case, by="mo", now=late).claimed_by == "mo"
    deciding.release(case=case, by="ann")
    case.refresh_from_db()
    assert case.claimed_by == "mo"


def test_a_case_is_decided_once(reply: Message) -> None:
    case = flagged(reply)
    decide(case, Action.REJECT)
    with pytest.raises(Settled):
        decide(case, Action.ACCEPT)
    assert Decision.objects.count() == 1


def test_undo_has_its_time_and_its_order(reply: Message) -> None:
    first = decide(flagged(reply), Action.REJECT)
    second = decide(flagged(reply), Action.ACCEPT)
    with pytest.raises(Settled, match="since"):
        undo(first)
    undo(second)
    with pytest.raises(Settled, match="already"):
        undo(second)
    with pytest.raises(Refused, match="days"):
        deciding.undo(
            decision=first, by="mo", reason="too late",
            now=LATER + timedelta(days=15), rng=RNG,
        )  # fmt: skip


def test_many_cases_at_once_leave_out_what_others_hold(orchard: StudyVersion) -> None:
    messages = [growing_tree(orchard).messages.get() for _ in range(4)]
    open_cases = [flagged(message) for message in messages]
    deciding.claim(case=open_cases[0], by="ann", now=NOW)
    done, n_left = deciding.decide_many(
        cases=[case.pk for case in open_cases], study_id="orchard", action="dismiss",
        reason="all fine", by="mo", now=LATER, rng=RNG,
    )  # fmt: skip
    assert (len(done), n_left) == (3, 1)
    n_undone, _ = deciding.undo_many(
        decisions=[d.pk for d in done], study_id="orchard", by="mo", reason="not so", now=LATER,
        rng=RNG,
    )  # fmt: skip
    assert n_undone == 3
    with pytest.raises(Refused):
        deciding.decide_many(
            cases=[], study_id="orchard", action="edit", reason="x", by="mo", now=LATER, rng=RNG
        )


def test_every_privileged_act_is_in_the_log_without_anybodys_words(reply: Message) -> None:
    made = decide(flagged(reply), Action.DELETE)
    undo(made)
    tree = tree_acts.halt(tree=reply.tree, reason="heated", by="mo", now=LATER, rng=RNG)
    tree_acts.let_go_on(tree=tree, reason="calm again", by="mo", now=LATER, rng=RNG)
    cases.draw_sample(study=reply.tree.study, n=3, by="mo", now=LATER, rng=RNG)
    found = list(AuditEntry.objects.order_by("pk").values_list("actor", "action", "study"))
    assert found == [
        ("mo", action, "orchard")
        for action in (
            *("moderate: delete", "moderate: undo", "halt tree", "restart tree", "draw sample"),
        )
    ]
    assert "Gravity" not in str(list(AuditEntry.objects.values()))


def test_a_halted_tree_gives_no_task_and_goes_on_where_it_was(orchard: StudyVersion) -> None:
    tree = growing_tree(orchard)
    (person,) = people(orchard, 1)
    tree_acts.halt(tree=tree, reason="heated", by="mo", now=NOW, rng=RNG)
    assert give(person) is None
    with pytest.raises(Refused, match="stopped already"):
        tree_acts.halt(tree=tree, reason="again", by="mo", now=NOW, rng=RNG)
    tree = tree_acts.let_go_on(tree=tree, reason="calm", by="mo", now=NOW, rng=RNG)
    assert tree.state == TreeState.GROWING.value
    assert give(person, REPLY) is not None
    assert [event.by for event in tree.events.all()] == ["mo", "mo"]


def test_a_tree_whose_prompt_is_gone_cannot_go_on(orchard: StudyVersion) -> None:
    prompt = growing_tree(orchard).messages.get()
    decide(flagged(prompt), Action.DELETE)
    with pytest.raises(Refused, match="restore"):
        tree_acts.let_go_on(tree=prompt.tree, reason="please", by="mo", now=LATER, rng=RNG)


def test_a_crowd_still_brings_trees_to_their_end_among_decisions(orchard: StudyVersion) -> None:
    crowd = people(orchard, 12)
    let_grow(crowd, rounds=150, spam=0.2)
    rng = random.Random(5)
    for message in Message.objects.order_by("created_at")[:30]:
        action = rng.choice(["accept", "reject", "delete", "dismiss"])
        made = decide(flagged(message), action) if not message.deleted else None
        if made is not None and rng.random() < 0.4:
            undo(made)
    let_grow(crowd, rounds=300, seed=9)
    live = (TreeState.INITIAL_PROMPT_REVIEW, TreeState.GROWING, TreeState.RANKING)
    for tree in Tree.objects.filter(state__in=[s.value for s in live]):
        leased = tree.tasks.filter(state=Task.State.LEASED).exists()
        assert leased or tree.needs.filter(seats__gt=0).exists(), tree.state
    assert Signal.objects.filter(kind=Kind.EVIDENCE).exists()
