"""Texts with known topics: each topic its own words, and people who may prefer one."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import polars as pl

THEMES = {
    "bread": "rye flour yeast oven dough crust loaf knead butter grain baker sourdough",
    "vote": "election mayor ballot party debate candidate poll senate campaign minister law seat",
    "sea": "sail harbour tide anchor gull wave island ferry storm mast captain shore",
    "song": "chorus guitar drum melody concert singer record rhythm band lyric piano violin",
}
STOP = ("the", "of", "and", "is", "to")


@dataclass(frozen=True, eq=False)
class Planted:
    """n texts of people who each hold several conversations."""

    texts: list[str]
    topics: np.ndarray
    """(n,) place in `THEMES`."""
    rows: pl.DataFrame
    """``user_id gender region conversation_type``, one row per text."""

    @property
    def people(self) -> np.ndarray:
        return np.unique(self.rows["user_id"].to_numpy().astype(str), return_inverse=True)[1]


def planted(
    n_people: int = 120, per_person: int = 4, *, liking: float = 0.0, seed: int = 0
) -> Planted:
    """Group A writes on the first topic with probability .25 + `liking`, all others with .25.

    Persons have tastes of their own besides, so that their texts are not independent.
    """
    rng = np.random.default_rng(seed)
    words = [theme.split() for theme in THEMES.values()]
    texts, topics, rows = [], [], []
    for i in range(n_people):
        group = "A" if rng.random() < 0.4 else "B"
        chance = np.full(4, 0.25)
        if group == "A":
            chance += np.array([liking, *[-liking / 3] * 3])
        taste = rng.dirichlet(8 * chance)
        region = ("North", "South", "West")[rng.integers(3)]
        for j in range(per_person):
            topic = int(rng.choice(4, p=taste))
            drawn = [*rng.choice(words[topic], 6, replace=False), *rng.choice(STOP, 2)]
            texts.append(" ".join(rng.permutation(drawn)))
            topics.append(topic)
            kind = "unguided" if j % 2 else "values guided"
            rows.append((f"user{i}", group, region, kind))
    names = ["user_id", "gender", "region", "conversation_type"]
    return Planted(texts, np.array(topics), pl.DataFrame(rows, schema=names, orient="row"))
