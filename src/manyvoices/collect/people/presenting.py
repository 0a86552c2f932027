"""From rules and posted values to sliders on a page; shared by surveys and conversations."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence

from manyvoices.collect.people.contexts import SliderView
from manyvoices.design.questions import Attributes, Item, Vas
from manyvoices.design.traces import MAX_LENGTH, SUFFIX, last_place

Posted = Mapping[str, Sequence[str]]


def whole_number(values: Sequence[str] | None, limits: tuple[int, int]) -> int | None:
    """A posted or drafted scale value, None where it is none: shown as untouched then."""
    text = values[-1].strip() if values else ""
    if text.isascii() and text.isdigit() and limits[0] <= int(text) <= limits[1]:
        return int(text)
    return None


def trace_text(posted: Posted, name: str) -> str:
    """A slider's trace as it came, to be carried on by the page that is shown again."""
    return (posted.get(name + SUFFIX) or [""])[-1][:MAX_LENGTH]


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
    na_checked = block.not_applicable and any(posted.get(f"{name}-na", ()))
    value = whole_number(posted.get(name), block.range)
    if value is None and na_checked:
        value = last_place(posted, name, block.range)
    return SliderView(
        name=name,
        label=item.label,
        low=block.anchors[0],
        high=block.anchors[1],
        minimum=block.range[0],
        maximum=block.range[1],
        input_id=name,
        value=value,
        na_name=f"{name}-na" if block.not_applicable else None,
        na_checked=na_checked,
        error=error,
        trace=trace_text(posted, name),
        text_name=f"{name}-text" if item.text else "",
        text_value=(posted.get(f"{name}-text") or [""])[-1],
    )
