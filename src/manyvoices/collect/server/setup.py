"""Bringing Django up inside a command: settings from arguments, tables, studies, a first login."""

from __future__ import annotations

import os
import secrets
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from manyvoices.collect.database import DEFAULT_URL, database_settings
from manyvoices.collect.server.home import DEFAULT_FOLDER, KEY_VARIABLE, secret_key
from manyvoices.schema.errors import ManyvoicesError

if TYPE_CHECKING:
    from manyvoices.design import Study


def configure(
    *,
    db: str | None = None,
    folder: Path = DEFAULT_FOLDER,
    hosts: Sequence[str] = (),
    leaderboard: Path | None = None,
) -> None:
    """Point this process, and those it starts, at a database, and load Django.

    Raises:
        NoLeaderboard: `leaderboard` is no folder that ``manyvoices leaderboard`` wrote.
    """
    import django

    url = db or os.environ.get("MANYVOICES_DATABASE_URL") or DEFAULT_URL
    database_settings(url)  # a wrong URL is reported before anything is started
    os.environ["MANYVOICES_DATABASE_URL"] = url
    os.environ[KEY_VARIABLE] = secret_key(folder)
    if hosts:
        os.environ["MANYVOICES_HOSTS"] = ",".join(dict.fromkeys(hosts))
    if leaderboard is not None:
        from manyvoices.collect.leaderboard import checked

        os.environ["MANYVOICES_LEADERBOARD"] = str(checked(leaderboard))
    os.environ["DJANGO_SETTINGS_MODULE"] = "manyvoices.collect.settings"
    django.setup()


def migrate() -> None:
    """Bring the tables up to date; quick when they are."""
    from django.core.management import call_command

    call_command("migrate", verbosity=0, interactive=False)


class NoTablesError(ManyvoicesError):
    """The database has no tables of ours: nothing was ever served from it."""


def require_tables() -> None:
    """Raise `NoTablesError` where the database is not one that ``serve`` has prepared."""
    from django.db import connection

    if "studies_study" not in connection.introspection.table_names():
        raise NoTablesError(
            f"the database {connection.settings_dict['NAME']} holds no studies: name the one that"
            " serve used with --db"
        )


def publish(
    paths: Sequence[Path], *, next_batch: Path | None = None, stage: str | None = None
) -> list[str]:
    """Load, check and publish the studies at `paths`; return their ids.

    `next_batch`: what is worth asking next, put in force in `stage` of the only study
    (`manyvoices.design.steering.with_batch`). Raises `StudyError` before anything is published.
    """
    from manyvoices.design import load_study

    if next_batch is None:
        return publish_specs([load_study(path) for path in paths])
    from manyvoices.design.steering import with_batch

    (path,) = paths
    return publish_specs([with_batch(path, next_batch, stage=stage)])


def publish_specs(specs: Sequence[Study]) -> list[str]:
    """Publish studies that are loaded already; return their ids."""
    from django.utils import timezone

    from manyvoices.collect.studies.operations import publish_study

    for spec in specs:
        publish_study(spec=spec, now=timezone.now())
    return [spec.id for spec in specs]


def first_researcher(username: str = "researcher") -> str | None:
    """Make the first staff account; its generated password, or None where staff exist already."""
    from django.contrib.auth import get_user_model

    users = get_user_model().objects
    if users.filter(is_staff=True).exists():
        return None
    password = secrets.token_urlsafe(12)
    users.create_superuser(username=username, password=password)
    return password


def new_password(username: str) -> str:
    """Give `username` a new generated password, as ``manyvoices demo`` does at every start."""
    from django.contrib.auth import get_user_model

    password = secrets.token_urlsafe(12)
    user, _created = get_user_model().objects.get_or_create(
        username=username, defaults={"is_staff": True, "is_superuser": True}
    )
    user.set_password(password)
    user.save()
    return password
