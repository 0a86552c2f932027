"""The loss of DPO where pairs differ in how much, or how surely, one reply is better.

Notation: b pairs in a batch; a log-ratio is ``log pi(reply) - log pi_ref(reply)``.
"""

from __future__ import annotations

from torch import Tensor
from torch.nn.functional import logsigmoid


def pair_losses(
    chosen: Tensor,
    rejected: Tensor,
    beta: float,
    offset: Tensor | float = 0.0,
    smoothing: Tensor | float = 0.0,
) -> Tensor:
    """Losses of pairs, (b,), before weighing.

    With lead ``z = beta * (chosen - rejected) - offset`` the loss is
    ``-(1 - e) log sigmoid(z) - e log sigmoid(-z)``. Without offset and smoothing it is DPO
    (Rafailov et al. 2023, eq. 7, https://arxiv.org/abs/2305.18290) and TRL's ``sigmoid``; the
    offset is ODPO's (Amini et al. 2024, https://arxiv.org/abs/2402.10571), whose choice
    ``alpha * log(difference of scores)`` is here ``margin_scale * margin``; the smoothing e is
    conservative DPO's (Mitchell 2023, https://ericmitchell.ai/cdpo.pdf), here one per pair.

    Args:
        chosen: (b,), log-ratio of the preferred reply.
        rejected: (b,), of the other one.
        beta: How much staying near the reference counts.
        offset: (b,), by how much the preferred reply's reward must lead.
        smoothing: (b,), probability that the preference is the wrong way round, at most 0.5.
    """
    lead = beta * (chosen - rejected) - offset
    return -(1 - smoothing) * logsigmoid(lead) - smoothing * logsigmoid(-lead)
