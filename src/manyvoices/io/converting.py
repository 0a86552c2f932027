"""From one content to another: the list of converters, and the shortest way along them.

A converter is a generator over records. What its target has no place for it counts into the
`Counter` that it is given, by the name of the field or by a reason in words: nothing that was in
the input is dropped in silence. Modules that bring converters are named in `BUILT_IN`.
"""

from __future__ import annotations

import importlib
from collections import Counter, deque
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from typing import Any, TypeAlias

import msgspec

from manyvoices.io.registry import Content
from manyvoices.schema import ManyvoicesError

NotCarried: TypeAlias = Counter[str]
"""Field, or a reason in words -> how many records had it and lost it."""


class Apart(ManyvoicesError):
    """Records that belong together do not stand together, so a stream cannot join them."""


@dataclass(frozen=True, slots=True)
class Converter:
    """One step from a content to another."""

    source: Content
    target: Content
    convert: Callable[[Iterable[Any], NotCarried], Iterator[Any]]
    cannot_carry: tuple[str, ...] = ()
    """Fields of the source, and reasons, that may be counted; empty means that nothing is lost."""
    gather: Callable[[Iterable[Any], NotCarried], Iterator[Any]] | None = None
    """The same with all records in memory, for when `convert` raises `Apart`."""


BUILT_IN: tuple[str, ...] = (
    "manyvoices.io.converting_trees",
    "manyvoices.io.native_trees",
    "manyvoices.io.converting_release",
    "manyvoices.io.converting_talks",
    "manyvoices.io.converting_comparisons",
    "manyvoices.io.converting_ratings",
    "manyvoices.io.converting_ranks",
    "manyvoices.io.converting_pairs",
)
"""Modules that register converters."""

_converters: dict[tuple[str, str], Converter] = {}


def register_converter(converter: Converter) -> Converter:
    """Add a converter; there is one from each content to each other at most."""
    known = _converters.setdefault((converter.source, converter.target), converter)
    if known is not converter:
        raise ValueError(f"two converters from {converter.source} to {converter.target}")
    return converter


def converters() -> tuple[Converter, ...]:
    """All converters, those of `BUILT_IN` in its order."""
    for module in BUILT_IN:
        importlib.import_module(module)
    return tuple(_converters.values())


def way(source: str, target: str) -> tuple[Converter, ...] | None:
    """The converters to go through, the fewest there can be; () for the same content; None where
    there is no way."""
    ways: dict[str, tuple[Converter, ...]] = {source: ()}
    queue = deque([source])
    while queue and target not in ways:
        here = queue.popleft()
        for step in converters():
            if step.source == here and step.target not in ways:
                ways[step.target] = (*ways[here], step)
                queue.append(step.target)
    return ways.get(target)


def count_present(record: Any, fields: Iterable[str], not_carried: NotCarried) -> None:
    """Count those `fields` of a record that hold something: absent, null, empty and a default that
    says nothing (False) are nothing."""
    for name in fields:
        value = getattr(record, name)
        if value is not msgspec.UNSET and value is not None and value is not False and value != ():
            if isinstance(value, list | dict | str) and not value:
                continue
            not_carried[name] += 1
