"""One tree on its way out: the names, the clock and the people that all its records share.

Every id goes through one table: a message has one name wherever it is named, and a tree goes by the
name of its prompt. (OpenAssistant's anonymiser gave one tree three ids.)
"""

from __future__ import annotations

import datetime as dt
import uuid
from collections import Counter, defaultdict
from collections.abc import Collection, Iterable

from manyvoices.collect.people.models import Participant
from manyvoices.collect.trees import models
from manyvoices.collect.trees.origins import IMPORTED
from manyvoices.collect.trees.rows import TreeRows
from manyvoices.curate.privacy import Pseudonyms
from manyvoices.curate.privacy.dates import shift
from manyvoices.design.trees import TaskKind

EMOJI = {"thanks": "+1", "learned": "clap", "laughed": "rofl"}
"""Our words of thanks -> the nearest of OASST's emojis."""
Given = models.LabelsGiven | models.RankingGiven | models.PromptPlace


class Leaving:
    """One tree on its way out.

    Args:
        chosen: People who are in the export.
        refused: Versions of the consent under which nothing leaves.
        dates: How dates leave (`curate.privacy.dates.shift`).
    """

    def __init__(
        self,
        rows: TreeRows,
        names: Pseudonyms,
        *,
        chosen: Collection[uuid.UUID],
        refused: Collection[str],
        dates: str,
    ) -> None:
        self.rows, self.names, self.dates = rows, names, dates
        self._chosen, self._refused = chosen, refused
        self.name = {row.pk: names.message(_own_id(row)) for row in rows.messages}
        """Key of a message -> the name that it leaves under."""
        self.by_text = {str(key): name for key, name in self.name.items()}
        self.shift = shift(rows.tree.created_at, dates)
        """What is added to the dates of the tree itself."""
        self.reviews = [row for row in rows.reviews if self.may(row)]
        self.rankings = [row for row in rows.rankings if self.may(row)]
        self.places = [row for row in rows.places if self.may(row)]
        self.counted = _emojis(
            rows.skips, [(m, kind) for m, who, kind in rows.reactions if who in chosen]
        )
        """Key of a message -> emojis of words of thanks and of tasks passed over."""

    def may(self, row: Given) -> bool:
        """Whether what somebody gave leaves."""
        return row.participant_id in self._chosen and row.consent_version not in self._refused

    def is_chosen(self, row: models.Message) -> bool:
        """Whether the author of a message is in the export; of an imported one nobody is."""
        return row.author_id is None or row.author_id in self._chosen

    def moved(self, moment: dt.datetime, person: Participant | None) -> dt.datetime:
        """A moment on somebody's own clock."""
        first = moment if person is None else person.consented_at
        return moment + shift(first, self.dates)

    def known(self, keys: Iterable[str], there: Collection[str] | None = None) -> list[str]:
        """Names of messages of this tree, of those in `there` alone if it is given."""
        names = (self.by_text[key] for key in keys if key in self.by_text)
        return [name for name in names if there is None or name in there]

    def groups(self, groups: list[list[str]], there: Collection[str]) -> list[list[str]]:
        """An order under the names of its messages; what is left out is not in it."""
        named = [self.known(group, there) for group in groups]
        return [group for group in named if group]


def _own_id(row: models.Message) -> str:
    """The id that it came with, or else its key."""
    return str((row.extra.get(IMPORTED) or {}).get("message_id") or row.pk)


def _emojis(
    skips: list[tuple[uuid.UUID, str]], reactions: list[tuple[uuid.UUID, str]]
) -> dict[uuid.UUID, dict[str, int]]:
    """Message -> emojis as OASST names them, from tasks passed over and from words of thanks."""
    found: dict[uuid.UUID, Counter[str]] = defaultdict(Counter)
    for message, reaction in reactions:
        found[message][EMOJI.get(reaction, reaction)] += 1
    for message, kind in skips:
        task = TaskKind(kind)
        name = "_skip_labeling" if task.is_label else "_skip_ranking"
        found[message]["_skip_reply" if task.is_reply else name] += 1
    # By name: which row comes first says nothing, and two exports are to be equal.
    return {key: dict(sorted(counts.items())) for key, counts in found.items()}
