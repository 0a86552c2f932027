"""What the pages share: one template environment, and a policy that allows their own parts alone.

Kept free of matplotlib, so that a page is made in a moment.
"""

from __future__ import annotations

import base64
import datetime as dt
from collections.abc import Mapping
from functools import cache
from hashlib import sha256
from typing import Any

from jinja2 import Environment, PackageLoader, StrictUndefined
from markupsafe import Markup, escape

from manyvoices.schema.wording import plural

MINUS = "−"


def filled(template: str, **values: Any) -> str:
    """``templates/pages/TEMPLATE`` with `values`; every text is escaped."""
    return _environment().get_template(f"pages/{template}").render(**values)


def part(name: str) -> str:
    """A style or script as it is, with the tokens that all pages share before a style."""
    source = _environment().loader
    assert source is not None
    text = source.get_source(_environment(), f"pages/{name}")[0]
    if name.endswith(".css") and name != "look.css":
        return part("look.css") + text
    return text


def alone(template: str, style: str, script: str, **values: Any) -> str:
    """A page with its style and script in it, and a policy that allows these two by their hashes
    and nothing from anywhere."""
    css, js = part(style), part(script)
    policy = (
        f"default-src 'none'; style-src {hash_of(css)}; script-src {hash_of(js)}; "
        "img-src data:; base-uri 'none'; form-action 'none'"
    )
    return filled(template, policy=policy, style=Markup(css), script=Markup(js), **values)  # noqa: S704 - our own files


def hash_of(text: str) -> str:
    """As a Content-Security-Policy names a part of a page."""
    return f"'sha256-{base64.b64encode(sha256(text.encode()).digest()).decode()}'"


def number(value: float | None, digits: int = 0) -> str:
    """``12,345`` or ``−0.42``; a dash where there is no number."""
    if value is None or value != value:
        return "–"
    text = f"{value:,.{digits}f}"
    if not text.startswith("-"):
        return text
    return text[1:] if float(text.replace(",", "")) == 0 else MINUS + text[1:]


def percent(value: float | None, digits: int = 0) -> str:
    """``12 %`` without the blank; a dash where there is no share."""
    return "–" if value is None or value != value else f"{100 * value:.{digits}f}%"


def day(written: str) -> str:
    """``3 March 2026`` of an ISO date; the text itself where it is none."""
    try:
        found = dt.datetime.fromisoformat(written)
    except ValueError:
        return written
    return f"{found.day} {found:%B %Y}"


def breakable(name: str) -> Markup:
    """A name that may break after each slash: browsers else break it anywhere, or nowhere."""
    return Markup("/<wbr>").join(escape(piece) for piece in name.split("/"))


_FILTERS: Mapping[str, Any] = {
    "breakable": breakable,
    "number": number,
    "percent": percent,
    "day": day,
    "plural": plural,
}


@cache
def _environment() -> Environment:
    environment = Environment(
        loader=PackageLoader("manyvoices.report"),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    environment.filters.update(_FILTERS)
    return environment
