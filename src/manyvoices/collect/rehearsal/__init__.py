"""Bots that play a study through HTTP before people do, with preferences planted on purpose.

In: a study and a running server. Out: rows marked as simulated, and a record of what was planted,
so that the analysis can be seen to recover it.

`plan` says who the bots are, `taste` what they like, `comparing` how they compare answers,
`planted` and `planted_pairs` what the analysis should find; `reading` and `pages` see a page,
`filling` decides what goes into it, `visiting` does it by HTTP and `browser` in Chromium;
`rehearsing` holds the whole rehearsal.
"""

from __future__ import annotations

from manyvoices.collect.rehearsal.comparing import NoSuchWinRate
from manyvoices.collect.rehearsal.own_server import RehearsalError
from manyvoices.collect.rehearsal.plan import Bot, Group, NoSuchGroup, Plan, make_plan
from manyvoices.collect.rehearsal.planted import Flip, Planted, document, expect
from manyvoices.collect.rehearsal.playing import play
from manyvoices.collect.rehearsal.rehearsing import (
    DEFAULT_DB,
    Outcome,
    rehearse,
    write_plan,
)
from manyvoices.collect.rehearsal.tally import PageFault, Tally

__all__ = [
    "DEFAULT_DB",
    "Bot",
    "Flip",
    "Group",
    "NoSuchGroup",
    "NoSuchWinRate",
    "Outcome",
    "PageFault",
    "Plan",
    "Planted",
    "RehearsalError",
    "Tally",
    "document",
    "expect",
    "make_plan",
    "play",
    "rehearse",
    "write_plan",
]
