"""What can be wrong with ballots, each with a name of its own.

    DataError
    └── BallotError               some ballots cannot be counted; lists every one, with its place
        ├── UnknownCandidateError     only: a label that is not among the candidates
        ├── DuplicateCandidateError   only: a candidate twice on one ballot
        ├── UnreadableBallotError     only: no ranking at all (text in place of a list, a mapping)
        └── BallotWeightError         a weight that is negative, infinite or not a number

A file with faults of several kinds raises `BallotError` itself, with all of them.
"""

from __future__ import annotations

from manyvoices.schema.errors import DataError, Fault


class BallotError(DataError):
    """Some ballots cannot be counted; `faults` lists each with its number, 1 = the first."""


class UnknownCandidateError(BallotError):
    """A ballot ranks a label that is not among the candidates."""


class DuplicateCandidateError(BallotError, ValueError):
    """A ballot, or the list of candidates, names a candidate twice."""


class UnreadableBallotError(BallotError):
    """A ballot is no sequence of candidates or of groups of candidates."""


class BallotWeightError(BallotError, ValueError):
    """A ballot's weight is negative, infinite or not a number."""


class IncompleteBallotsError(DataError, ValueError):
    """A statistic that needs every candidate ranked by everybody met a ballot with gaps."""


class TooManyCandidatesError(DataError, ValueError):
    """An exact method was asked for more candidates than it can search through."""

    def __init__(self, method: str, n: int, limit: int, instead: str) -> None:
        self.method, self.n, self.limit = method, n, limit
        expected = f"at most {limit}, whose every subset is searched"
        super().__init__([Fault("<ballots>", None, "", f"{n} candidates in a circle of majorities "
                                f"for {method}", expected, instead)])  # fmt: skip


class NoBallotsError(DataError, ValueError):
    """A method that needs at least one ballot got none."""

    def __init__(self, method: str) -> None:
        self.method = method
        super().__init__([Fault("<ballots>", None, "", "no ballot that ranks two candidates",
                                f"at least one, for {method}")])  # fmt: skip


MAX_FAULTS = 100


class BallotFaults:
    """Gathers the faults of many ballots and raises them once, under the name that fits all."""

    def __init__(self) -> None:
        self.found: list[tuple[type[BallotError], Fault]] = []

    def add(self, kind: type[BallotError], voter: int, path: str, *words: str) -> None:
        """Note one fault of ballot `voter` (0-based); `words` are found, expected and a hint."""
        self.found.append((kind, Fault("<ballots>", voter + 1, path, *words)))

    def raise_if_any(self) -> None:
        """Raise the faults, if there are some."""
        if not self.found:
            return
        kinds = {kind for kind, _ in self.found}
        error = kinds.pop() if len(kinds) == 1 else BallotError
        faults = [fault for _, fault in self.found]
        raise error(faults[:MAX_FAULTS], n_more=max(0, len(faults) - MAX_FAULTS))
