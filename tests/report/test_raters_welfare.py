"""Welfare of raters is the experiment on models, said of items."""

from __future__ import annotations

from pathlib import Path

from manyvoices.analyse.resampling import Resampling
from manyvoices.analyse.settings import Settings
from manyvoices.report.sections.raters_welfare import CHAPTER

SETTINGS = Settings(resampling=Resampling(n_resamples=30), min_group=5)


def ratings(folder: Path) -> Path:
    """Forty raters of six texts; women like the first, men the last."""
    lines = ["item_id,participant_id,gender,rating"]
    for person in range(40):
        gender = "Woman" if person % 2 else "Man"
        for item in range(6):
            liked = item == (0 if gender == "Woman" else 5)
            lines.append(f"text{item},p{person},{gender},{5 if liked else 1 + (person + item) % 3}")
    path = folder / "ratings.csv"
    path.write_text("\n".join(lines) + "\n")
    return path


def test_it_speaks_of_items_and_never_of_models(tmp_path: Path) -> None:
    section = CHAPTER.render(CHAPTER.compute(ratings(tmp_path), SETTINGS))
    assert section.items
    for item in section.items:
        assert item.name.startswith("raters-welfare-")
        assert item.source == ""
        told = [item.title, item.n, item.method, *item.notes]
        told += [item.drawing.alt] if item.drawing else []
        told += [item.table.title, *item.table.header] if item.table else []
        assert not [text for text in told if "model" in text.lower()]
    assert "item" in section.lead


def test_the_favourites_of_both_groups_stand_in_the_table(tmp_path: Path) -> None:
    result = CHAPTER.compute(ratings(tmp_path), SETTINGS)
    table = {row.model: row for row in result.regions[0].measures[0].models}
    assert {"text0", "text5"} <= table.keys()
