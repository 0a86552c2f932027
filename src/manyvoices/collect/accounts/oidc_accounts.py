"""Which account another service opens.

Imported only where a provider is named (`oidc`). Of a person the service's own id (``sub``) is
kept, and the e-mail address where the service has confirmed it: then the account is the one that a
link to that address opens. Many services confirm no address, so whoever is signed in may also say
themselves that the service opens this account.
"""

from __future__ import annotations

from datetime import datetime

from allauth.socialaccount.models import SocialAccount
from django.contrib.auth.models import User
from django.db import transaction
from django.utils.crypto import salted_hmac
from django.utils.translation import gettext as _

from manyvoices.collect.accounts import links
from manyvoices.collect.console import audit
from manyvoices.schema.errors import ManyvoicesError


class CannotConnect(ManyvoicesError):
    """The account and the service stay as they are; the message is for the person."""


@transaction.atomic
def account_of(*, provider: str, sub: str, address: str) -> User | None:
    """The account of whom a service calls `sub`, made if there is none; None where it is closed or
    runs the server. `address`: confirmed by the service, or empty."""
    known = SocialAccount.objects.select_related("user").filter(provider=provider, uid=sub).first()
    user: User | None
    if known is not None:
        user = known.user
    elif address:
        user = links.account_for(links.plain_address(address))
    else:
        # As for links: the name is made of the id, so that two answers at once make one account.
        name = salted_hmac("manyvoices.oidc", f"{provider}\x00{sub}", algorithm="sha256")
        user, _created = User.objects.get_or_create(
            username=f"contributor-{name.hexdigest()[:40]}", defaults={"password": "!"}
        )
    if user is None or user.is_staff or not user.is_active:
        return None
    if known is None:
        SocialAccount.objects.get_or_create(provider=provider, uid=sub, defaults={"user": user})
    return user


def is_connected(user: User, *, provider: str) -> bool:
    """Whether the service opens this account."""
    return bool(SocialAccount.objects.filter(user=user, provider=provider).exists())


@transaction.atomic
def connect(*, user: User, provider: str, sub: str, now: datetime) -> None:
    """Let whom the service calls `sub` open the account of `user`; once more changes nothing.

    Raises:
        CannotConnect: They open another account already, or the account runs the server.
    """
    if user.is_staff:
        raise CannotConnect(_("This account runs the server: it is changed in the administration."))
    row, is_new = SocialAccount.objects.get_or_create(
        provider=provider, uid=sub, defaults={"user": user}
    )
    if row.user_id != user.pk:
        raise CannotConnect(
            _(
                "With this you already open another account here. Sign in to that one and"
                " delete it, then try again."
            )
        )
    if is_new:
        audit.record(user.get_username(), "connect service", "", provider, now=now)


@transaction.atomic
def disconnect(*, user: User, provider: str, now: datetime) -> None:
    """Let the service open this account no more.

    Raises:
        CannotConnect: There would be no way into the account any more.
    """
    # Held, so that its address does not go at the same moment.
    user = User.objects.select_for_update(no_key=True).get(pk=user.pk)
    if not user.email:
        raise CannotConnect(
            _("The service is the only way into this account: give it an e-mail address first.")
        )
    removed, _rows = SocialAccount.objects.filter(user=user, provider=provider).delete()
    if removed:
        audit.record(user.get_username(), "disconnect service", "", provider, now=now)
