"""The project of trees, for accounts that take part in it."""

from __future__ import annotations

from tests.collect.trees.conftest import orchard, orchard_spec

__all__ = ["orchard", "orchard_spec"]
