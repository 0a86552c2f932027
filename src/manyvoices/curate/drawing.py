"""Drawing some of a group: our way, which no row order moves, and the published one.

Ours ranks everybody by a hash of the seed, the group and their id. The same people are drawn
whatever the order of the rows and whatever other groups there are; adding somebody changes the draw
of their own group alone.

PRISM's code calls ``DataFrame.sample(n, random_state=seed)`` on each group anew. That is
``RandomState(seed).choice(size of the group, n, replace=False)``, positions in row order, and this
is done here, so pandas is not needed; a test holds the two together.
"""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from typing import Literal, TypeAlias

import numpy as np

Method: TypeAlias = Literal["manyvoices", "prism"]


def draw(ids: Sequence[str], n: int, *, group: str, seed: int, method: Method) -> list[str]:
    """`n` of `ids` (all of them where there are not more), in the order of `ids`.

    Args:
        group: Names the group, so that two groups are drawn independently (not with ``"prism"``).
        method: ``"prism"`` depends on the order of `ids`, as the published code does.
    """
    if n >= len(ids):
        return list(ids)
    if method == "prism":
        # The legacy generator on purpose: its stream is what the published draw stands on.
        places = np.random.RandomState(seed).choice(len(ids), size=n, replace=False)
        kept = {ids[place] for place in places}
    else:
        kept = set(sorted(ids, key=lambda one: _rank(seed, group, one))[:n])
    return [one for one in ids if one in kept]


def _rank(seed: int, group: str, one: str) -> tuple[bytes, str]:
    # Lengths keep ("a", "bc") and ("ab", "c") apart.
    text = f"{seed}:{len(group)}:{group}:{one}"
    return hashlib.sha256(text.encode("utf-8", "surrogatepass")).digest(), one
