"""How many verdicts came from one network address within the hour, whoever gave them.

Whoever deletes their cookies is a new person, but comes from the same address. No address is
stored: a row's key is an HMAC of the address, the study and the stage under a key that changes
every day (UTC), and the row goes once its last verdict is an hour old. Nothing leads from it to a
vote or a person, and no release, table or log holds it.
"""

from __future__ import annotations

import ipaddress
from datetime import datetime

from django.db import transaction
from django.db.models import QuerySet
from django.utils.crypto import salted_hmac

from manyvoices.collect.comparisons.models import AddressVotes, Comparison
from manyvoices.design.comparisons.integrity import HOUR

NETWORK_BITS = 64
"""Of an IPv6 address: a household has all addresses that begin so."""


def one_more_than(most: int, *, comparison: Comparison, address: str, now: datetime) -> bool:
    """Note a verdict, and say whether more than `most` came from `address` within the hour.

    False where the address says nothing of who asks (`known`). Call in the transaction that stores
    the verdict: two at the same moment take turns.
    """
    network = known(address)
    if network is None:
        return False
    key, key_before = (_key(network, comparison, day) for day in (now, now - HOUR))
    row = _held(key, now)
    # The first verdict after midnight takes over what the hour before held under its own key.
    times = row.times or _times(key_before)
    recent = [at for at in times if at > (now - HOUR).timestamp()]
    # The latest suffice: as many within the hour, and this is one more than `most`.
    row.times = [*recent, now.timestamp()][-most:]
    row.last_at = max(row.last_at, now)
    row.save()
    return len(recent) >= most


def known(address: str) -> str | None:
    """What is counted as one address: an IPv4 address, or the first 64 bits of an IPv6 one.

    None for addresses of private networks: there it is our own proxy that asks, or a laboratory.
    """
    try:
        found = ipaddress.ip_address(address)
    except ValueError:
        return None
    if isinstance(found, ipaddress.IPv6Address):
        found = found.ipv4_mapped or found
    if not found.is_global:
        return None
    if found.version == 4:
        return str(found)
    return str(ipaddress.IPv6Network((int(found), NETWORK_BITS), strict=False))


def forget(*, now: datetime) -> int:
    """Delete the rows whose last verdict is an hour old; how many. For the sweeper."""
    late = AddressVotes.objects.filter(last_at__lte=now - HOUR)
    # Most sweeps find none, and what writes would wait for whoever writes.
    return _delete(late) if late.exists() else 0


@transaction.atomic
def _delete(late: QuerySet[AddressVotes]) -> int:
    """But those that a vote holds at this moment: it is not late any more."""
    keys = list(late.select_for_update(skip_locked=True).values_list("pk", flat=True))
    return AddressVotes.objects.filter(pk__in=keys).delete()[0]


def _key(network: str, comparison: Comparison, day: datetime) -> str:
    salt = f"votes-of-an-address-{day.date().isoformat()}"
    what = f"{comparison.study_id}/{comparison.stage}/{network}"
    return salted_hmac(salt, what, algorithm="sha256").hexdigest()


def _times(key: str) -> list[float]:
    row = AddressVotes.objects.filter(key=key).first()
    return row.times if row is not None else []


def _held(key: str, now: datetime) -> AddressVotes:
    """The address' row, held until the transaction ends."""
    rows = AddressVotes.objects.select_for_update().filter(key=key)
    row = rows.first()
    if row is not None:
        return row
    AddressVotes.objects.bulk_create([AddressVotes(key=key, last_at=now)], ignore_conflicts=True)
    return rows.get()
