"""Fuzz the interface for programs with schemathesis, against a server of its own.

``python -m benchmarks.fuzz_api --schemathesis VENV/bin/st`` publishes the test project of trees in
a new SQLite file, brings people and work into it, makes a key with every scope, serves it on a free
port, and lets schemathesis send what the OpenAPI document describes, and what it does not. One
fault of the server (a status of 500 and above) makes it end with 1. Limits are lifted.

schemathesis is not a dependency of ours: ``python -m venv VENV``, ``VENV/bin/pip install
schemathesis``.
``--small`` is for a look that takes a minute.
"""

from __future__ import annotations

import argparse
import logging
import os
import random
import subprocess
import sys
import tempfile
import threading
from datetime import timedelta
from pathlib import Path
from typing import Any
from wsgiref.simple_server import WSGIRequestHandler, make_server

PROJECT = Path(__file__).parents[1] / "tests" / "assets" / "studies" / "orchard" / "study.yaml"


class _Quiet(WSGIRequestHandler):
    def log_message(self, *_args: object) -> None:
        """Thousands of lines say nothing."""


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__.split("\n", 1)[0])
    parser.add_argument("--schemathesis", default="st", help="the command; default: st")
    parser.add_argument("--examples", type=int, default=50, help="for each operation and phase")
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--small", action="store_true", help="5 examples each")
    chosen = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        _configure(Path(folder))
        key, port = _prepare(), _serve()
        command = [
            chosen.schemathesis, "run", f"http://127.0.0.1:{port}/api/v1/openapi.json",
            "--header", f"Authorization: Bearer {key}",
            "--header", f"Cookie: sessionid={_session()}",
            "--checks", "not_a_server_error", "--mode", "all",
            "--max-examples", str(5 if chosen.small else chosen.examples),
            "--seed", str(chosen.seed), "--workers", "1", "--continue-on-failure",
            "--warnings", "off", "--request-timeout", "60", "--no-shrink",
        ]  # fmt: skip
        env = {**os.environ, "NO_COLOR": "1"}
        for name in ("PYTHONPATH", "DJANGO_SETTINGS_MODULE"):
            env.pop(name, None)
        (Path(folder) / "schemathesis.toml").write_text(_fixed())
        code = subprocess.run(command, cwd=folder, env=env, check=False).returncode
        _told()
        return code


def _configure(folder: Path) -> None:
    """A database and a secret of this run alone; limits that do not end it at the door."""
    os.environ["MANYVOICES_DATABASE_URL"] = f"sqlite:///{folder / 'fuzz.sqlite3'}"
    os.environ["MANYVOICES_SECRET_KEY"] = "of a test project that lives for minutes " * 2
    os.environ["DJANGO_SETTINGS_MODULE"] = "manyvoices.collect.settings"
    import django

    django.setup()
    logging.getLogger("django.request").setLevel(logging.ERROR)
    from manyvoices.collect.accounts import limits

    limits.RATES = dict.fromkeys(limits.RATES, limits.Rate(10**9, 1.0))


_IDS: dict[str, str] = {}
"""Part of an address -> what stands there, so that requests come further than to 404."""
_TASKS: dict[str, str] = {}
"""Last part of an address -> a task that can be answered there."""


def _prepare() -> str:
    """The project, some people with tasks in hand, and a key."""
    from django.contrib.auth.models import User
    from django.core.management import call_command
    from django.utils import timezone

    from manyvoices.collect.accounts.keys import Scope, create_key
    from manyvoices.collect.accounts.models import Membership
    from manyvoices.collect.people.models import Participant
    from manyvoices.collect.studies.operations import publish_study
    from manyvoices.design import load_study

    call_command("migrate", verbosity=0)
    now = timezone.now()
    version = publish_study(spec=load_study(PROJECT), now=now)
    user = User.objects.create_user("fuzz", is_staff=True)
    people = [
        Participant.objects.create(
            study=version.study,
            version=version,
            consented_at=now,
            consent_version=version.spec.consent_version,
        )
        for _ in range(3)
    ]
    Membership.objects.create(user=user, study=version.study, participant=people[0], linked_at=now)
    _hand_out(people)
    scopes = [scope.value for scope in Scope]
    return create_key(user=user, name="fuzz", scopes=scopes, now=now)[1]


def _hand_out(people: list[Any]) -> None:
    """A prompt to review, replies to rank, a prompt to write: all in the first person's hands."""
    from django.utils import timezone

    from manyvoices.collect.trees import operations, sweeping
    from manyvoices.collect.trees.handout import hand_out
    from manyvoices.collect.trees.models import Message, Task, Tree
    from manyvoices.design.trees import TaskKind

    now, rng = timezone.now(), random.Random(0)

    def give(person: Any, kind: TaskKind) -> Any:
        found = hand_out(participant=person, language="en", kinds=[kind], now=now, rng=rng)
        assert found is not None, kind
        return found.task

    sweeping.sweep(now=now, rng=rng)
    for person in people[1:]:
        task = give(person, TaskKind.INITIAL_PROMPT)
        operations.send_text(task=task, text="Why do apples fall?", now=now, rng=rng)
    tree = Tree.objects.order_by("pk")[0]
    _IDS.update(study="orchard", study_id="orchard", tree=str(tree.pk))
    _TASKS["labels"] = str(give(people[0], TaskKind.LABEL_INITIAL_PROMPT).pk)
    for name in ("text", "keep", "skip"):
        _TASKS[name] = _IDS["task"] = str(give(people[0], TaskKind.INITIAL_PROMPT).pk)
    root = tree.messages.get()
    for text in ("Gravity.", "They are ripe.", "Ask Newton."):
        reply = Message(tree=tree, parent=root, role="assistant", text=text, language="en", depth=1)
        reply.path, reply.created_at = operations.new_path(root, reply.pk), now
        reply.accepted = True
        reply.save()
    later = now + timedelta(hours=9)
    ranking = Task.objects.create(
        study_id="orchard", participant=people[0], language="en", tree=tree, message=root,
        kind="rank_assistant_replies", leased_at=now, expires_at=later, seed=1,
    )  # fmt: skip
    _TASKS["ranking"] = str(ranking.pk)


def _session() -> str:
    """A researcher's login, for what asks for one."""
    from django.contrib.auth.models import User
    from django.test import Client

    visitor = Client()
    visitor.force_login(User.objects.get(username="fuzz"))
    return visitor.cookies["sessionid"].value


def _fixed() -> str:
    """The settings of schemathesis: what stands in addresses."""
    lines = ["[parameters]"] + [f'"path.{name}" = "{value}"' for name, value in _IDS.items()]
    for name, task in _TASKS.items():
        place = f"/api/v1/trees/{{study}}/tasks/{{task}}/{name}"
        lines += ["[[operations]]", f'include-path = "{place}"']
        lines += [f'parameters = {{ "path.task" = "{task}" }}']
    return "\n".join(lines) + "\n"


_seen: dict[int, int] = {}


def _serve() -> int:
    """The server on a thread; counts what it answers."""
    from manyvoices.collect.wsgi import application

    def counted(environ, start_response):  # type: ignore[no-untyped-def]  # WSGI
        def begin(status: str, *rest: object) -> object:
            code = int(status[:3])
            _seen[code] = _seen.get(code, 0) + 1
            return start_response(status, *rest)

        return application(environ, begin)

    server = make_server("127.0.0.1", 0, counted, handler_class=_Quiet)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    return int(server.server_port)


def _told() -> None:
    print("status  answers")
    for code, n in sorted(_seen.items()):
        print(f"{code:6}  {n:7,}")


if __name__ == "__main__":
    sys.exit(main())
