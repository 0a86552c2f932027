"""Marking personal information: a step ``pyarrow.Table -> pyarrow.Table``.

Source: PRISM (arXiv 2404.16019, appendix E.2), whose flag is whether scrubadub changes the text;
``method="scrubadub"`` gives that. Deviations of the default: spans and kinds are stored, so that a
person can look at the place; and a web address is marked but sets no flag unless it carries a
login. Of scrubadub's flags on real texts most were web addresses of public pages and the word "at"
(``python -m benchmarks.pii``), and PRISM's own manual check found no true one among 167.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING, Literal, TypeAlias, get_args

from manyvoices.curate.pii.adapters import presidio_finder, scrubadub_finder
from manyvoices.curate.pii.rules import DEFAULT_KINDS, rules_finder
from manyvoices.curate.pii.spans import Span

if TYPE_CHECKING:
    import pyarrow as pa

Method = Literal["rules", "scrubadub", "presidio"]

COLUMNS = ("pii_flag", "pii_spans")
"""What `annotate_pii` adds."""

FLAGGING_KINDS = frozenset(DEFAULT_KINDS) - {"url", "ip_local"}
"""Kinds that set ``pii_flag``. The others are only marked: addresses of public pages, 127.0.0.1."""

Check: TypeAlias = Callable[[str], tuple[bool, list[Span]]]
"""A text -> whether it is flagged, and the spans."""


def annotate_pii(
    table: pa.Table,
    *,
    text: str = "text",
    regions: Sequence[str] = ("GB", "US"),
    method: Method = "rules",
) -> pa.Table:
    """`table` with `COLUMNS` added: a flag, and a list of ``{kind, start, end}`` in characters.

    `regions` (ISO 3166) are those whose phone numbers are known without an international prefix.
    A text that is null gets two nulls.

    Raises:
        MissingExtraError: The method's package is not installed.
        ValueError: The method or a region is not known.
    """
    import pyarrow as pa

    check = load_check(method, regions)
    checked = [None if value is None else check(value) for value in table.column(text).to_pylist()]
    flags = [None if found is None else found[0] for found in checked]
    spans = [None if found is None else [span._asdict() for span in found[1]] for found in checked]
    span_type = pa.list_(
        pa.struct([("kind", pa.string()), ("start", pa.int64()), ("end", pa.int64())])
    )
    table = table.append_column(COLUMNS[0], pa.array(flags, pa.bool_()))
    return table.append_column(COLUMNS[1], pa.array(spans, span_type))


def load_check(method: Method = "rules", regions: Sequence[str] = ("GB", "US")) -> Check:
    """What decides on one text, kept in memory after the first call."""
    if method not in get_args(Method):
        raise ValueError(f"PII method {method!r}: known are {', '.join(get_args(Method))}")
    if method == "scrubadub":
        return scrubadub_check()
    find = presidio_finder() if method == "presidio" else rules_finder(tuple(regions))

    def check(text: str) -> tuple[bool, list[Span]]:
        spans = find(text)
        return any(span.kind in FLAGGING_KINDS for span in spans), spans

    return check


def scrubadub_check() -> Check:
    """PRISM's flag: whether ``clean`` changes the text. Spans are asked for only where it does."""
    scrubber, find = scrubadub_finder()

    def check(text: str) -> tuple[bool, list[Span]]:
        changed = scrubber.clean(text) != text
        return changed, find(text) if changed else []

    return check
