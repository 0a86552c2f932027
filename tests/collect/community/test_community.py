"""Points, boards, reactions, notices and the pages that show them; and studies without them."""

from __future__ import annotations

import random
from datetime import datetime, timedelta

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.urls import reverse
from tests.collect.trees.growing import NOW, growing_tree, let_grow, people

from manyvoices.collect.community import boards, operations, standing
from manyvoices.collect.community.models import Notice, Profile, Reaction, Score
from manyvoices.collect.community.operations import Unwanted
from manyvoices.collect.community.work import work_of
from manyvoices.collect.moderation import cases, deciding, restrictions
from manyvoices.collect.moderation.models import Case
from manyvoices.collect.people import rights
from manyvoices.collect.people.models import Participant
from manyvoices.collect.studies.models import Study as StudyRow
from manyvoices.collect.studies.models import StudyVersion
from manyvoices.collect.studies.operations import publish_study
from manyvoices.collect.trees.models import LabelsGiven, Message, RankingGiven, Tree
from manyvoices.design import Study
from manyvoices.schema import TreeState

RNG = random.Random(1)
PAGES = ("home", "board", "profile", "notices", "finished")


@pytest.fixture
def crowd(orchard: StudyVersion) -> list[Participant]:
    """People who have grown a few trees to their end."""
    crowd = people(orchard, 9)
    let_grow(crowd, rounds=100, spam=0.1)
    return crowd


def resume(person: Participant) -> Client:
    client = Client()
    client.get(reverse("people:resume", args=["orchard", person.resume_key]))
    return client


def later() -> datetime:
    return NOW + timedelta(hours=3)


def test_points_are_what_the_rows_say(crowd: list[Participant]) -> None:
    found = work_of("orchard", with_votes=True)
    whole = [sum(getattr(w, name) for w in found.values()) for name in ("prompts", "rankings")]
    assert whole == [
        Message.objects.filter(parent=None, deleted=False).count(), RankingGiven.objects.count(),
    ]  # fmt: skip
    accepted = sum(w.assistant_accepted for w in found.values())
    assert accepted == Message.objects.filter(role="assistant", accepted=True).count() > 0
    labels = sum(w.labels_full + w.labels_simple for w in found.values())
    assert labels == LabelsGiven.objects.filter(source="task").count()
    agreed = sum(
        (label.labels.get("spam") == 1.0) != label.message.accepted
        for label in LabelsGiven.objects.select_related("message")
        if label.message.accepted is not None and label.labels.get("spam") is not None
    )
    assert sum(w.labels_agreed for w in found.values()) == agreed
    first = sum(w.ranked_first for w in found.values())
    assert first == Message.objects.filter(rank=0, parent__isnull=False).count() > 0
    assert sum(w.votes_first for w in found.values()) == RankingGiven.objects.count()


def test_an_account_is_live_and_says_where_each_point_comes_from(
    crowd: list[Participant],
) -> None:
    author = Message.objects.filter(role="assistant", accepted=True).first().author  # type: ignore[union-attr]
    assert author is not None
    before = standing.points(author, now=later())
    assert before.points == sum(item.total for item in before.items) > 0
    message = Message.objects.filter(author=author, role="assistant", accepted=True, rank=None)
    target = message.first() or Message.objects.filter(author=author, accepted=True).first()
    assert target is not None
    cases.flag(target, "evidence", now=NOW)
    deciding.decide(
        case=Case.objects.get(message=target), action="reject", reason="copied", by="mo",
        now=later(), rng=RNG,
    )  # fmt: skip
    assert standing.points(author, now=later()).points < before.points
    assert before.streak.days == 1


def test_an_account_costs_the_same_however_much_somebody_did(
    orchard: StudyVersion, crowd: list[Participant]
) -> None:
    def cost(person: Participant) -> int:
        with CaptureQueriesContext(connection) as captured:
            standing.points(person, now=later())
        return len(captured)

    standing.points(crowd[0], now=later())
    assert cost(people(orchard, 1)[0]) == cost(crowd[0]) <= 4


