"""Held-out trees and held-out people, without anything of them among what is trained on.

A tree is never cut: all its threads, groups and pairs are on one side. Trees whose opening message
is the same text are one unit, since a model that saw the one half-knows the other. Which units are
held out depends on the seed and their own text, not on the order of the files: adding data moves
few of them, and every stage of a study that reads the same data holds out the same.
"""

from __future__ import annotations

import hashlib
from collections.abc import Hashable, Iterable, Sequence
from dataclasses import dataclass, field, replace
from typing import Any, Generic, Literal, TypeVar

from manyvoices.train.config import SplitConfig
from manyvoices.train.errors import EmptySplitError
from manyvoices.train.views import Pair, Prompt, ReplyGroup, Thread, TreeView
from manyvoices.train.views_all import SourceTree, Views, with_groups

T = TypeVar("T")


@dataclass(frozen=True, slots=True)
class Split(Generic[T]):
    """Two sides without a prompt in common."""

    train: tuple[T, ...]
    test: tuple[T, ...]
    unseen_raters: frozenset[str] = field(default_factory=frozenset)
    """People of whom `test` holds judgements and `train` none."""
    n_dropped: int = 0
    """By rater: what was taken out of `train` because its opening message is in `test` too."""


def opening(item: Any) -> str:
    """The first message of a person in an example of any view; the unit of a split."""
    if isinstance(item, SourceTree):
        return opening(item.view)
    if isinstance(item, TreeView):
        first = next((n for n in item.root.walk() if n.role != "system"), item.root)
        return " ".join(first.text.split())
    turns = _turns(item)
    said = next((turn for turn in turns if turn.role != "system"), turns[0])
    return " ".join(said.text.split())


def _turns(item: Thread | ReplyGroup | Pair | Prompt) -> Any:
    if isinstance(item, ReplyGroup):
        return item.prefix
    return item.prompt if isinstance(item, Pair) else item.turns


def raters(item: Any) -> frozenset[str]:
    """Whose judgements an example holds."""
    if isinstance(item, SourceTree):
        return frozenset(g.rater for g in (*item.by_rater, *item.view.groups) if g.rater)
    if isinstance(item, TreeView):
        return frozenset(g.rater for g in item.groups if g.rater)
    rater = getattr(item, "rater", None)
    return frozenset([rater] if rater else [])


def split(
    items: Iterable[T],
    by: Literal["tree", "rater"] = "tree",
    share: float = 0.1,
    seed: int = 0,
    *,
    shared_prompts: Literal["drop", "keep"] = "drop",
) -> Split[T]:
    """Hold out a `share` of the units of any view's examples, at least one and never all.

    Args:
        by: ``tree``: units are opening messages. ``rater``: units are people; examples of nobody
            in particular are trained on.
        shared_prompts: By rater: ``drop`` takes examples out of `train` whose opening message is
            held out as well; ``keep`` lets several people judge one prompt on both sides, where
            the question is only whether a model carries over to other people.

    Raises:
        EmptySplitError: One side would be empty: one unit, or no raters.
    """
    listed = list(items)
    if share == 0:
        return Split(tuple(listed), ())
    if by == "tree":
        held = _held([opening(item) for item in listed], share, seed, "opening messages")
        return _sides(listed, [opening(item) in held for item in listed])
    people = [name for item in listed for name in raters(item)]
    held = _held(people, share, seed, "raters")
    return _by_rater(listed, [bool(raters(item) & held) for item in listed], shared_prompts)


def _by_rater(listed: list[T], is_test: list[bool], shared_prompts: str) -> Split[T]:
    if shared_prompts == "keep":
        return _sides(listed, is_test)
    texts = [opening(item) for item in listed]
    asked = {text for text, test in zip(texts, is_test, strict=True) if test}
    keep = [test or text not in asked for text, test in zip(texts, is_test, strict=True)]
    left = [item for item, kept in zip(listed, keep, strict=True) if kept]
    test = [test for test, kept in zip(is_test, keep, strict=True) if kept]
    return _sides(left, test, n_dropped=len(listed) - len(left))


def _sides(listed: Sequence[T], is_test: Sequence[bool], n_dropped: int = 0) -> Split[T]:
    both = list(zip(listed, is_test, strict=True))
    train = tuple(item for item, test in both if not test)
    test = tuple(item for item, test in both if test)
    if not train or not test:
        side = "the training side of the split" if not train else "the held-out side of the split"
        found = f"{len(listed)} examples, {n_dropped} taken out because both sides shared a prompt"
        raise EmptySplitError(side, found, "change data.split (share, by, shared_prompts)")
    known = frozenset(name for item in train for name in raters(item))
    unseen = frozenset(name for item in test for name in raters(item)) - known
    return Split(train, test, unseen, n_dropped)


def _held(units: Iterable[Hashable], share: float, seed: int, what: str) -> set[Hashable]:
    """The units with the smallest hashes, `share` of them."""
    ordered = sorted(set(units), key=lambda unit: _rank(unit, seed))
    if len(ordered) < 2:
        raise EmptySplitError(
            "one side of the split",
            f"{len(ordered)} different {what} cannot be shared out to two sides",
            "set data.split.share: 0 to train on everything, or give more data",
        )
    n = min(len(ordered) - 1, max(1, round(share * len(ordered))))
    return set(ordered[:n])


def _rank(unit: Hashable, seed: int) -> bytes:
    return hashlib.sha256(f"{seed}\x00{unit}".encode()).digest()


def split_views(views: Views, config: SplitConfig) -> Split[SourceTree]:
    """The trees behind `views` in two; `Views.split` gives them as views.

    By rater, a tree that people of both sides judged is in both (``shared_prompts: keep``) or only
    among the held out ones (``drop``), each time with the judgements of its side alone.
    """
    if config.by == "tree" or config.share == 0:
        return split(views.sources, "tree", config.share, config.seed)
    people = [name for tree in views.sources for name in raters(tree)]
    held = {str(name) for name in _held(people, config.share, config.seed, "raters")}
    mine = [_only(tree, held, inside=False) for tree in views.sources]
    theirs = [_only(tree, held, inside=True) for tree in views.sources]
    listed = [tree for tree in (*mine, *theirs) if tree is not None]
    flags = [
        side for side, trees in ((False, mine), (True, theirs)) for t in trees if t is not None
    ]
    return _by_rater(listed, flags, config.shared_prompts)


def _only(tree: SourceTree, held: set[str], *, inside: bool) -> SourceTree | None:
    """The tree with the judgements of one side; None where it is all the other side's."""
    known = raters(tree)
    if not known:
        return None if inside else tree
    kept = [g for g in tree.by_rater if g.rater is not None and (g.rater in held) == inside]
    if not kept:
        return None
    if len(kept) == len(tree.by_rater):
        return tree
    # The merged order holds the other side's judgements too, so it goes.
    groups = tuple(kept)
    return replace(tree, view=with_groups(tree.view, groups), by_rater=groups)
