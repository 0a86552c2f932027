"""Changes in Django's administration stand in the audit log."""

from __future__ import annotations

import pytest
from django.contrib.auth.models import User
from django.test import Client
from django.urls import reverse

from manyvoices.collect.console.models import AuditEntry
from manyvoices.collect.studies.models import StudyVersion

pytestmark = pytest.mark.django_db


def test_closing_a_study_in_the_administration_is_noted(version: StudyVersion) -> None:
    client = Client()
    client.force_login(User.objects.create_superuser("root", password="correct horse battery"))
    client.post(reverse("admin:studies_study_change", args=["small"]), {})
    version.study.refresh_from_db()
    assert not version.study.is_open
    entry = AuditEntry.objects.get(action="admin changed")
    assert (entry.actor, entry.study, entry.target) == ("root", "small", "studies.study small")