def test_a_board_is_counted_anew_from_the_rows_and_never_drifts(
    crowd: list[Participant], orchard: StudyVersion
) -> None:
    assert boards.rebuild_due(now=later()) == 1
    assert boards.rebuild_due(now=later()) == 0
    first = list(Score.objects.order_by("pk").values_list("participant", "frame", "points"))
    boards.rebuild(orchard.study, now=later())
    assert list(Score.objects.order_by("pk").values_list("participant", "frame", "points")) == first
    mine = Score.objects.get(participant=crowd[0], frame="all", language="")
    assert mine.points == standing.points(crowd[0], now=later()).points
    found = boards.board(crowd[0], "all", now=later())
    assert [line.points for line in found.lines] == sorted(
        (line.points for line in found.lines), reverse=True
    )
    assert sum(line.is_me for line in found.lines) == 1
    assert boards.board(crowd[0], "day", now=later() + timedelta(days=9)).lines == found.lines
    boards.rebuild(orchard.study, now=later() + timedelta(days=9))
    assert boards.board(crowd[0], "week", now=later() + timedelta(days=9)).lines == []
    assert boards.board(crowd[0], "month", "de", now=later()).lines == []


def test_ties_share_a_place_and_who_is_below_sees_where(orchard: StudyVersion) -> None:
    crowd = people(orchard, 5)
    for person, points in zip(crowd, (9, 9, 7, 5, 1), strict=True):
        Score.objects.create(
            study=orchard.study, participant=person, frame="week", points=points, counted_at=NOW
        )
    found = boards.board(crowd[4], "week", now=NOW, top=3)
    assert [line.place for line in found.lines] == [1, 1, 3]
    assert found.me is not None
    assert (found.me.place, found.me.points) == (5, 1)


def test_who_opted_out_withdrew_or_was_banned_is_on_no_board(orchard: StudyVersion) -> None:
    crowd = people(orchard, 4)
    for person in crowd:
        Score.objects.create(
            study=orchard.study, participant=person, frame="week", points=3, counted_at=NOW
        )
    operations.change_profile(participant=crowd[0], display_name="", on_boards=False, now=NOW)
    rights.withdraw(participant=crowd[1], now=NOW)
    restrictions.restrict(
        participant=crowd[2], kind="ban", is_shadow=False, reason="spam", by="mo", now=NOW
    )
    assert [line.is_me for line in boards.board(crowd[3], "week", now=NOW).lines] == [True]


@pytest.mark.parametrize("name", ["x" * 41, "a\u202eb", "Ann"])
def test_a_name_is_short_plain_and_ones_own(orchard: StudyVersion, name: str) -> None:
    ann, other = people(orchard, 2)
    operations.change_profile(participant=ann, display_name=" ANN ", on_boards=True, now=NOW)
    assert Profile.objects.get().display_name == "ANN"
    with pytest.raises(Unwanted):
        operations.change_profile(participant=other, display_name=name, on_boards=True, now=NOW)


def _finished(orchard: StudyVersion) -> Message:
    tree = growing_tree(orchard, author=people(orchard, 1)[0])
    Tree.objects.filter(pk=tree.pk).update(state=TreeState.READY_FOR_EXPORT.value)
    return Message.objects.select_related("tree").get(tree=tree)


def test_reactions_stand_only_where_nobody_judges(orchard: StudyVersion) -> None:
    (person,) = people(orchard, 1)
    growing = growing_tree(orchard).messages.select_related("tree").get()
    with pytest.raises(Unwanted, match="judged"):
        operations.react(participant=person, message=growing, kind="thanks", now=NOW)
    message = _finished(orchard)
    assert message.author is not None
    with pytest.raises(Unwanted, match="own"):
        operations.react(participant=message.author, message=message, kind="thanks", now=NOW)
    with pytest.raises(Unwanted):
        operations.react(participant=person, message=message, kind="poop", now=NOW)
    assert operations.react(participant=person, message=message, kind="thanks", now=NOW)
    assert not operations.react(participant=person, message=message, kind="thanks", now=NOW)
    assert not Reaction.objects.exists()


