"""Three ways to attend within a pack, equal to rounding; which one is a matter of the machine.

- ``dense``: one boolean mask (n, n) for transformers' own sdpa or eager attention. Works with
  every model that takes a 4-D mask; work and memory grow with n squared.
- ``segments``: every stretch of the pack attends to its own path, one call each. The work is that
  of the flattened threads' attention without the repetitions; needs an attention function of
  ours, which transformers lets one register.
- ``flex``: torch's flex_attention with a block mask: the same sparsity in one kernel, on GPU. On
  CPU torch 2.13 computes it forward only ("does not support backward on CPU"), so it is not used
  there.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Literal

import torch
from torch import Tensor
from torch.nn.functional import scaled_dot_product_attention

from manyvoices.train.reward.packing import Pack

Way = Literal["segments", "dense", "flex"]

SEGMENTS = "manyvoices_segments"
"""Name under which transformers knows our attention."""

BLOCK = 128
"""Side of a block of flex_attention's masks; packs are filled up to a multiple of it."""


@dataclass(frozen=True, slots=True, eq=False)
class Stretches:
    """What `segments` needs of a pack, on the model's device."""

    parts: tuple[tuple[int, int, tuple[tuple[int, int], ...]], ...]
    """As `Pack.stretches`."""
    masks: tuple[Tensor | None, ...]
    """(stop - start, path) bool per stretch; None where plain causal attention is meant."""


def dense_mask(below: Tensor) -> Tensor:
    """(n, n) bool, True where token q (row) sees token k (column).

    Args:
        below: (n,) as `Pack.below`.
    """
    place = torch.arange(len(below), device=below.device)
    return (place[None, :] <= place[:, None]) & (place[:, None] < below[None, :])


def block_mask(below: Tensor) -> Any:
    """The same as flex_attention's BlockMask (1, 1, n, n)."""
    from torch.nn.attention.flex_attention import create_block_mask

    def sees(_batch: Tensor, _head: Tensor, q: Tensor, k: Tensor) -> Tensor:
        return (k <= q) & (q < below[k])

    n = len(below)
    compiled = below.device.type == "cuda"  # without it the whole n x n is built first
    return create_block_mask(
        sees, None, None, n, n, device=str(below.device), BLOCK_SIZE=BLOCK, _compile=compiled
    )


def stretches(pack: Pack, device: torch.device) -> Stretches:
    """The masks of a pack's stretches, made once for all layers."""
    return Stretches(
        pack.stretches,
        tuple(
            _lower_right(stop - start, sum(b - a for a, b in above), device) if above else None
            for start, stop, above in pack.stretches
        ),
    )


def _lower_right(own: int, above: int, device: torch.device) -> Tensor:
    """Causal among the last `own` of a path, all of the `above` ones seen."""
    mask = torch.ones(own, above + own, dtype=torch.bool, device=device)
    return mask.tril(diagonal=above)


def segment_attention(
    module: Any,
    query: Tensor,
    key: Tensor,
    value: Tensor,
    attention_mask: Tensor | None,
    scaling: float | None = None,
    dropout: float = 0.0,
    stretches: Stretches | None = None,
    **kwargs: Any,
) -> tuple[Tensor, None]:
    """Attention of one pack, stretch by stretch; without `stretches` transformers' own sdpa.

    Args:
        query: (1, heads, n, head size); `key`, `value`: (1, key heads, n, head size).

    Returns:
        (1, n, heads, head size), and None where transformers expects weights.
    """
    if stretches is None:
        from transformers.integrations.sdpa_attention import sdpa_attention_forward

        return sdpa_attention_forward(
            module, query, key, value, attention_mask, dropout=dropout, scaling=scaling, **kwargs
        )
    shared = query.shape[1] != key.shape[1]
    outputs = []
    for (start, stop, above), mask in zip(stretches.parts, stretches.masks, strict=True):
        outputs.append(
            scaled_dot_product_attention(
                query[:, :, start:stop],
                _path(key, start, stop, above),
                _path(value, start, stop, above),
                attn_mask=mask,
                dropout_p=dropout,
                scale=scaling,
                is_causal=mask is None,
                enable_gqa=shared,
            )
        )
    return torch.cat(outputs, dim=2).transpose(1, 2).contiguous(), None


def _path(x: Tensor, start: int, stop: int, above: tuple[tuple[int, int], ...]) -> Tensor:
    if not above:
        return x[:, :, start:stop]
    return torch.cat([x[:, :, a:b] for a, b in (*above, (start, stop))], dim=2)


def register() -> None:
    """Make our attention known to transformers; calls without stretches stay what they were."""
    from transformers import AttentionInterface, AttentionMaskInterface
    from transformers.masking_utils import sdpa_mask

    AttentionInterface.register(SEGMENTS, segment_attention)
    AttentionMaskInterface.register(SEGMENTS, sdpa_mask)


def chosen_way(wanted: str, device: torch.device) -> Way:
    """What ``packing.attention`` means on `device`."""
    if wanted == "auto":
        return "flex" if device.type == "cuda" else "segments"
    if wanted == "flex" and device.type != "cuda":
        # Reported by the caller; torch has no backward pass for it elsewhere.
        return "segments"
    assert wanted in ("segments", "dense", "flex")
    return wanted  # type: ignore[return-value]


IMPLEMENTATION = {"segments": SEGMENTS, "dense": "sdpa", "flex": "flex_attention"}
"""What transformers calls each way."""


def arguments(pack: Pack, way: Way, device: torch.device, dtype: torch.dtype) -> dict[str, Any]:
    """What a decoder is called with for one pack: ids, positions and the mask.

    With ``flex`` the pack is filled up to a multiple of `BLOCK` with tokens that see themselves
    alone and that nobody sees.
    """
    n = len(pack)
    room = -(-n // BLOCK) * BLOCK if way == "flex" else n
    filled = range(n + 1, room + 1)
    below = torch.tensor([*pack.below, *filled], device=device)
    ids = torch.tensor([*pack.ids, *(pack.ids[0] for _ in filled)], device=device)
    positions = torch.tensor([*pack.positions, *(0 for _ in filled)], device=device)
    given: dict[str, Any] = {"input_ids": ids[None], "position_ids": positions[None]}
    if way == "flex":
        return given | {"attention_mask": block_mask(below)}
    if way == "dense":
        return given | {"attention_mask": dense_mask(below)[None, None]}
    # Four dimensions keep transformers from making a causal mask that nobody would read.
    unread = torch.zeros(1, 1, 1, 1, dtype=dtype, device=device)
    return given | {"attention_mask": unread, "stretches": stretches(pack, device)}
