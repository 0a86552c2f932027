"""The errors that only personal heads know.

TrainingError
├── NoRatersError       the data do not say who judged
├── TooFewPeople        too few people to hold some out and fit to the others
├── FeaturesFixed       the features know only the texts they were made from
└── HeadsUnreadable     a folder holds no heads, or broken ones
"""

from __future__ import annotations

from pathlib import Path

from manyvoices.train.errors import TrainingError


class NoRatersError(TrainingError):
    """The data do not say who judged."""

    def __init__(self, where: str, n_groups: int) -> None:
        super().__init__(
            f"{where} holds {n_groups} rankings and none says whose it is; a personal head needs "
            "single people's rankings with a rater (a native release, PRISM's files); for merged "
            "rankings use reward"
        )


class TooFewPeople(TrainingError):
    """There are too few people."""

    def __init__(self, n_people: int, least: int, what: str) -> None:
        super().__init__(
            f"{n_people} people {what}, at least {least} are needed: give more data, or lower "
            "data.split.share and heads.folds"
        )


class FeaturesFixed(TrainingError):
    """The features know only the texts they were made from."""

    def __init__(self, name: str) -> None:
        super().__init__(
            f"these heads stand on {name}, which places the texts of their own run only; train "
            "them with model.embedder: words, a sentence-transformers folder, or a decoder to "
            "judge new replies"
        )


class HeadsUnreadable(TrainingError):
    """A folder holds no heads."""

    def __init__(self, folder: Path, why: str) -> None:
        super().__init__(
            f"{folder} holds no personal heads ({why}); expected the folder `model` in the out of "
            "a run of train personal"
        )
