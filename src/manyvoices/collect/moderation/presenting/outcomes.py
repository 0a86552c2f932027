"""How well moderation works, in shares with their intervals."""

from __future__ import annotations

from dataclasses import dataclass

from django.utils.translation import gettext as _

from manyvoices.collect.moderation import words
from manyvoices.collect.moderation.outcomes import Noticing, Share


@dataclass(frozen=True)
class ShareView:
    """A share in words; an interval is always said with it."""

    n: int
    of: int
    percent: str
    interval: str


def share(found: Share) -> ShareView:
    if found.value is None:
        return ShareView(found.n, found.of, "–", "")
    low, high = found.interval
    return ShareView(
        found.n, found.of, f"{100 * found.value:.0f} %", f"{100 * low:.0f}–{100 * high:.0f} %"
    )


def noticing_row(row: Noticing) -> tuple[str, Noticing, ShareView, ShareView]:
    name = _("Turned down by reviewers") if row.kind == "reviews" else words.kind(row.kind)
    return name, row, share(row.caught), share(row.right)
