"""Checks of reviewers: they look like any task, decide nothing, and say how well people read."""

from __future__ import annotations

import random
from datetime import timedelta

import pytest
from django.contrib.auth.models import User
from django.test import Client
from tests.collect.trees.growing import NOW, growing_tree, people

from manyvoices.collect.people import rights
from manyvoices.collect.people.models import Participant
from manyvoices.collect.quality.models import CheckGiven, GoldItem
from manyvoices.collect.studies.models import StudyVersion
from manyvoices.collect.trees import gold, operations, policies, reliability, sweeping
from manyvoices.collect.trees.errors import Unfit
from manyvoices.collect.trees.handout import Handed
from manyvoices.collect.trees.models import LabelsGiven, Message, Need, Task
from manyvoices.design.trees import TaskKind

RNG = random.Random(1)
REVIEWS = tuple(kind for kind in TaskKind if kind.is_label)
LATER = NOW + gold.AGAIN_AFTER + timedelta(hours=1)


def ask(
    person: Participant, *, p_gold: float = 1.0, p_again: float = 0.0, now=NOW
) -> Handed | None:  # type: ignore[no-untyped-def]
    return gold.hand_out(
        participant=person, language="en", kinds=REVIEWS, now=now, rng=random.Random(3),
        p_gold=p_gold, p_again=p_again,
    )  # fmt: skip


def say(handed: Handed | None, *, now=NOW, **labels: float | None) -> LabelsGiven:  # type: ignore[no-untyped-def]
    assert handed is not None
    return operations.send_labels(task=handed.task, labels=labels, now=now, rng=RNG)


@pytest.fixture
def prompt(orchard: StudyVersion) -> Message:
    """A message that was accepted."""
    return growing_tree(orchard).messages.get()


@pytest.fixture
def item(prompt: Message) -> GoldItem:
    return gold.make_gold(
        message=prompt, labels={"spam": 0.0, "quality": 0.75}, by="mo", reason="we read it", now=NOW
    )


def test_a_check_is_a_task_like_any_other(orchard: StudyVersion, item: GoldItem) -> None:
    checked, writer, ordinary = people(orchard, 3)
    check = ask(checked)
    reply = operations.send_text(task=_reply_task(writer), text="Gravity.", now=NOW, rng=RNG)
    usual = ask(ordinary, p_gold=0.0)
    assert check is not None
    assert usual is not None
    assert usual.task.message == reply
    assert check.task.gold is not None
    own = {"id", "participant", "kind", "message", "gold", "seed", "is_full", "tree"}
    for field in Task._meta.concrete_fields:
        if field.name not in own:
            assert getattr(check.task, field.attname) == getattr(usual.task, field.attname), field
    assert [message.pk for message in check.thread] == [item.message_id]
    assert "gold" not in str(rights.own_data(checked))


def _reply_task(person: Participant) -> Task:
    from manyvoices.collect.trees import handout

    handed = handout.hand_out(
        participant=person, language="en", kinds=[TaskKind.ASSISTANT_REPLY], now=NOW, rng=RNG
    )
    assert handed is not None
    return handed.task


def test_what_is_said_in_a_check_decides_nothing_and_is_compared(
    orchard: StudyVersion, item: GoldItem
) -> None:
    (person,) = people(orchard, 1)
    before = Message.objects.filter(pk=item.message_id).values().get()
    handed = ask(person)
    given = say(handed, spam=1.0, quality=0.5)
    assert say(handed, spam=0.0) == given, "sent twice, stored once"
    assert not given.counts
    assert Message.objects.filter(pk=item.message_id).values().get() == before
    check = CheckGiven.objects.get()
    assert (check.n_same, check.n_compared) == (1, 2)
    assert Task.objects.get().state == Task.State.DONE


def test_what_was_said_in_a_check_is_among_ones_own_reviews_and_not_marked(
    orchard: StudyVersion, item: GoldItem
) -> None:
    (person,) = people(orchard, 1)
    say(ask(person), spam=0.0, quality=0.5)
    own = rights.own_data(person)
    (row,) = own["trees"]["labels"]
    assert (row["message_id"], row["labels"]) == (item.message_id, {"spam": 0.0, "quality": 0.5})
    assert "gold" not in str(own)


def test_a_required_label_is_asked_for_in_a_check_too(
    orchard: StudyVersion, item: GoldItem
) -> None:
    (person,) = people(orchard, 1)
    with pytest.raises(Unfit):
        say(ask(person), quality=0.5)


def test_gold_is_never_ones_own_nor_twice_nor_retired(
    orchard: StudyVersion, item: GoldItem
) -> None:
    person, author, late = people(orchard, 3)
    say(ask(person), spam=0.0)
    assert ask(person) is None
    Message.objects.filter(pk=item.message_id).update(author=author)
    assert ask(author) is None
    gold.retire_gold(item=item, by="mo", now=NOW)
    assert ask(late) is None


