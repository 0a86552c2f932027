"""Every room says why it exists, and the names that it lists are the names that it has."""

from __future__ import annotations

from importlib import import_module
from pathlib import Path
from types import ModuleType

import pytest

SOURCE = Path(__file__).parents[2] / "src" / "manyvoices"
ROOMS = sorted(path.parent.name for path in SOURCE.glob("*/__init__.py"))
LISTED = [room for room in ROOMS if "__all__" in (SOURCE / room / "__init__.py").read_text()]


def test_there_are_rooms_to_look_at() -> None:
    assert "schema" in ROOMS
    assert "cli" in LISTED


@pytest.mark.parametrize("room", ROOMS)
def test_a_room_says_what_goes_in_what_comes_out_and_what_it_may_import(room: str) -> None:
    words = " ".join((import_module(f"manyvoices.{room}").__doc__ or "").split())
    if room == "collect":
        assert "Never imports" in words
    elif room != "aggregate":
        assert "ay import" in words
    assert "In: " in words
    assert "Out: " in words


@pytest.mark.parametrize("room", LISTED)
def test_the_names_a_room_lists_are_the_public_names_it_has(room: str) -> None:
    module = import_module(f"manyvoices.{room}")
    listed = module.__all__
    missing = [name for name in listed if not hasattr(module, name)]
    assert not missing
    assert len(listed) == len(set(listed))
    assert own_public_names(module) <= set(listed)


def own_public_names(module: ModuleType) -> set[str]:
    """Public classes and functions of `module` that the house itself defines."""
    return {
        name
        for name, value in vars(module).items()
        if not name.startswith("_")
        and not isinstance(value, ModuleType)
        and str(getattr(value, "__module__", "")).startswith(module.__name__)
    }
