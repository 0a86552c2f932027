"""A project of trees and the programs that come to it with keys."""

from __future__ import annotations

import json
import random
from collections.abc import Callable
from typing import Any

import pytest
from django.contrib.auth.models import User
from django.test import Client
from django.utils import timezone
from tests.collect.trees.conftest import orchard, orchard_spec

from manyvoices.collect.accounts.keys import Scope, create_key
from manyvoices.collect.studies.models import StudyVersion
from manyvoices.collect.trees import policies, sweeping

__all__ = ["orchard", "orchard_spec"]

TREES = "/api/v1/trees/orchard"


class Program:
    """A program with a key."""

    def __init__(self, key: str) -> None:
        self.key = key
        self.client = Client(raise_request_exception=False)

    def _headers(self) -> dict[str, str]:
        return {"Authorization": f"Bearer {self.key}"} if self.key else {}

    def get(self, path: str, **query: Any) -> Any:
        return self.client.get(f"{TREES}{path}", query, headers=self._headers())

    def post(self, path: str, body: Any = None) -> Any:
        return self.client.post(
            f"{TREES}{path}", json.dumps(body), "application/json", headers=self._headers()
        )


def key_for(user: User, *scopes: str) -> str:
    wanted = scopes or tuple(scope.value for scope in Scope)
    return create_key(user=user, name="test", scopes=wanted, now=timezone.now())[1]


@pytest.fixture
def program(alice: User, orchard: StudyVersion) -> Program:
    """Of a researcher who may manage the project, with every scope."""
    policies._read.clear()
    sweeping.sweep(now=timezone.now(), rng=random.Random(0))
    return Program(key_for(alice))


@pytest.fixture
def bring(program: Program, orchard: StudyVersion) -> Callable[[str], str]:
    """Bring somebody and say who they are here."""

    def run(name: str) -> str:
        body = {"external_id": name, "consent_version": orchard.spec.consent_version}
        answer = program.post("/participants", body)
        assert answer.status_code == 200, answer.content
        return str(answer.json()["participant"])

    return run
