"""Keys of programs: shown once, found again by nobody, out of force at once."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from unittest.mock import patch

import pytest
from django.contrib.auth.models import User
from tests.threads import at_once

from manyvoices.collect.accounts import keys
from manyvoices.collect.accounts.models import ApiKey

NOW = datetime(2026, 11, 21, 12, 0, tzinfo=UTC)
pytestmark = pytest.mark.django_db


@pytest.fixture
def ada(db: None) -> User:
    return User.objects.create_user("ada", password="correct horse battery")


def test_a_key_is_shown_once_and_nothing_stored_is_of_use_to_a_thief(ada: User) -> None:
    key, text = keys.create_key(user=ada, name="my bot", scopes=["tasks"], now=NOW)
    assert text.startswith(f"{key.prefix}_")
    assert len(text) >= len(key.prefix) + 43  # 256 bits in base64
    stored = [str(value) for value in ApiKey.objects.values_list().get()]
    assert not any(text in value for value in stored)
    assert keys.verify_key(key.hash, scope="tasks", now=NOW) is None
    assert keys.verify_key(text, scope="tasks", now=NOW) == key


def test_two_keys_never_share_anything(ada: User) -> None:
    made = [keys.create_key(user=ada, name="k", scopes=["read"], now=NOW) for _ in range(5)]
    assert len({text for _key, text in made}) == len({key.prefix for key, _text in made}) == 5


@pytest.mark.parametrize(
    "wrong", ["", "mvk", "mvk_", "mvk_0000000000_x", "_", "\ud800", "é" * 999, "mvk_0\x00"]
)
def test_what_is_no_key_opens_nothing(ada: User, wrong: str) -> None:
    keys.create_key(user=ada, name="my bot", scopes=["tasks"], now=NOW)
    assert keys.verify_key(wrong, scope="tasks", now=NOW) is None


def test_one_letter_off_opens_nothing(ada: User) -> None:
    _key, text = keys.create_key(user=ada, name="my bot", scopes=["tasks"], now=NOW)
    other = text[:-1] + ("a" if text[-1] != "a" else "b")
    assert keys.verify_key(other, scope="tasks", now=NOW) is None


def test_every_answer_comes_from_one_comparison_in_constant_time(ada: User) -> None:
    """Known prefix or not: exactly one comparison of whole hashes, by the function meant for it."""
    _key, text = keys.create_key(user=ada, name="my bot", scopes=["tasks"], now=NOW)
    for shown in (text, text + "x", "mvk_0000000000_nobody"):
        compare = keys.constant_time_compare
        with patch.object(keys, "constant_time_compare", side_effect=compare) as spy:
            keys.verify_key(shown, scope="tasks", now=NOW)
        ((stored, given),) = [call.args for call in spy.call_args_list]
        assert len(stored) == len(given) == 64


def test_a_key_does_what_it_was_made_for_and_nothing_else(ada: User) -> None:
    _key, text = keys.create_key(user=ada, name="reader", scopes=["read"], now=NOW)
    assert keys.verify_key(text, scope="read", now=NOW) is not None
    assert keys.verify_key(text, scope="manage", now=NOW) is None


def test_a_revoked_key_and_one_of_a_closed_account_open_nothing(ada: User) -> None:
    key, text = keys.create_key(user=ada, name="my bot", scopes=["tasks"], now=NOW)
    ada.is_active = False
    ada.save()
    assert keys.verify_key(text, scope="tasks", now=NOW) is None
    ada.is_active = True
    ada.save()
    assert keys.revoke_key(user=ada, prefix=key.prefix, now=NOW)
    assert not keys.revoke_key(user=ada, prefix=key.prefix, now=NOW)
    assert keys.verify_key(text, scope="tasks", now=NOW) is None


def test_nobody_revokes_the_key_of_somebody_else(ada: User) -> None:
    key, text = keys.create_key(user=ada, name="my bot", scopes=["tasks"], now=NOW)
    stranger = User.objects.create_user("eve")
    assert not keys.revoke_key(user=stranger, prefix=key.prefix, now=NOW)
    assert keys.verify_key(text, scope="tasks", now=NOW) is not None


def test_use_is_noted_to_the_minute(ada: User) -> None:
    key, text = keys.create_key(user=ada, name="my bot", scopes=["tasks"], now=NOW)
    for seconds, noted in ((0, 0), (30, 0), (90, 90)):
        keys.verify_key(text, scope="tasks", now=NOW + timedelta(seconds=seconds))
        key.refresh_from_db()
        assert key.last_used_at == NOW + timedelta(seconds=noted)


@pytest.mark.parametrize(
    ("name", "scopes"), [("", ["tasks"]), ("  ", ["tasks"]), ("k", []), ("k", ["everything"])]
)
def test_a_key_needs_a_name_and_scopes_that_exist(ada: User, name: str, scopes: list[str]) -> None:
    with pytest.raises(keys.KeyRefused):
        keys.create_key(user=ada, name=name, scopes=scopes, now=NOW)


def test_an_account_has_so_many_keys_and_no_more(ada: User) -> None:
    made = [
        keys.create_key(user=ada, name=f"{i}", scopes=["read"], now=NOW)[0]
        for i in range(keys.MOST)
    ]
    with pytest.raises(keys.KeyRefused, match="revoke one"):
        keys.create_key(user=ada, name="more", scopes=["read"], now=NOW)
    keys.revoke_key(user=ada, prefix=made[0].prefix, now=NOW)
    keys.create_key(user=ada, name="more", scopes=["read"], now=NOW)


@pytest.mark.django_db(transaction=True)
def test_a_key_that_is_used_while_it_is_revoked_stays_revoked() -> None:
    ada = User.objects.create_user("ada")
    key, text = keys.create_key(user=ada, name="my bot", scopes=["tasks"], now=NOW)
    later = NOW + timedelta(minutes=5)
    at_once(
        [
            *(lambda: bool(keys.verify_key(text, scope="tasks", now=later)) for _ in range(4)),
            lambda: keys.revoke_key(user=ada, prefix=key.prefix, now=later),
        ]
    )
    assert keys.verify_key(text, scope="tasks", now=later) is None
