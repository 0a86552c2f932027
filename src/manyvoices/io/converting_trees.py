"""Between message trees, messages, and threads.

Trees are rebuilt from rows in any order: a reply may come before its parent. Where the rows of a
tree stand together, as they are published, one tree is in memory at a time; where they do not,
`Apart` is raised, and the caller may start again with everything in memory (``gather=True``).
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Iterator

import msgspec
from msgspec import UNSET

from manyvoices.io.converting import Apart, Converter, NotCarried, register_converter
from manyvoices.io.oasst_flat import below
from manyvoices.schema import Message, MessageTree
from manyvoices.schema.trees import MessageThread

ORPHANS = "messages without a way up to a prompt"
SECOND_ROOTS = "second prompts of one tree"
DIFFERENT = "messages that came twice, the second time with other content"

_replace = msgspec.structs.replace


def tree_messages(trees: Iterable[MessageTree], not_carried: NotCarried) -> Iterator[Message]:
    """The prompt of each tree with all that is nested below it; it names its tree and its state."""
    for tree in trees:
        if tree.origin:
            not_carried["origin"] += 1
        yield _rooted(tree)


def tree_threads(trees: Iterable[MessageTree], not_carried: NotCarried) -> Iterator[MessageThread]:
    """Every path from the prompt to a message without replies, first replies first."""
    for tree in trees:
        if tree.origin:
            not_carried["origin"] += 1
        path: list[Message] = []
        depth: dict[str, int] = {}
        for message, parent in below(_rooted(tree)):
            place = 0 if parent is None else depth[parent.message_id] + 1
            depth[message.message_id] = place
            path[place:] = [_replace(message, replies=UNSET)]
            if not message.replies:
                yield MessageThread(thread_id=message.message_id, thread=list(path))


def thread_messages(threads: Iterable[MessageThread], not_carried: NotCarried) -> Iterator[Message]:
    """The messages of threads one by one, each once where the threads of a tree stand together."""
    seen: dict[str, Message] = {}
    for record in threads:
        if record.thread and record.thread[0].message_id not in seen:
            seen = {}
        parent: str | None = None
        for message in record.thread:
            row = message if parent is None else _replace(message, parent_id=parent)
            first = seen.setdefault(message.message_id, row)
            if first is row:
                yield _in_tree(row, record.thread[0])
            elif first != row:
                not_carried[DIFFERENT] += 1
            parent = message.message_id


def message_trees(
    messages: Iterable[Message], not_carried: NotCarried, *, gather: bool = False
) -> Iterator[MessageTree]:
    """The trees of messages that are nested, or stand in rows, or both.

    A row names its tree by ``message_tree_id`` or, where that is absent, its parent must be among
    the rows read since the last prompt. A message without replies comes back with an empty list of
    them, as in published trees.

    Args:
        gather: Hold all rows in memory and not one tree's.

    Raises:
        Apart: Rows of one tree do not stand together, and `gather` is False.
    """
    groups = _gathered(messages) if gather else _adjacent(messages)
    for rows in groups:
        yield from rebuilt(rows, not_carried)


def rebuilt(rows: list[Message], not_carried: NotCarried) -> Iterator[MessageTree]:
    """The tree that some rows make; none where no prompt is among them."""
    by_id: dict[str, Message] = {}
    children: dict[str, list[Message]] = defaultdict(list)
    for row in rows:
        first = by_id.setdefault(row.message_id, row)
        if first is not row:
            not_carried[DIFFERENT] += first != row
        elif isinstance(row.parent_id, str):
            children[row.parent_id].append(row)
    roots = [row for row in by_id.values() if not isinstance(row.parent_id, str)]
    if not roots:
        not_carried[ORPHANS] += len(by_id)
        return
    if len(roots) > 1:
        not_carried[SECOND_ROOTS] += len(roots) - 1
    order = _downwards(roots[0], children)
    lost = len(by_id) - sum(message.message_id in by_id for message in order)
    if lost > len(roots) - 1:
        not_carried[ORPHANS] += lost - len(roots) + 1
    yield _tree(roots[0], _nested(order, children))


def _rooted(tree: MessageTree) -> Message:
    return _replace(tree.prompt, message_tree_id=tree.message_tree_id, tree_state=tree.tree_state)


def _in_tree(message: Message, root: Message) -> Message:
    """A message that names the tree of the first of its thread."""
    if message.message_tree_id or not root.message_tree_id:
        return message
    return _replace(message, message_tree_id=root.message_tree_id)


def _adjacent(messages: Iterable[Message]) -> Iterator[list[Message]]:
    rows: list[Message] = []
    here: str | None = None
    ids: set[str] = set()
    done: set[str] = set()
    for message in messages:
        key = _key(message)
        if key is None and message.parent_id in ids:
            key = here
        if key != here or key is None:
            if rows:
                yield rows
                done.add(here or "")
            if key is None or key in done:
                raise Apart(f"message {message.message_id} stands apart from its tree")
            rows, here, ids = [], key, set()
        rows.append(message)
        ids.add(message.message_id)
    if rows:
        yield rows


def _key(message: Message) -> str | None:
    """What the rows of a tree have in common; None where only the parent can tell."""
    if message.message_tree_id:
        return message.message_tree_id
    return None if isinstance(message.parent_id, str) else message.message_id


def _gathered(messages: Iterable[Message]) -> Iterator[list[Message]]:
    groups: dict[str, list[Message]] = defaultdict(list)
    homes: dict[str, str] = {}
    homeless: list[Message] = []
    for message in messages:
        key = _key(message)
        if key is None:
            homeless.append(message)
            homes.setdefault(message.message_id, f"\0{message.parent_id}")
        else:
            groups[key].append(message)
            homes[message.message_id] = key
    for message in homeless:
        groups[_home(message.message_id, homes)].append(message)
    yield from groups.values()


def _home(name: str, homes: dict[str, str]) -> str:
    """The tree of a message that only names its parent; its uppermost ancestor where none is."""
    path, here = {name: None}, name
    while homes[here].startswith("\0"):
        above = homes[here][1:]
        if above not in homes or above in path:
            return homes[here]
        path[above], here = None, above
    for step in path:
        homes[step] = homes[here]
    return homes[here]


def _downwards(root: Message, children: dict[str, list[Message]]) -> list[Message]:
    """The root and everything below it, parents before their replies."""
    order, seen = [root], {root.message_id}
    for message in order:
        for reply in (*(message.replies or ()), *children.get(message.message_id, ())):
            if reply.message_id not in seen:
                seen.add(reply.message_id)
                order.append(reply)
    return order


def _nested(order: list[Message], children: dict[str, list[Message]]) -> dict[str, Message]:
    """Message id -> the message with its replies, leaves made first."""
    done: dict[str, Message] = {}
    for message in reversed(order):
        below_it = (*(message.replies or ()), *children.get(message.message_id, ()))
        replies = [done[reply.message_id] for reply in below_it if reply.message_id in done]
        done[message.message_id] = _replace(
            message, replies=replies, message_tree_id=UNSET, tree_state=UNSET
        )
    return done


def _tree(root: Message, done: dict[str, Message]) -> MessageTree:
    return MessageTree(
        message_tree_id=root.message_tree_id or root.message_id,
        tree_state=root.tree_state,
        prompt=done[root.message_id],
    )


register_converter(Converter("trees", "messages", tree_messages, ("origin",)))
register_converter(Converter("trees", "threads", tree_threads, ("origin",)))
register_converter(Converter("threads", "messages", thread_messages, (DIFFERENT,)))
register_converter(
    Converter(
        "messages",
        "trees",
        message_trees,
        (ORPHANS, SECOND_ROOTS, DIFFERENT),
        gather=lambda messages, lost: message_trees(messages, lost, gather=True),
    )
)
