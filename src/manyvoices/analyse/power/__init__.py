"""How many people a study needs: a release, or a rehearsal, played again at other sizes.

In: battles and scores with people. Out: frozen results. `aggregate.sample_size` asks the same of a
model of people (strengths, ties, tastes); here the people themselves are drawn.
"""

from __future__ import annotations

from manyvoices.analyse.power.groups import GroupPower, Played, group_power, replay_effect
from manyvoices.analyse.power.release import StudyPower, opening_battles_of, study_power
from manyvoices.analyse.power.replay import Needed, PowerCurve, SizePower, replay

__all__ = [
    "GroupPower",
    "Needed",
    "Played",
    "PowerCurve",
    "SizePower",
    "StudyPower",
    "group_power",
    "opening_battles_of",
    "replay",
    "replay_effect",
    "study_power",
]
