"""Numbers as the reader's language writes them."""

from __future__ import annotations

from django.utils.formats import number_format
from django.utils.translation import gettext as _


def number(value: float, decimals: int = 0) -> str:
    """A number with the language's own separators."""
    return str(number_format(round(value, decimals), decimals, use_l10n=True, force_grouping=True))


def percent(n: int, of: int) -> str:
    """The share in whole percent; empty for 0 of 0. "100" is only said of all, "0" only of none."""
    if not of:
        return ""
    whole = round(100 * n / of)
    if n and not whole:
        return _("under 1 %")
    return _("%(number)s %%") % {"number": number(min(whole, 99) if n < of else whole)}
