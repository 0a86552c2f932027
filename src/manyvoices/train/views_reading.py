"""Data sets of any form become `SourceTree`s: the reader behind `read_views`."""

from __future__ import annotations

from typing import TYPE_CHECKING

from manyvoices.train.config import DataConfig

if TYPE_CHECKING:
    from manyvoices.train.views_all import Views


def read(config: DataConfig) -> Views:
    """See `manyvoices.train.views.read_views`."""
    raise NotImplementedError(config.path)
