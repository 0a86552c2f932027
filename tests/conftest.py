"""What every test shares. The database is chosen before this runs, by scripts/with_postgres.py."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator
from functools import wraps
from typing import Any

import hypothesis
import pytest
from django.conf import settings

# The same examples at every run: what fails, fails because of the change at hand, not of a draw.
# No limit of time either, since a busy machine is no fault. `--hypothesis-profile=explore` draws
# anew.
hypothesis.settings.register_profile(
    "suite",
    derandomize=True,
    deadline=None,
    suppress_health_check=[hypothesis.HealthCheck.too_slow],
)
hypothesis.settings.register_profile(
    "explore", hypothesis.settings.get_profile("suite"), derandomize=False
)
hypothesis.settings.load_profile("suite")

# Playwright's synchronous calls run inside an event loop; Django would refuse every query there.
os.environ.setdefault("DJANGO_ALLOW_ASYNC_UNSAFE", "true")


LONG_ROOMS = {"flow", "e2e", "train"}
"""Of tests: with whole servers, browsers and models."""
DATABASE_FIXTURES = {"db", "transactional_db", "database_url", "live_server"}


def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    """Long files first, so that at the end no process waits for another; on PostgreSQL only what
    asks for a database, since all else has been run and cannot differ."""
    slow = {item.path for item in items if item.get_closest_marker("slow")}
    items.sort(key=lambda item: (item.path not in slow, item.path.parent.name not in LONG_ROOMS))
    if os.environ.get("MANYVOICES_TEST_DATABASE_URL"):
        apart = [item for item in items if not _asks_for_a_database(item)]
        items[:] = [item for item in items if _asks_for_a_database(item)]
        config.hook.pytest_deselected(items=apart)


def _asks_for_a_database(item: pytest.Item) -> bool:
    asked = set(getattr(item, "fixturenames", ()))
    return bool(item.get_closest_marker("django_db")) or not asked.isdisjoint(DATABASE_FIXTURES)


@pytest.fixture(scope="session", autouse=True)
def _own_cache(tmp_path_factory: pytest.TempPathFactory) -> None:
    """Reports that tests make, also in processes that they start, keep nothing in the user's."""
    os.environ["MANYVOICES_CACHE"] = str(tmp_path_factory.mktemp("cache"))


@pytest.fixture(scope="session", autouse=True)
def _patient_windows() -> Iterator[None]:
    """Windows of a browser wait two minutes for what a quick machine shows at once."""
    try:
        from playwright.sync_api import Browser
    except ImportError:
        yield
        return
    with pytest.MonkeyPatch.context() as patch:
        for name in ("new_context", "new_page"):
            patch.setattr(Browser, name, _patient(getattr(Browser, name)))
        yield


def _patient(opening: Callable[..., Any]) -> Callable[..., Any]:
    @wraps(opening)
    def opened(*args: Any, **options: Any) -> Any:
        window = opening(*args, **options)
        window.set_default_timeout(120_000)
        return window

    return opened


@pytest.fixture(scope="session")
def django_db_modify_db_settings(
    django_db_modify_db_settings: None, tmp_path_factory: pytest.TempPathFactory
) -> None:
    """SQLite tests use a file, as servers do: an in-memory database has other locks."""
    database = settings.DATABASES["default"]
    if "sqlite" in database["ENGINE"]:
        database["TEST"]["NAME"] = str(tmp_path_factory.mktemp("database") / "test.sqlite3")
