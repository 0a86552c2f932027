"""People, conversations and failures, page by page."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from django.test import Client
from django.urls import reverse

from manyvoices.collect.console import views
from manyvoices.collect.conversations.models import Conversation
from manyvoices.collect.people.models import Participant

Walk = Callable[..., Participant]


def page_of(client: Client, name: str, query: str = "") -> object:
    response = client.get(reverse(f"console:{name}", args=["small"]) + query)
    assert response.status_code == 200
    return response.context["page"]


@pytest.mark.parametrize(
    ("pages", "conversations", "step", "n_done"),
    [
        (0, 0, "Survey: You and language models", 0),
        (1, 0, "Survey: About you", 1),
        (2, 0, "Before conversation 1 of 2", 2),
        (2, 1, "Before conversation 2 of 2", 3),
        (2, 2, "At the end", 4),
    ],
)
def test_a_person_stands_where_the_rule_says(
    staff_client: Client, walk: Walk, pages: int, conversations: int, step: str, n_done: int
) -> None:
    walk(pages=pages, conversations=conversations)
    (row,) = page_of(staff_client, "people").rows
    assert row.step == step
    assert (row.done.n, row.done.of) == (n_done, 4)
    assert (row.completed_at is not None) == (step == "At the end")


def test_simulated_people_are_marked(staff_client: Client, walk: Walk) -> None:
    walk(simulated=True)
    html = staff_client.get(reverse("console:people", args=["small"])).content.decode()
    assert '<span class="mark">simulated</span>' in html


def test_neither_personal_links_nor_external_identifiers_are_on_any_page(
    staff_client: Client, walk: Walk, talk: Callable[..., Conversation]
) -> None:
    person = walk(external_id="PROLIFIC-5f3a")
    conversation = talk(person, 1, failing=frozenset({0}))
    urls = [
        *(reverse(f"console:{n}", args=["small"]) for n in ("study", "people", "conversations")),
        reverse("console:failures", args=["small"]),
        reverse("console:conversation", args=["small", conversation.pk]),
    ]
    for url in urls:
        html = staff_client.get(url).content.decode()
        assert person.resume_key not in html
        assert "PROLIFIC-5f3a" not in html


def test_long_lists_have_pages_and_keep_their_filter(
    staff_client: Client, walk: Walk, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(views, "PAGE_SIZE", 2)
    people = [walk(pages=0) for _ in range(5)]
    walk(pages=0, simulated=True)
    seen, query = [], "?who=people"
    while query:
        page = page_of(staff_client, "people", query)
        assert page.pager.total == 5
        seen += [row.id for row in page.rows]
        query = page.pager.older_url
    assert sorted(seen) == sorted(person.pk for person in people)
    assert page.pager.newer_url == "?who=people&page=2"


def test_a_page_beyond_the_end_is_the_last(staff_client: Client, walk: Walk) -> None:
    walk()
    assert len(page_of(staff_client, "people", "?page=99").rows) == 1


def test_conversations_of_one_person_are_listed_with_their_turns(
    staff_client: Client, walk: Walk
) -> None:
    person = walk(conversations=2)
    walk(conversations=1)
    page = page_of(staff_client, "conversations", f"?participant={person.pk}")
    assert {(row.number, row.type_label) for row in page.rows} == {
        (1, "unguided"),
        (2, "About values"),
    }
    assert all((row.n_turns, row.n_rated) == (2, 2) for row in page.rows)
    assert str(person.pk) in page.narrowed


def test_a_failure_leads_to_its_turn(
    staff_client: Client, walk: Walk, talk: Callable[..., Conversation]
) -> None:
    conversation = talk(walk(), 1, failing=frozenset({1}))
    (row,) = page_of(staff_client, "failures").rows
    assert row.url == f"{reverse('console:conversation', args=['small', conversation.pk])}#turn-1"
    assert row.kind == "timeout"
    assert 'id="turn-1"' in staff_client.get(row.url).content.decode()
