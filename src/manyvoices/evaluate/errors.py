"""The errors that only evaluation knows.

ManyvoicesError
└── EvaluationError          what was given cannot be evaluated, or with
    ├── NoGroupsError        there are no ranked replies to compare scores with
    ├── NoRewardHead         the folder holds a model that gives no scores
    ├── ScoreNotFinite       a model gave something else than a number
    ├── TooFewOutputs        there is nothing to pick among
    └── UnknownProperty      results are asked for by something that nothing has
"""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from manyvoices.schema.errors import ManyvoicesError


class EvaluationError(ManyvoicesError):
    """What was given cannot be evaluated, or with."""


class NoGroupsError(EvaluationError):
    """There are no ranked replies to compare scores with."""

    def __init__(self, where: str, n_groups: int) -> None:
        self.where, self.n_groups = where, n_groups
        found = (
            f"{n_groups} groups of replies, all of them ties" if n_groups else "no ranked replies"
        )
        super().__init__(
            f"{where} holds {found}, and a reward model is judged by replies to one message that "
            "people put in different places; give other data, or part: all instead of test"
        )


class NoRewardHead(EvaluationError):
    """The folder holds a model that gives no scores."""

    def __init__(self, folder: Path, found: str) -> None:
        self.folder = folder
        super().__init__(
            f"{folder} holds {found} without the head of a reward model (score.weight); expected "
            "the folder model/ of a run of manyvoices train reward, or any model with one label "
            "that AutoModelForSequenceClassification loads"
        )


class ScoreNotFinite(EvaluationError):
    """A model gave something else than a number."""

    def __init__(self, tree_id: str, scores: Sequence[float]) -> None:
        self.tree_id, self.scores = tree_id, tuple(scores)
        super().__init__(
            f"scores of a group in tree {tree_id} are {self.scores}, expected finite numbers: the "
            "model's weights are damaged, or model.dtype is too low a precision for it"
        )


class TooFewOutputs(EvaluationError):
    """There is nothing to pick among: prompts have fewer than two outputs each."""

    def __init__(self, paths: Sequence[str], most: int) -> None:
        self.paths, self.most = tuple(paths), most
        super().__init__(
            f"{', '.join(paths)}: most prompts have fewer than two outputs (the most: {most}); "
            "an over-optimisation curve picks among several of one prompt, the more the better: "
            "sample more of each, or name more reports"
        )


class UnknownProperty(EvaluationError):
    """Results are asked for by something that no group of replies has."""

    def __init__(self, names: Sequence[str], known: Sequence[str]) -> None:
        self.names, self.known = tuple(names), tuple(known)
        there = ", ".join(known) or "nothing; a release with a survey has its questions"
        super().__init__(f"by: nothing here has {', '.join(names)}; what there is: {there}")