def test_an_author_is_told_what_became_of_their_message(crowd: list[Participant]) -> None:
    accepted = Message.objects.filter(accepted=True, author__isnull=False)
    told = Notice.objects.filter(kind="accepted")
    assert set(told.values_list("message", flat=True)) == set(accepted.values_list("pk", flat=True))
    message = accepted.first()
    assert message is not None
    cases.flag(message, "evidence", now=NOW)
    made = deciding.decide(
        case=Case.objects.get(message=message), action="delete", reason="a telephone number",
        by="mo", now=later(), rng=RNG,
    )  # fmt: skip
    notice = Notice.objects.get(kind="decided")
    assert (notice.participant, notice.words) == (message.author, "a telephone number")
    deciding.undo(decision=made, by="mo", reason="public", now=later(), rng=RNG)
    assert not Notice.objects.filter(kind="decided").exists()


def test_whose_reply_came_first_is_told_once(
    crowd: list[Participant], orchard: StudyVersion
) -> None:
    for _ in range(2):
        boards.rebuild(orchard.study, now=later())
    first = Message.objects.filter(
        rank=0, parent__isnull=False, tree__state=TreeState.READY_FOR_EXPORT.value
    )
    assert Notice.objects.filter(kind="ranked_first").count() == first.count() > 0


def test_every_page_shows_and_costs_a_fixed_number_of_statements(
    crowd: list[Participant], orchard: StudyVersion
) -> None:
    boards.rebuild(orchard.study, now=later())
    busy, new = resume(crowd[0]), resume(people(orchard, 1)[0])
    for name in PAGES:
        url = reverse(f"community:{name}", args=["orchard"])
        costs = []
        for client in (busy, busy, new):
            with CaptureQueriesContext(connection) as captured:
                assert client.get(url).status_code == 200, name
            costs.append(len(captured))
        # Somebody without points costs one look more: where they would be on the board.
        assert costs[2] <= costs[1] + 1 <= 12, name
        assert not any(q["sql"].startswith(("INSERT", "UPDATE", "DELETE")) for q in captured)


def test_pages_are_used_by_their_forms(orchard: StudyVersion) -> None:
    message = _finished(orchard)
    (person,) = people(orchard, 1)
    client = resume(person)
    url = reverse("community:profile", args=["orchard"])
    assert client.post(url, {"name": "x" * 50}).status_code == 422
    assert client.post(url, {"name": "Ann", "on_boards": "yes"}).status_code == 302
    assert Profile.objects.get().display_name == "Ann"
    react = reverse("community:react", args=["orchard", message.pk])
    assert client.post(react, {"kind": "thanks"}).status_code == 302
    assert client.post(react, {"kind": "hate"}).status_code == 409
    page = client.get(reverse("community:read", args=["orchard", message.tree_id]))
    assert 'aria-pressed="true"' in page.content.decode()
    assert str(message.author_id) not in page.content.decode()
    Notice.objects.create(participant=person, message=message, kind="accepted", at=NOW)
    client.post(reverse("community:notices", args=["orchard"]))
    assert Notice.objects.get().read_at is not None


def test_a_plain_study_has_none_of_it(orchard: StudyVersion, spec_of_orchard: Study) -> None:
    stages = [
        stage.model_copy(update={"community": False}) if stage.kind == "tree_tasks" else stage
        for stage in spec_of_orchard.stages
    ]
    changed = spec_of_orchard.model_copy(update={"stages": tuple(stages), "digest": "f" * 64})
    version = publish_study(spec=changed, now=NOW)
    standing.forget()
    (person,) = people(version, 1)
    client = resume(person)
    for name in PAGES:
        assert client.get(reverse(f"community:{name}", args=["orchard"])).status_code == 404
    html = client.get(reverse("trees:home", args=["orchard"])).content.decode()
    assert "/community/" not in html
    let_grow(people(version, 8), rounds=120)
    assert boards.rebuild_due(now=later()) == 0
    assert not Notice.objects.exists()
    assert StudyRow.objects.count() == 1


def test_what_somebody_chose_and_was_told_goes_with_them(orchard: StudyVersion) -> None:
    message = _finished(orchard)
    (person,) = people(orchard, 1)
    operations.change_profile(participant=person, display_name="Ann", on_boards=True, now=NOW)
    operations.react(participant=person, message=message, kind="thanks", now=NOW)
    rights.withdraw(participant=person, now=NOW)
    assert not Profile.objects.exists()
    assert not Reaction.objects.exists()
