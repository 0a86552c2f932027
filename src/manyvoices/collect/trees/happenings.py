"""What happens to trees, for other rooms to listen to, in the transaction in which it happens.

Steps of a tree need no signal of their own: each is a stored `TreeEvent`. Erased texts have
`erasure.texts_erased`.
"""

from __future__ import annotations

from django.dispatch import Signal

message_decided = Signal()
"""Sent with ``message`` once reviews or a moderator have accepted it or turned it down."""

messages_deleted = Signal()
"""Sent with ``tree``, ``messages`` (ids) and ``because``: ``moderator`` or ``reports``."""

task_done = Signal()
"""Sent with ``task`` once what it asked for is stored."""
