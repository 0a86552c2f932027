"""Under which keys the messages of a file are stored, and whether they are here already.

An id that is a UUID is kept, unless another study of this database has it; any other id (those of
an anonymised export, say) becomes one that is made from the study and the id, and stands in
`Message.extra` so that it leaves as it came. So the same file finds its own trees again.
"""

from __future__ import annotations

import uuid
from collections.abc import Sequence

from manyvoices.collect.studies.models import Study
from manyvoices.collect.trees.models import Message, Tree

SPACE = uuid.UUID("b0e8f2a6-2f6a-4d80-8f0b-50a9b9d1d9c7")
Keys = dict[str, uuid.UUID]


def keys_of(study: Study, names: Sequence[str]) -> tuple[Tree | None, Keys]:
    """(the tree if it is here already, id -> key); no keys where they are somebody else's.

    Args:
        names: Ids of its messages, the prompt's first.
    """
    made = {name: derived(study, name) for name in names}
    own = {name: as_uuid(name) or made[name] for name in names}
    there = {
        key: (tree, place)
        for key, tree, place in Message.objects.filter(
            pk__in={*made.values(), *own.values()}
        ).values_list("pk", "tree_id", "tree__study_id")
    }
    root = names[0]
    for key in (own[root], made[root]):
        if key in there and there[key][1] == study.pk:
            return Tree.objects.get(pk=there[key][0]), own if key == own[root] else made
    if not any(key in there for key in own.values()):
        return None, own
    if any(there[key][1] == study.pk for key in own.values() if key in there):
        return None, {}
    return None, made


def derived(study: Study, name: str) -> uuid.UUID:
    """The key that is made for an id."""
    return uuid.uuid5(SPACE, f"{study.pk}\x00{name}")


def as_uuid(text: str) -> uuid.UUID | None:
    """The UUID that a text is, written as this database writes it; None where it is none."""
    try:
        found = uuid.UUID(text)
    except ValueError:
        return None
    return found if str(found) == text else None
