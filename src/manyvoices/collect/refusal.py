"""Errors whose message is for the person who asked, in their language, with a code for programs."""

from __future__ import annotations

from manyvoices.schema.errors import ManyvoicesError


class Refusal(ManyvoicesError):
    """It cannot be done; nothing was changed.

    The message goes through gettext where it is raised. `code` names the reason in a word that
    stays the same in every language and version.
    """

    def __init__(self, message: str, *, code: str = "refused") -> None:
        self.code = code
        super().__init__(message)
