"""The errors that only training knows, each with its own name.

ManyvoicesError
└── TrainingError                what was given cannot be trained on, or with
    ├── NoRankingsError          the data holds no ranked replies
    ├── OneReplyError            a group of replies has nothing to compare its only reply with
    ├── EmptySplitError          a side of a split, or a view, holds nothing
    ├── NotAllowedError          consent or simulation forbids training on it
    ├── ModelFolderError         the folder of a model is missing or holds no model
    └── TokenizerError           the tokenizer lacks what training needs

A configuration file's faults are `ConfigError`, an `InputError`, beside them.
"""

from __future__ import annotations

from manyvoices.schema.errors import InputError, ManyvoicesError


class ConfigError(InputError):
    """A configuration of a run cannot be used; carries every fault, with file, line and field."""


class TrainingError(ManyvoicesError):
    """What was given cannot be trained on, or with."""


class NoRankingsError(TrainingError):
    """The data holds no ranked replies."""

    def __init__(self, where: str, n_threads: int) -> None:
        self.where, self.n_threads = where, n_threads
        super().__init__(
            f"{where} holds {n_threads} threads but no replies that were ranked or scored, and a "
            "reward model needs at least two replies to one message with different places; use "
            "sft, or a release in which people ranked"
        )


class OneReplyError(TrainingError):
    """A group with one reply compares nothing."""

    def __init__(self, tree_id: str, n_replies: int) -> None:
        self.tree_id, self.n_replies = tree_id, n_replies
        super().__init__(
            f"a group of replies in tree {tree_id} has {n_replies} of them, expected at least two: "
            "leave such groups out (read_views does, and counts them)"
        )


class EmptySplitError(TrainingError):
    """A side of a split, or a view that is asked for, holds nothing."""

    def __init__(self, side: str, found: str, remedy: str) -> None:
        self.side = side
        super().__init__(f"{side} is empty: {found}; {remedy}")


class NotAllowedError(TrainingError):
    """Consent, or the mark of a simulation, forbids training on these rows."""


class ModelFolderError(TrainingError):
    """The folder of a model is missing, or holds no model that transformers reads."""


class TokenizerError(TrainingError):
    """The tokenizer lacks what training needs, or disagrees with the model."""
