"""The ranking page on the server: what it shows, what it stores, and what it never tells."""

from __future__ import annotations

import re
from datetime import timedelta
from typing import Any

import pytest
from django.test import Client
from django.urls import reverse
from django.utils import timezone
from tests.collect.trees.ranking_sets import cookie, ranking_task, texts_of

from manyvoices.collect.people.drafts import load_draft, save_draft
from manyvoices.collect.studies.models import StudyVersion
from manyvoices.collect.trees import operations
from manyvoices.collect.trees.errors import TaskGone, Unfit
from manyvoices.collect.trees.models import Message, RankingGiven, Task
from manyvoices.collect.trees.presenting import form_name
from manyvoices.collect.trees.ranking_forms import shuffled
from manyvoices.design.trees import TaskKind

pytestmark = pytest.mark.django_db
TEXTS = ("Gravity pulls them.", "**Magic** does it.", "They want to.")


def browser(task: Task) -> Client:
    client = Client()
    name, value = cookie(task.participant)
    client.cookies[name] = value
    return client


def url(task: Task, name: str = "rank") -> str:
    return reverse(f"trees:{name}", args=["orchard", task.pk])


def html(response: Any) -> str:
    return str(response.content.decode())


def shown(page: str) -> list[str]:
    return re.findall(r'name="shown" value="([^"]*)"', page)


@pytest.fixture
def task(orchard: StudyVersion) -> Task:
    return ranking_task(orchard, TEXTS)


def test_the_replies_stand_in_the_drawn_order_and_keep_it(task: Task) -> None:
    client = browser(task)
    assert task.message is not None
    keys = [str(key) for key in task.message.replies.values_list("pk", flat=True)]
    page = html(client.get(url(task)))
    assert shown(page) == shuffled(keys, task.seed) == shown(html(client.get(url(task))))
    for text in ("Why do apples fall?", "Gravity pulls them.", "<strong>Magic</strong> does it."):
        assert text in page


def test_nothing_tells_who_wrote_or_what_others_said(task: Task) -> None:
    Message.objects.filter(parent=task.message).update(n_reviews=31987, rank=1, acceptance=0.8125)
    page = html(browser(task).get(url(task)))
    for author in Message.objects.values_list("author_id", flat=True):
        assert str(author) not in page
    for secret in ("Parrot", "synthetic", "31987", "31,987", "0.8125"):
        assert secret not in re.sub(r"[0-9a-f-]{36}|csrfmiddlewaretoken.{99}", "", page)


def test_an_order_with_a_tie_and_one_left_out_is_stored_with_flags(task: Task) -> None:
    client = browser(task)
    keys = shown(html(client.get(url(task))))
    sent = {
        "shown": keys, f"place-{keys[0]}": "", f"place-{keys[1]}": "2", f"place-{keys[2]}": "2",
        f"flag-{keys[0]}": ["cannot_judge", "spam"],
    }  # fmt: skip
    assert client.post(url(task), sent).url == url(task, "done")
    given = RankingGiven.objects.get(task=task)
    assert (given.groups, given.shown, given.all_bad) == ([[keys[1], keys[2]]], keys, False)
    assert given.flags == {keys[0]: ["cannot_judge", "spam"]}
    assert client.get(url(task)).url == url(task, "task")


def test_what_was_sent_first_stays(task: Task) -> None:
    client = browser(task)
    keys = shown(html(client.get(url(task))))
    first = {"shown": keys} | {f"place-{key}": str(i) for i, key in enumerate(keys, 1)}
    second = {"shown": keys} | {f"place-{key}": str(9 - i) for i, key in enumerate(keys, 1)}
    client.post(url(task), first)
    assert client.post(url(task), second).status_code == 302
    assert RankingGiven.objects.get().groups == [[key] for key in keys]
    assert Message.objects.get(pk=task.message_id).n_rankings == 1


def test_all_are_bad_needs_no_order(task: Task) -> None:
    client = browser(task)
    keys = shown(html(client.get(url(task))))
    client.post(url(task), {"shown": keys, "all-bad": "1"})
    given = RankingGiven.objects.get()
    assert (given.groups, given.all_bad) == ([], True)


def test_a_form_without_an_order_says_so_where_it_belongs(task: Task) -> None:
    client = browser(task)
    keys = shown(html(client.get(url(task))))
    response = client.post(url(task), {"shown": keys, f"place-{keys[0]}": "1"})
    page = html(response)
    assert response.status_code == 422
    assert 'href="#order"' in page
    assert "Put at least two replies in order" in page
    assert re.search(rf'id="place-{keys[0]}".*?<option value="1" selected>', page, re.DOTALL)
    response = client.post(url(task), {"shown": keys, f"place-{keys[0]}": "best"})
    assert f'href="#place-{keys[0]}"' in html(response)
    assert not RankingGiven.objects.exists()


