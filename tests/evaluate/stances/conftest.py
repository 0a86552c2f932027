"""The instrument that comes with the program, and planted views on it."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from manyvoices.evaluate.stances.instrument import Instrument
from manyvoices.evaluate.stances.instrument_files import read_instrument


@pytest.fixture(scope="session")
def instrument() -> Instrument:
    return read_instrument("builtin:two-axes")


@pytest.fixture(scope="session")
def views(instrument: Instrument) -> dict[str, float]:
    """Planted: -0.5 on the economic axis on every item, 1 on the social one."""
    wanted = {"economic": -0.5, "social": 1.0}
    return {
        item.id: wanted[axis] * weight
        for item in instrument.items
        for axis, weight in item.weights.items()
    }


@pytest.fixture
def small(tmp_path: Path) -> dict[str, Any]:
    """Settings that keep a test short."""
    return {"out": tmp_path / "out", "resamples": 200, "samples": 2, "cells": 6}
