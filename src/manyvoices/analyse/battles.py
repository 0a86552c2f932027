"""Battles out of rated conversations: every pair of rated answers to one opening message."""

from __future__ import annotations

import itertools
from collections.abc import Iterator

import numpy as np

from manyvoices.analyse.table import ReleaseTable
from manyvoices.schema.judgements import Battle, Outcome

TIE_THRESHOLD = 5
"""Scores this close, or closer, are a tie; PRISM's choice (arXiv 2404.16019, appendix T)."""


def opening_battles(table: ReleaseTable, *, tie_threshold: int = TIE_THRESHOLD) -> list[Battle]:
    """All pairs of rated answers within each opening turn, in the order they were shown.

    Only opening turns: later turns hold answers of one model, so they compare nothing. An answer
    that failed or was not rated is in no battle. Source: Kirk et al. 2024, section 4 and
    ``extract_battles`` of its code; unlike that, a model drawn twice keeps both its answers, and a
    pair of answers of one model is left out.
    """
    return list(_pairs(table, tie_threshold))


def _pairs(table: ReleaseTable, tie_threshold: int) -> Iterator[Battle]:
    spoken = table.utterances
    rated = ~np.isnan(spoken.score) & ~spoken.failed & (spoken.turn == 0)
    rows = np.flatnonzero(rated)
    rows = rows[np.lexsort((spoken.position[rows], spoken.conversation[rows]))]
    for number, group in itertools.groupby(rows, key=lambda row: int(spoken.conversation[row])):
        conversation = table.conversations[number]
        person = conversation.participant
        for a, b in itertools.combinations(group, 2):
            if spoken.model[a] == spoken.model[b]:
                continue
            yield Battle(
                model_a=table.models[spoken.model[a]],
                model_b=table.models[spoken.model[b]],
                outcome=_outcome(float(spoken.score[a] - spoken.score[b]), tie_threshold),
                participant_id=table.participants[person].participant_id if person >= 0 else None,
                conversation_id=conversation.conversation_id,
                turn=0,
                groups={"conversation_type": conversation.type},
                simulated=conversation.simulated,
            )


def _outcome(difference: float, tie_threshold: int) -> Outcome:
    if abs(difference) <= tie_threshold:
        return Outcome.TIE
    return Outcome.A if difference > 0 else Outcome.B
