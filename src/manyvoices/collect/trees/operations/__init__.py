"""Everything that contributors write. Each function is one transaction and may be called twice.

A task that ran out while somebody was writing is not lost: what they send is stored where there is
still a place for it, and the answer says which.
"""

from __future__ import annotations

from manyvoices.collect.trees.operations.editing import edit
from manyvoices.collect.trees.operations.labels import send_labels
from manyvoices.collect.trees.operations.rankings import send_ranking
from manyvoices.collect.trees.operations.tasks import finish, hold, keep, skip
from manyvoices.collect.trees.operations.texts import new_path, send_text

__all__ = [
    "edit",
    "finish",
    "hold",
    "keep",
    "new_path",
    "send_labels",
    "send_ranking",
    "send_text",
    "skip",
]
