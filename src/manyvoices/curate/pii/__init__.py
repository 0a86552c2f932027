"""Personal information in texts: rules that report where, and adapters to others' rules.

In: texts. Out: spans with their kinds, for a person to look at. A find is a reason to look and no
find is no proof: names, addresses and whatever else no rule describes are not looked for.
"""

from __future__ import annotations

from manyvoices.curate.pii.annotate import FLAGGING_KINDS, annotate_pii
from manyvoices.curate.pii.rules import KINDS, rules_finder
from manyvoices.curate.pii.spans import Find, Span

__all__ = ["FLAGGING_KINDS", "KINDS", "Find", "Span", "annotate_pii", "rules_finder"]
