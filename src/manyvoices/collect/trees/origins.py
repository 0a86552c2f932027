"""How rows say that they came from a file: what an import writes there and an export reads."""

from __future__ import annotations

FROM_FILE = "file:"
"""Before the name of a file in `Tree.origin`, where the file itself named none: ours to know."""
BY_FILE = "imported"
"""`TreeEvent.by` of a step that an import made."""
IMPORTED = "imported"
"""Key in `Message.extra` of what a file said that has no column."""
