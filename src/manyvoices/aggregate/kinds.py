"""Names of array kinds and of choices, shared by every module of this room."""

from __future__ import annotations

from typing import Any, Literal

import numpy as np
from numpy.typing import NDArray

FloatArray = NDArray[np.float64]
IntArray = NDArray[np.int64]
BoolArray = NDArray[np.bool_]
ObjectArray = NDArray[np.object_]
AnyArray = NDArray[Any]

Method = Literal[
    "rank_centrality",
    "bradley_terry",
    "elo",
    "win_rate",
    "pagerank",
    "newman",
    "mean_score",
    "normalized_score",
    "within_turn_rank",
]
TieModel = Literal["davidson", "rao_kupper"]
Interval = Literal["percentile", "basic", "bca"]
Ties = Literal["half", "both", "drop"]
Scale = Literal["natural", "elo", "probability"]
Compat = Literal["prism"]
Backend = Literal["polars", "pandas", "dict"]
