"""The figure of ratings: what it says, and that it can be drawn for every method and scale."""

from __future__ import annotations

import numpy as np
import pytest

from manyvoices.aggregate import BATTLE_METHODS, Battles, bootstrap
from manyvoices.report.ratings_figure import ratings_figure, ratings_picture


def battles(gap: float) -> Battles:
    rng = np.random.default_rng(1)
    a = rng.integers(0, 3, 600)
    b = (a + rng.integers(1, 3, 600)) % 3
    odds = gap * (b - a)
    outcome = (rng.random(600) < 1 / (1 + np.exp(-odds))) * 1.0
    return Battles(a, b, outcome, ("ash", "birch", "cedar"), rng.integers(0, 50, 600))


def test_the_title_names_a_leader_only_where_there_is_one() -> None:
    clear = ratings_figure(bootstrap(battles(1.5), n_resamples=100))
    assert clear.title.startswith("ash leads")
    open_ = ratings_figure(bootstrap(battles(0.0), n_resamples=100))
    assert "share the lead" in open_.title
    assert "100 resamples of 50 participants" in clear.caption
    assert "ash is on top" in clear.alt


def test_every_method_has_its_panel_and_models_are_listed_once_per_row() -> None:
    drawn = bootstrap(battles(1.0), BATTLE_METHODS, n_resamples=40)
    figure = ratings_figure(drawn).draw(7.3)
    panels = [axes for axes in figure.axes if axes.get_visible()]
    assert len(panels) == len(BATTLE_METHODS)
    assert all(axes.get_title() for axes in panels)
    assert [text.get_text() for text in panels[0].get_yticklabels()] == ["ash", "birch", "cedar"]


@pytest.mark.parametrize("scale", ["elo", "probability"])
def test_scales_name_their_unit(scale) -> None:
    drawn = bootstrap(battles(1.0), "bradley_terry", n_resamples=40, scale=scale)
    label = ratings_figure(drawn).draw(3.65).axes[0].get_xlabel()
    assert label == {"elo": "Elo points", "probability": "strength, as a share"}[scale]


def test_files_are_the_same_bytes_each_time() -> None:
    drawn = bootstrap(battles(1.0), "elo", n_resamples=40)
    assert ratings_picture(drawn, "svg") == ratings_picture(drawn, "svg")
    assert ratings_picture(drawn, "png")[:4] == b"\x89PNG"