def test_a_check_takes_nobodys_seat_and_runs_out_like_any_task(
    orchard: StudyVersion, item: GoldItem
) -> None:
    (person,) = people(orchard, 1)
    seats = list(Need.objects.order_by("pk").values_list("kind", "seats"))
    handed = ask(person)
    assert handed is not None
    assert list(Need.objects.order_by("pk").values_list("kind", "seats")) == seats
    sweeping.expire(now=NOW + timedelta(days=1), rng=RNG)
    handed.task.refresh_from_db()
    assert handed.task.state == Task.State.EXPIRED


def test_a_review_is_asked_for_again_after_a_while_once(
    orchard: StudyVersion, prompt: Message
) -> None:
    person, writer, other = people(orchard, 3)
    reply = operations.send_text(task=_reply_task(writer), text="Gravity.", now=NOW, rng=RNG)
    say(ask(person, p_gold=0.0), spam=0.0, quality=1.0)
    assert ask(person, p_gold=0.0, p_again=1.0, now=LATER) is None, "it is not decided yet"
    say(ask(other, p_gold=0.0), spam=0.0)
    assert ask(person, p_gold=0.0, p_again=1.0) is None, "too soon"
    handed = ask(person, p_gold=0.0, p_again=1.0, now=LATER)
    assert handed is not None
    assert handed.task.message == reply
    say(handed, spam=0.0, quality=0.5, now=LATER)
    reply.refresh_from_db()
    assert reply.n_reviews == 2
    check = CheckGiven.objects.get()
    assert (check.kind, check.n_same, check.n_compared) == ("again", 1, 2)
    assert ask(person, p_gold=0.0, p_again=1.0, now=LATER) is None
    assert LabelsGiven.objects.get(participant=person, counts=True).labels["quality"] == 1.0


def test_checks_come_as_often_as_they_should(orchard: StudyVersion, item: GoldItem) -> None:
    n = 0
    for i, person in enumerate(people(orchard, 200)):
        handed = gold.hand_out(
            participant=person, language="en", kinds=REVIEWS, now=NOW, rng=random.Random(i),
            p_gold=0.3, p_again=0.0,
        )  # fmt: skip
        n += handed is not None and handed.task.gold is not None
    assert 40 <= n <= 80


@pytest.mark.parametrize(
    ("asked", "is_given"),
    [
        (TaskKind.LABEL_INITIAL_PROMPT, True),
        (TaskKind.LABEL_ASSISTANT_REPLY, False),
        (TaskKind.RANK_ASSISTANT_REPLIES, False),
    ],
)
def test_a_check_is_of_a_kind_that_was_asked_for(
    orchard: StudyVersion, item: GoldItem, asked: TaskKind, *, is_given: bool
) -> None:
    """The gold is a prompt: whoever asks to review replies, or to rank, is not given it."""
    (person,) = people(orchard, 1)
    handed = gold.hand_out(
        participant=person, language="en", kinds=[asked], now=NOW, rng=RNG, p_gold=1.0
    )
    assert (handed is not None) is is_given


def test_checks_stand_in_for_reviews_and_for_no_other_work(
    orchard: StudyVersion, item: GoldItem
) -> None:
    """Where somebody leaves the choice to us, 15 of 39 draws are reviews by the default
    weights; only these become checks."""
    kinds, n = tuple(TaskKind), 0
    for i, person in enumerate(people(orchard, 200)):
        handed = gold.hand_out(
            participant=person, language="en", kinds=kinds, now=NOW, rng=random.Random(i),
            p_gold=1.0, p_again=0.0,
        )  # fmt: skip
        n += handed is not None and handed.task.gold is not None
    weights = policies.policy_for(orchard.study, "en").weights
    reviews = 2 * weights.label_reply + weights.label_prompt
    others = 2 * weights.ranking + 2 * weights.reply + weights.initial_prompt
    assert n / 200 == pytest.approx(reviews / (reviews + others), abs=0.1)


def test_how_often_checks_come_is_the_policys_and_changes_live(
    orchard: StudyVersion, item: GoldItem
) -> None:
    (person,) = people(orchard, 1)

    def is_check() -> bool:
        handed = gold.hand_out(
            participant=person, language="en", kinds=REVIEWS, now=NOW, rng=random.Random(3)
        )
        return handed is not None and handed.task.gold is not None

    for share, expected in ((0.0, False), (1.0, True)):
        policy = policies.policy_for(orchard.study, "en").model_copy(
            update={"p_gold": share, "p_again": 0.0}
        )
        policies.change_policy(
            study=orchard.study, language="en", policy=policy, by="mo", reason="more", now=NOW
        )
        policies.forget(orchard.study, "en")  # as on commit
        assert is_check() is expected


