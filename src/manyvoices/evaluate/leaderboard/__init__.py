"""``manyvoices leaderboard``: which models people prefer, and how far that can be said.

In: battles of a release, a file of battles, or what ``manyvoices evaluate preference`` read. Out:
boards of everybody, of groups of people, of kinds of prompt; ranks as ranges; a history. Nothing
that names or singles out a person leaves: small groups are folded together or left out.
"""

from __future__ import annotations

from manyvoices.evaluate.leaderboard.making import Leaderboard, make_leaderboard
from manyvoices.evaluate.leaderboard.settings import Settings

__all__ = ["Leaderboard", "Settings", "make_leaderboard"]
