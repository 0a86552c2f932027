"""What a question's view is made from, besides the question."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from manyvoices.collect.people.presenting import Posted
from manyvoices.collect.surveys.contexts import OptionView
from manyvoices.collect.views import last
from manyvoices.design.problems import Problem
from manyvoices.design.written import Option


@dataclass(frozen=True)
class Seen:
    """What a participant has of a question."""

    posted: Posted
    """What is posted, drafted or stored, as form fields."""
    order: list[str] | None
    """Options or items in the order drawn for them."""
    problem: Problem | None


def option_views(
    options: Sequence[Option], name: str, seen: Seen, *, key: str = ""
) -> list[OptionView]:
    """The options of one field, in the order drawn, those chosen marked."""
    chosen = set(seen.posted.get(name, ()))
    at = {option.value: index for index, option in enumerate(options)}
    in_order = [options[at[value]] for value in (seen.order or at)] if not key else list(options)
    return [
        OptionView(
            value=option.value,
            label=option.label,
            checked=option.value in chosen,
            input_id=f"{name}-{position}",
            text_name=f"{name}-{at[option.value]}-text" if option.text else "",
            text_value=last(seen.posted, f"{name}-{at[option.value]}-text"),
            exclusive=option.exclusive,
        )
        for position, option in enumerate(in_order)
    ]