@pytest.mark.parametrize(
    ("labels", "why"),
    [({}, "at least one"), ({"taste": 1.0}, "not one of the"), ({"spam": 0.5}, "not one of")],
)
def test_gold_must_make_sense(prompt: Message, labels: dict[str, float], why: str) -> None:
    with pytest.raises(Unfit, match=why):
        gold.make_gold(message=prompt, labels=labels, by="mo", reason="r", now=NOW)
    Message.objects.filter(pk=prompt.pk).update(accepted=None)
    prompt.refresh_from_db()
    with pytest.raises(Unfit, match="decided"):
        gold.make_gold(message=prompt, labels={"spam": 0.0}, by="mo", reason="r", now=NOW)


def test_wilsons_interval_is_the_published_one_and_never_leaves_nought_to_one() -> None:
    low, high = reliability.wilson(81, 263)  # Newcombe 1998, table I: .2553 to .3662
    assert (round(low, 4), round(high, 4)) == (0.2553, 0.3662)
    assert reliability.wilson(0, 20)[0] == 0.0
    assert round(reliability.wilson(0, 20)[1], 4) == 0.1611
    assert reliability.wilson(1, 1)[1] == 1.0


def test_doubt_is_no_mistake_and_a_point_on_a_scale_is_none_either() -> None:
    known: dict[str, float | None] = {"spam": 1.0, "quality": 0.5, "humor": 1.0}
    assert reliability.compared({"spam": 1.0, "quality": 0.75, "humor": 0.0}, known) == (2, 3)
    assert reliability.compared({"spam": None, "quality": 0.5}, known) == (1, 1)
    assert reliability.compared({"spam": 0.0}, {}) == (0, 0)


def test_the_careless_are_told_from_the_careful(orchard: StudyVersion, item: GoldItem) -> None:
    careful, careless, a, b = people(orchard, 4)
    for person, spam in ((careful, 0.0), (careless, 1.0)):
        say(ask(person), spam=spam)
    tree = growing_tree(orchard)
    for i in range(12):
        message = Message.objects.create(
            tree=tree, parent=tree.messages.get(depth=0), role="assistant", text="t", depth=1,
            language="en", path=f"/{i}/", created_at=NOW, accepted=True,
        )  # fmt: skip
        for person in (careful, a, b, careless):
            LabelsGiven.objects.create(
                message=message, participant=person, created_at=NOW,
                labels={"spam": float(person == careless), "quality": None},
            )  # fmt: skip
    found = {one.participant: one for one in reliability.reviewers("orchard")}
    good, bad = found[careful.pk], found[careless.pk]
    assert (good.gold.share, bad.gold.share, good.gold.n) == (1.0, 0.0, 1)
    assert (good.consensus.n, good.consensus.share, bad.consensus.share) == (12, 1.0, 0.0)
    assert good.consensus.low is not None
    assert bad.consensus.high is not None
    assert good.consensus.low > 0.7 > 0.3 > bad.consensus.high
    assert good.again == reliability.Agreement(0)


def test_whoever_withdraws_takes_their_checks_along(orchard: StudyVersion, item: GoldItem) -> None:
    (person,) = people(orchard, 1)
    say(ask(person), spam=0.0)
    rights.withdraw(participant=person, now=NOW)
    assert not CheckGiven.objects.exists()
    assert GoldItem.objects.exists()


def test_moderators_see_reviewers_and_make_gold_and_nobody_else_does(
    orchard: StudyVersion, prompt: Message
) -> None:
    url = "/console/studies/orchard/reviewers/"
    assert Client().get(url).status_code == 302
    stranger, moderator = Client(), Client()
    stranger.force_login(User.objects.create_user("eve"))
    moderator.force_login(User.objects.create_user("mo", is_staff=True))
    assert stranger.get(url).status_code == 403
    form = {"message": str(prompt.pk), "labels": "spam=0, quality=0.75", "reason": "we read it"}
    assert stranger.post(url, form).status_code == 403
    assert moderator.post(url, form | {"labels": "spam=maybe"}).status_code == 422
    assert moderator.post(url, form | {"message": "x"}).status_code == 422
    assert moderator.post(url, form | {"reason": " "}).status_code == 422
    assert moderator.post(url, form).status_code == 302
    item = GoldItem.objects.get()
    assert item.labels == {"spam": 0.0, "quality": 0.75}
    (person,) = people(orchard, 1)
    say(ask(person), spam=0.0)
    page = moderator.get(url).content.decode()
    assert str(person.pk) in page
    assert "1.00" in page
    assert "1 review" in page
    assert moderator.post(url, {"retire": str(item.pk)}).status_code == 302
    assert not GoldItem.objects.get().is_active
