"""Links that sign somebody in: made for an address, good once and for a quarter of an hour.

The address travels in the signed link and is stored only when the link is used, so nobody's address
is here because somebody else typed it. A link does nothing until its button is pressed: programs
that look at mails open every link in them.
"""

from __future__ import annotations

import hashlib
import secrets
from dataclasses import dataclass
from datetime import datetime, timedelta

from django.contrib.auth.models import User
from django.core import signing
from django.core.mail import send_mail
from django.db import transaction
from django.template.loader import render_to_string
from django.utils.crypto import salted_hmac
from django.utils.translation import gettext as _

from manyvoices.collect.accounts.models import SignInLink

SALT = "manyvoices.sign-in"
GOOD_FOR = timedelta(minutes=15)
KEPT = timedelta(days=1)


@dataclass(frozen=True, slots=True)
class Link:
    """What a signed link says."""

    address: str
    hash: str
    next: str
    """Where to go afterwards; to be checked before it is used."""


def new_link(*, address: str, now: datetime, next_url: str = "") -> str:
    """The signed part of a link for `address`."""
    SignInLink.objects.filter(expires_at__lt=now - KEPT).delete()
    secret = secrets.token_urlsafe(24)
    SignInLink.objects.create(hash=_hash(secret), created_at=now, expires_at=now + GOOD_FOR)
    return signing.dumps([secret, plain_address(address), next_url], salt=SALT)


def read_link(token: str) -> Link | None:
    """What a link says; None where it is not one of ours, whether it still works or not."""
    try:
        secret, address, next_url = signing.loads(token, salt=SALT)
    except (signing.BadSignature, ValueError, TypeError):
        return None
    return Link(str(address), _hash(str(secret)), str(next_url))


def is_open(link: Link, *, now: datetime) -> bool:
    """Whether a link would still work."""
    return SignInLink.objects.filter(hash=link.hash, used_at=None, expires_at__gt=now).exists()


@transaction.atomic
def use_link(link: Link, *, now: datetime) -> User | None:
    """The account of the link's address, made if there is none; None where the link was used
    before, is too old, or its account is closed. Of two at the same moment one gets it."""
    rows = SignInLink.objects.filter(hash=link.hash, used_at=None, expires_at__gt=now)
    if not rows.update(used_at=now):
        return None
    user = account_for(link.address)
    return user if user is not None and user.is_active else None


def account_for(address: str) -> User | None:
    """The account of a confirmed address; None for staff, who sign in to the console only."""
    known = User.objects.filter(email__iexact=address).order_by("pk").first()
    if known is None:
        # The name is made of the address, so that two links at once make one account.
        known, _created = User.objects.get_or_create(
            username=name_for(address), defaults={"email": address, "password": "!"}
        )
    return None if known.is_staff else known


def name_for(address: str) -> str:
    """The name of the account that a link to `address` makes."""
    name = salted_hmac("manyvoices.account", address, algorithm="sha256").hexdigest()[:40]
    return f"contributor-{name}"


def plain_address(address: str) -> str:
    """An address as it is compared."""
    return address.strip().lower()


def send(*, address: str, url: str) -> None:
    """Send the mail with the link."""
    text = render_to_string("accounts/mail.txt", {"url": url, "minutes": 15})
    send_mail(_("Your link to sign in"), text, None, [address])


def _hash(secret: str) -> str:
    return hashlib.sha256(secret.encode("utf-8", "surrogatepass")).hexdigest()