def test_an_order_that_nobody_made_is_asked_back_once(task: Task) -> None:
    client = browser(task)
    keys = shown(html(client.get(url(task))))
    sent = {"shown": keys, "moved": "0"} | {f"place-{key}": str(i) for i, key in enumerate(keys, 1)}
    response = client.post(url(task), sent)
    assert response.status_code == 422
    assert 'name="asked-back" value="1"' in html(response)
    assert not RankingGiven.objects.exists()
    client.post(url(task), sent | {"asked-back": "1"})
    assert RankingGiven.objects.get().groups == [[key] for key in keys]


def test_a_draft_comes_back_and_is_dropped_once_it_is_sent(task: Task) -> None:
    client, person = browser(task), task.participant
    keys = shown(html(client.get(url(task))))
    fields = {f"place-{keys[2]}": ["1"], "moved": ["1"], f"flag-{keys[1]}": ["unsafe"]}
    save_draft(participant=person, form=form_name(task), fields=fields, now=timezone.now())
    page = html(client.get(url(task)))
    assert re.search(rf'id="place-{keys[2]}".*?<option value="1" selected>', page, re.DOTALL)
    assert re.search(rf'id="flag-{keys[1]}-unsafe"[^>]* checked', page)
    assert 'name="moved" value="1"' in page
    client.post(url(task), {"shown": keys, "all-bad": "1"})
    assert load_draft(person, form_name(task)) == {}


def test_a_task_that_ran_out_is_stored_all_the_same(task: Task) -> None:
    Task.objects.filter(pk=task.pk).update(
        state=Task.State.EXPIRED, expires_at=timezone.now() - timedelta(days=1)
    )
    client = browser(task)
    page = html(client.get(url(task)))
    assert "has run out" in page
    client.post(url(task), {"shown": shown(page), "all-bad": "1"})
    assert RankingGiven.objects.filter(task=task).exists()


def test_what_prompters_said_can_be_ordered_too(orchard: StudyVersion) -> None:
    task = ranking_task(orchard, TEXTS, kind=TaskKind.RANK_PROMPTER_REPLIES)
    client = browser(task)
    page = html(client.get(url(task)))
    keys = shown(page)
    assert "Because of gravity." in page
    client.post(
        url(task), {"shown": keys} | {f"place-{key}": str(9 - i) for i, key in enumerate(keys)}
    )
    given = RankingGiven.objects.get(task=task)
    assert texts_of(task, given.groups) == [
        [text] for [text] in reversed(texts_of(task, [[k] for k in keys]))
    ]


def test_a_task_is_passed_over_with_a_reason(task: Task) -> None:
    client = browser(task)
    assert url(task, "skip") in html(client.get(url(task)))
    client.post(url(task, "skip"), {"reason": "knowledge", "words": "No idea of fruit"})
    task.refresh_from_db()
    assert (task.state, task.skip_reason) == (Task.State.SKIPPED, "knowledge: No idea of fruit")


@pytest.mark.parametrize("refused", [TaskGone("gone"), Unfit("ranking", "a reply stands twice")])
def test_what_cannot_be_stored_is_said(
    task: Task, monkeypatch: pytest.MonkeyPatch, refused: Exception
) -> None:
    def refuse(**_given: Any) -> None:
        raise refused

    monkeypatch.setattr(operations, "send_ranking", refuse)
    client = browser(task)
    keys = shown(html(client.get(url(task))))
    response = client.post(url(task), {"shown": keys, "all-bad": "1"}, follow=True)
    words = "could not be stored" if isinstance(refused, TaskGone) else "a reply stands twice"
    assert words in html(response)


def test_nobody_ranks_for_somebody_else(task: Task, orchard: StudyVersion) -> None:
    other = ranking_task(orchard, TEXTS)
    assert browser(other).post(url(task), {"all-bad": "1"}).status_code == 302
    assert not RankingGiven.objects.exists()


def test_a_task_of_another_kind_is_sent_to_its_page(task: Task) -> None:
    Task.objects.filter(pk=task.pk).update(kind=TaskKind.LABEL_INITIAL_PROMPT.value)
    assert browser(task).get(url(task)).url == url(task, "task")


def test_a_removed_reply_is_not_shown(task: Task) -> None:
    gone = Message.objects.filter(parent=task.message).first()
    assert gone is not None
    Message.objects.filter(pk=gone.pk).update(deleted=True)
    assert str(gone.pk) not in html(browser(task).get(url(task)))


def test_the_page_asks_the_database_as_often_for_many_replies(orchard: StudyVersion) -> None:
    few, many = ranking_task(orchard, TEXTS[:2]), ranking_task(orchard, TEXTS * 4)
    from django.db import connection
    from django.test.utils import CaptureQueriesContext

    counts = []
    for task in (few, many):
        client = browser(task)
        client.get(url(task))
        with CaptureQueriesContext(connection) as queries:
            client.get(url(task))
        counts.append(len(queries))
    assert counts[0] == counts[1]
