"""The map of the world: an equal-area projection, countries that meet, and codes that match."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from manyvoices.analyse.people import PlaceCounts
from manyvoices.io.countries import COUNTRIES
from manyvoices.report.canvas import render
from manyvoices.report.palette import PAPER, SEQUENCE
from manyvoices.report.world import country_shapes, equal_earth, world_map
from manyvoices.report.world.map_figure import shade, steps
from manyvoices.report.world.shapes import clipped, ring_area, thinned, unmatched


@given(st.floats(-179, 178), st.floats(-89, 88))
def test_equal_areas_are_equal_on_the_map(longitude: float, latitude: float) -> None:
    """A cell of 1 x 1 degrees has the area that it has on the sphere."""
    side = np.linspace(0, 1, 40)
    zero, one = np.zeros(40), np.ones(40)
    x = longitude + np.concatenate([side, one, side[::-1], zero])
    y = latitude + np.concatenate([zero, side, one, side[::-1]])
    on_map = ring_area(np.column_stack(equal_earth(x, y)))
    low, high = np.radians([latitude, latitude + 1])
    on_sphere = np.radians(1) * (np.sin(high) - np.sin(low))
    # The projection's polynomial is fitted; its own authors' coefficients have six digits.
    assert on_map == pytest.approx(on_sphere, rel=2e-4)


def test_the_whole_map_has_the_area_of_the_sphere() -> None:
    up = np.linspace(-90, 90, 2001)
    longitude = np.concatenate([np.full(2001, 180.0), np.full(2001, -180.0)])
    ring = np.column_stack(equal_earth(longitude, np.concatenate([up, up[::-1]])))
    assert ring_area(ring) == pytest.approx(4 * np.pi, rel=1e-4)


def test_the_projection_is_the_published_one() -> None:
    # Šavrič, Patterson & Jenny 2019: the pole line is .592 of the equator, height to width .487.
    x, y = equal_earth(np.array([180.0, 180.0, 0.0]), np.array([0.0, 90.0, 90.0]))
    assert x[1] / x[0] == pytest.approx(0.592, abs=5e-4)
    assert y[2] / x[0] == pytest.approx(0.487, abs=5e-4)


def test_every_country_has_a_shape_or_is_listed_as_a_part_of_another() -> None:
    known = {shape.code for shape in country_shapes()}
    parts = "BES BVT CXR CCK GUF GIB GLP MTQ MYT REU SJM TKL TUV UMI".split()
    assert sorted(unmatched()) == sorted(parts)
    assert set(COUNTRIES) - known - set(parts) == {"ATA"}


def test_every_code_has_one_shape_with_an_area() -> None:
    codes = [shape.code for shape in country_shapes() if shape.code]
    assert len(codes) == len(set(codes))
    assert all(shape.rings and shape.area > 0 for shape in country_shapes())


@pytest.mark.parametrize(
    ("code", "km2"), [("FRA", 638_000), ("BRA", 8_510_000), ("RUS", 17_000_000), ("AUS", 7_690_000)]
)
def test_countries_are_as_large_as_they_are(code: str, km2: float) -> None:
    """Russia crosses the edge of the map: both of its parts count, once."""
    (shape,) = [one for one in country_shapes() if one.code == code]
    assert shape.area * 6371**2 == pytest.approx(km2, rel=0.04)


def test_no_shape_runs_across_the_map() -> None:
    for shape in country_shapes():
        for ring in shape.rings:
            steps = np.hypot(*np.diff(np.vstack([ring, ring[:1]]), axis=0).T)
            assert steps.max() < 0.6, shape


def test_a_thinned_line_stays_within_its_tolerance() -> None:
    angle = np.linspace(0, 3, 500)
    line = np.column_stack([angle, np.sin(5 * angle)])
    kept = thinned(line, 0.01)
    assert kept[[0, -1]].all()
    assert kept.sum() < 100
    between = np.interp(angle, angle[kept], line[kept, 1])
    assert np.abs(between - line[:, 1]).max() < 0.06  # vertical distance on a slope of up to 5


def test_a_ring_is_cut_at_a_limit() -> None:
    square = np.array([[0.0, 0], [2, 0], [2, 2], [0, 2]])
    assert ring_area(clipped(square, 1.5, below=True)) == pytest.approx(3)
    assert ring_area(clipped(square, 1.5, below=False)) == pytest.approx(1)
    assert len(clipped(square, -1, below=True)) == 0


@given(st.lists(st.integers(1, 5000), min_size=1, max_size=30))
def test_every_count_falls_into_one_range(counts: list[int]) -> None:
    limits = steps(counts)
    assert 1 <= len(limits) <= len(SEQUENCE)
    assert limits[0][0] == 1
    assert limits[-1][1] == max(counts)
    for count in counts:
        assert sum(low <= count <= high for low, high in limits) == 1
        assert shade(count, limits) in SEQUENCE
    assert shade(0, limits) == PAPER


def test_the_map_says_in_words_what_it_shows() -> None:
    found = PlaceCounts("birth", "country of birth", {"USA": 338, "MLT": 2, "FRA": 14}, (), 3)
    drawing = world_map("people-map-birth", found)
    assert "United States (338), France (14) and Malta (2)" in drawing.alt
    picture = render(drawing)
    assert "var(--step5)" in picture.wide
    assert "var(--paper)" in picture.wide
    assert render(drawing).svg == picture.svg
