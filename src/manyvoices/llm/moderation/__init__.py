"""Models that judge texts: an endpoint, or a classifier in a local folder.

In: texts. Out: `manyvoices.schema.moderation.Verdict`, or a `ResponderError`. Both keep the promise
of ``manyvoices.curate.moderation.Moderator``. There is no default.
"""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from manyvoices.llm.moderation.endpoint import EndpointModerator
    from manyvoices.llm.moderation.local import LocalModerator

__all__ = ["build_moderator"]


def build_moderator(
    where: str,
    *,
    model: str | None = None,
    api_key_env: str | None = None,
    labels: Path | str | None = None,
    requests_per_minute: int | None = None,
) -> EndpointModerator | LocalModerator:
    """The moderator at a URL (``https://api.openai.com/v1``) or in a folder of this machine.

    `model` and `api_key_env` (name of the variable that holds the key) belong to an endpoint,
    `labels` (see `LocalModerator`) to a folder. Nothing is contacted or loaded yet.

    Raises:
        MissingExtraError: aiohttp, or transformers, is not installed.
        DataError: The file of labels is at fault.
        ResponderError: An endpoint without a model.
    """
    if "://" in where:
        from manyvoices.llm.moderation.endpoint import EndpointModerator

        return EndpointModerator(
            where,
            model=model,
            api_key_env=api_key_env,
            requests_per_minute=requests_per_minute,
        )
    from manyvoices.llm.moderation.local import LocalModerator

    return LocalModerator(where, labels=labels)
