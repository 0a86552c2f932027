"""Another address for an account, and its end: each confirmed by a link that works once.

A link is good for its account, its purpose and the address that the account had when it was asked
for, and only for whoever is signed in to that account: one that was sent to a stranger does nothing
with theirs. The new address travels in the signed link and is stored only once it is confirmed.
"""

from __future__ import annotations

import enum
import secrets
from dataclasses import dataclass
from datetime import datetime, timedelta

from django.contrib.auth.models import User
from django.core import signing
from django.db import IntegrityError, transaction
from django.utils.translation import gettext as _

from manyvoices.collect.accounts.keys import hash_of
from manyvoices.collect.accounts.links import KEPT, name_for, plain_address
from manyvoices.collect.accounts.models import SignInLink
from manyvoices.collect.console import audit
from manyvoices.collect.console.models import StudyRole
from manyvoices.schema.errors import ManyvoicesError

SALT = "manyvoices.account-change"
GOOD_FOR = timedelta(hours=1)


class Purpose(enum.StrEnum):
    """What a link confirms."""

    ADDRESS = "address"
    DELETE = "delete"


class ChangeRefused(ManyvoicesError):
    """The account stays as it is; the message is for the person."""


@dataclass(frozen=True, slots=True)
class Confirmation:
    """What a signed link says."""

    purpose: Purpose
    user: int
    before: str
    """The account's address when the link was asked for."""
    address: str
    """The new one; empty where the account is to end."""
    hash: str


def new_token(*, user: User, purpose: Purpose, now: datetime, address: str = "") -> str:
    """The signed part of a link by which `user` confirms a change."""
    SignInLink.objects.filter(expires_at__lt=now - KEPT).delete()
    secret = secrets.token_urlsafe(24)
    SignInLink.objects.create(hash=hash_of(secret), created_at=now, expires_at=now + GOOD_FOR)
    said = [secret, purpose.value, user.pk, user.email, plain_address(address)]
    return signing.dumps(said, salt=SALT)


def read_token(token: str) -> Confirmation | None:
    """What a link says; None where it is not one of ours, whether it still works or not."""
    try:
        secret, purpose, user, before, address = signing.loads(token, salt=SALT)
        return Confirmation(Purpose(purpose), int(user), before, address, hash_of(secret))
    except (signing.BadSignature, ValueError, TypeError):
        return None


def is_open(found: Confirmation, *, user: User, now: datetime) -> bool:
    """Whether the link would still work for whoever is signed in."""
    if found.user != user.pk or found.before != user.email:
        return False
    return SignInLink.objects.filter(hash=found.hash, used_at=None, expires_at__gt=now).exists()


@transaction.atomic
def change_address(found: Confirmation, *, user: User, now: datetime) -> str:
    """Make the confirmed address the account's; the one until now.

    The name of an account that was made by a link is made of its address, so it changes too: else a
    link to the old address would open this account.

    Raises:
        ChangeRefused: The link does not work any more, or another account has the address.
    """
    user = _take(found, Purpose.ADDRESS, user=user, now=now)
    before, name = user.email, name_for(found.address)
    others = User.objects.exclude(pk=user.pk)
    if others.filter(email__iexact=found.address).exists():
        raise ChangeRefused(_("This address belongs to another account."))
    was = user.get_username()
    user.email, user.username = found.address, name if was == name_for(before) else was
    try:
        with transaction.atomic():
            user.save(update_fields=["email", "username"])
    except IntegrityError as error:
        raise ChangeRefused(_("This address belongs to another account.")) from error
    audit.record(was, "change address", "", user.get_username(), now=now)
    return before


@transaction.atomic
def delete_by_link(found: Confirmation, *, user: User, now: datetime) -> None:
    """End the account whose mailbox the link came from.

    Raises:
        ChangeRefused: The link does not work any more, or the account cannot end here.
    """
    delete(user=_take(found, Purpose.DELETE, user=user, now=now), now=now)


@transaction.atomic
def delete(*, user: User, now: datetime) -> None:
    """End an account: its keys, its address and its links to participants go at once. What it gave
    stays with the participants, whom nothing leads to it any more.

    Raises:
        ChangeRefused: It runs the server or has a role in a study.
    """
    user = User.objects.select_for_update(no_key=True).get(pk=user.pk)
    if reason := why_not(user):
        raise ChangeRefused(reason)
    n_keys = user.api_keys.filter(revoked_at=None).count()
    user.delete()
    audit.record("account", "delete account", "", detail={"keys revoked": n_keys}, now=now)


def why_not(user: User) -> str:
    """Why an account cannot end or change here; empty where it can."""
    if user.is_staff:
        return _("This account runs the server: it is changed in the administration.")
    if StudyRole.objects.filter(user=user).exists():
        return _("This account has a role in a study: ask an owner to take it away first.")
    return ""


def _take(found: Confirmation, purpose: Purpose, *, user: User, now: datetime) -> User:
    """The account's row, held, once the link is used up. Of two at one moment one gets it."""
    user = User.objects.select_for_update(no_key=True).get(pk=user.pk)
    if found.purpose is not purpose or not is_open(found, user=user, now=now):
        raise ChangeRefused(_("This link does not work any more"))
    rows = SignInLink.objects.filter(hash=found.hash, used_at=None, expires_at__gt=now)
    if user.is_staff or not user.is_active or not rows.update(used_at=now):
        raise ChangeRefused(_("This link does not work any more"))
    return user
