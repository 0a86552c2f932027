"""The administration pages: every model to look at, nothing secret, nothing to tamper with."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from django.apps import apps
from django.contrib import admin
from django.contrib.auth.models import User
from django.db.models import Model
from django.test import Client
from django.urls import reverse

from manyvoices.collect.people.drafts import save_draft
from manyvoices.collect.people.models import Participant
from manyvoices.collect.studies.models import Study

LABELS = (
    *("studies", "people", "surveys", "conversations", "jobs"),
    *("community", "moderation"),
)
MODELS = [model for label in LABELS for model in apps.get_app_config(label).get_models()]
SECRETS = {"resume_key", "external_id", "fields"}


@pytest.fixture
def admin_client(db: None) -> Client:
    client = Client()
    client.force_login(User.objects.create_superuser("root", password="correct horse battery"))
    return client


@pytest.fixture
def person(walk: Callable[..., Participant]) -> Participant:
    person = walk(conversations=1, external_id="PROLIFIC-5f3a")
    save_draft(
        participant=person,
        form="talk-2-2-0-prompt",
        fields={"prompt": ["not sent"]},
        now=person.consented_at,
    )
    return person


def _name(model: type[Model], page: str) -> str:
    return f"admin:{model._meta.app_label}_{model._meta.model_name}_{page}"


@pytest.mark.parametrize("model", MODELS, ids=lambda model: model.__name__)
def test_every_model_has_a_list_and_a_page_without_secrets(
    admin_client: Client, person: Participant, model: type[Model]
) -> None:
    urls = [reverse(_name(model, "changelist"))]
    if row := model._default_manager.first():
        urls.append(reverse(_name(model, "change"), args=[row.pk]))
    for url in urls:
        response = admin_client.get(url)
        assert response.status_code == 200, url
        html = response.content.decode()
        assert person.resume_key not in html
        assert "PROLIFIC-5f3a" not in html
        assert "not sent" not in html


@pytest.mark.parametrize("model", MODELS, ids=lambda model: model.__name__)
def test_secrets_cannot_be_searched_for_either(model: type[Model]) -> None:
    page = admin.site._registry[model]
    names = {name.lstrip("=^@").rpartition("__")[2] for name in page.search_fields}
    assert not SECRETS & names
    assert "PROLIFIC" not in str(page.list_filter)


@pytest.mark.parametrize("model", MODELS, ids=lambda model: model.__name__)
def test_nothing_is_added_or_deleted(
    admin_client: Client, person: Participant, model: type[Model]
) -> None:
    assert admin_client.get(reverse(_name(model, "add"))).status_code == 403
    if row := model._default_manager.first():
        url = reverse(_name(model, "delete"), args=[row.pk])
        assert admin_client.post(url, {"post": "yes"}).status_code == 403
        assert model._default_manager.filter(pk=row.pk).exists()


def test_what_a_person_wrote_cannot_be_changed(admin_client: Client, person: Participant) -> None:
    for model in MODELS:
        row = model._default_manager.first()
        if model is not Study and row is not None:
            url = reverse(_name(model, "change"), args=[row.pk])
            assert admin_client.post(url, {}).status_code == 403, model


def test_a_study_is_closed_here_and_nothing_else_of_it_changes(
    admin_client: Client, person: Participant
) -> None:
    url = reverse("admin:studies_study_change", args=["small"])
    assert admin_client.post(url, {"title": "Another name"}).status_code == 302
    study = Study.objects.get(pk="small")
    assert (study.is_open, study.title) == (False, "A small study")
