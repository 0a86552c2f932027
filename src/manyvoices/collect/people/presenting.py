"""From rules and posted values to sliders on a page; shared by surveys and conversations."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence

from manyvoices.collect.people.contexts import SliderView
from manyvoices.design.questions import Attributes, Item, Vas

Posted = Mapping[str, Sequence[str]]


def whole_number(values: Sequence[str] | None, limits: tuple[int, int]) -> int | None:
    """A posted or drafted scale value, None where it is none: shown as untouched then."""
    text = values[-1].strip() if values else ""
    if text.isascii() and text.isdigit() and limits[0] <= int(text) <= limits[1]:
        return int(text)
    return None


def sliders(
    block: Vas | Attributes,
    prefix: str,
    posted: Posted,
    *,
    order: Sequence[str] | None,
    error_of: Callable[[str], str | None],
) -> list[SliderView]:
    """The scales of a question or block, in the order this person sees."""
    items = {item.id: item for item in block.items}
    return [
        _slider(block, items[item_id], prefix, posted, error_of(item_id))
        for item_id in (order or list(items))
    ]


def _slider(
    block: Vas | Attributes, item: Item, prefix: str, posted: Posted, error: str | None
) -> SliderView:
    name = f"{prefix}-{item.id}"
    return SliderView(
        name=name,
        label=item.label,
        low=block.anchors[0],
        high=block.anchors[1],
        minimum=block.range[0],
        maximum=block.range[1],
        input_id=name,
        value=whole_number(posted.get(name), block.range),
        na_name=f"{name}-na" if block.not_applicable else None,
        na_checked=any(posted.get(f"{name}-na", ())),
        error=error,
    )
