"""The errors of leaderboards alone.

EvaluationError
├── NobodyToRank         no battle of people is left, or only bots'
├── TooFewPeople         a public board would rest on fewer people than was declared
└── NoDataOfResults      a folder of results names data that are not there
"""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

from manyvoices.evaluate.errors import EvaluationError


class NobodyToRank(EvaluationError):
    """No battle of people is left."""

    def __init__(self, where: str, excluded: Mapping[str, int]) -> None:
        self.where, self.excluded = where, dict(excluded)
        counted = ", ".join(f"{n:,} {reason}" for reason, n in excluded.items())
        hint = "; --simulated ranks what bots judged" if "simulated" in excluded else ""
        super().__init__(
            f"{where}: found no battle that counts ({counted or 'none at all'}), expected verdicts "
            f"of people on at least two models{hint}"
        )


class TooFewPeople(EvaluationError):
    """A public board would rest on fewer people than was declared."""

    def __init__(self, where: str, n_people: int, least: int) -> None:
        self.where, self.n_people, self.least = where, n_people, least
        super().__init__(
            f"{where}: found verdicts of {n_people} people, expected at least {least}; a board of "
            "fewer may tell what one of them said. --least-people sets another number"
        )


class NoDataOfResults(EvaluationError):
    """A folder of results names data that are not there."""

    def __init__(self, folder: Path, found: str) -> None:
        self.folder = folder
        super().__init__(
            f"{folder / 'results.json'}: config.data: found {found}, expected the release or the "
            "battles that the preference study was evaluated on; give that path instead"
        )
