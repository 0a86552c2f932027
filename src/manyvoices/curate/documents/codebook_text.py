"""A codebook as Markdown, as LaTeX after appendix V of the PRISM paper, and as JSON."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import msgspec

from manyvoices.curate.documents.codebook_entries import Codebook, Entry
from manyvoices.curate.documents.latex import PREAMBLE, escape
from manyvoices.curate.documents.markdown import cell, code, quote

CODEBOOK_VERSION = 1
LEGEND = (
    "Category: direct = given by a person or a model; constructed = made from that;"
    " meta = about it; NA = holds other variables. N counts rows, or values where a record holds"
    " several."
    " Of free text only the length is given, never a word."
)


def codebook_json(codebook: Codebook, title: str) -> str:
    """For programs: every entry with all its fields."""
    document = {"codebook": CODEBOOK_VERSION, "title": title, "variables": codebook.entries}
    return msgspec.json.format(msgspec.json.encode(document), indent=1).decode() + "\n"


def codebook_markdown(codebook: Codebook, title: str) -> str:
    """For readers: one section for each file, one paragraph for each variable."""
    lines = [f"# Codebook: {title}", "", LEGEND, ""]
    for file, entries in codebook.files().items():
        lines += [f"## {code(file)}", "", *_contents(entries), ""]
        for entry in entries:
            lines += [*_paragraph(entry), ""]
    return "\n".join(lines).rstrip() + "\n"


def _contents(entries: list[Entry]) -> Iterator[str]:
    yield "| variable | label | category | type | N | missing | unique |"
    yield "|---|---|---|---|---:|---:|---:|"
    for e in entries:
        counts = " | ".join(_count(n) for n in (e.n, e.n_missing, e.n_unique))
        yield f"| {cell(code(e.variable))} | {cell(e.label)} | {e.category} | {e.type} | {counts} |"


def _paragraph(entry: Entry) -> Iterator[str]:
    yield f"### {code(entry.variable)}"
    yield ""
    counts = f"N = {_count(entry.n)}"
    if entry.n_missing is not None:
        counts += f", missing {_count(entry.n_missing)}, unique {_count(entry.n_unique)}"
    stop = "" if entry.label.endswith(("?", ".", "…", "!")) else "."
    yield f"{cell(entry.label)}{stop} *{entry.category}, {entry.type}*; {counts}."
    if entry.question_text not in ("", entry.label):
        yield ""
        yield from quote(entry.question_text)
    if entry.distribution:
        yield ""
        yield from _distribution(entry.distribution)
    if entry.notes:
        yield ""
        yield cell(entry.notes)


def _distribution(shown: dict[str, Any]) -> Iterator[str]:
    if "parts" in shown:
        yield "| key | what it says | missing | values |"
        yield "|---|---|---:|---|"
        for key, part in shown["parts"].items():
            rest = {k: v for k, v in part.items() if k not in {"label", "missing"}}
            label, missing = cell(str(part.get("label", ""))), _count(part["missing"])
            yield f"| {cell(code(key))} | {label} | {missing} | {cell(in_line(rest))} |"
    elif all(isinstance(value, int) for value in shown.values()):
        yield "| value | count |"
        yield "|---|---:|"
        yield from (f"| {cell(value)} | {_count(count)} |" for value, count in shown.items())
    else:
        yield cell(in_line(shown)) + "."


def in_line(shown: dict[str, Any]) -> str:
    """A distribution on one line: ``mean 3.4, std 1.6, min 2, max 22``."""
    return ", ".join(f"{name} {_number(value)}" for name, value in shown.items())


def _number(value: Any) -> str:
    if value is None:
        return "none"
    return f"{value:,.1f}".removesuffix(".0") if isinstance(value, float) else _count(value)


def _count(value: Any) -> str:
    if value is None:
        return ""
    return f"{value:,}" if isinstance(value, int) else str(value)


def codebook_latex(codebook: Codebook, title: str) -> str:
    """For papers: one table for each file, laid out as in PRISM's appendix."""
    lines = [PREAMBLE, rf"\title{{Codebook: {escape(title)}}}", r"\date{}", r"\begin{document}"]
    lines += [r"\maketitle", escape(LEGEND), ""]
    for file, entries in codebook.files().items():
        lines += [rf"\section{{{escape(file)}}}", r"\small"]
        lines += [r"\begin{longtable}{@{}r p{4.2cm} p{6.2cm} p{2.2cm} p{2cm}@{}}", r"\hline"]
        lines += [r" & VARIABLE & LABEL & CATEGORY & TYPE \\ \hline \endhead"]
        for number, entry in enumerate(entries, start=1):
            lines += _rows(number, entry)
        lines += [r"\end{longtable}", ""]
    return "\n".join([*lines, r"\end{document}", ""])


def _rows(number: int, entry: Entry) -> Iterator[str]:
    name = breakable(entry.variable)
    cells = (name, *map(escape, (entry.label, entry.category, entry.type)))
    yield f"{number} & " + " & ".join(cells) + r" \\*"
    if entry.question_text:
        yield _wide("Question text: " + entry.question_text)
    for label, value in (("N Missing", entry.n_missing), ("N Unique", entry.n_unique)):
        if value is not None:
            yield _pair(f"{label}:", _count(value))
    distribution: dict[str, Any] = entry.distribution
    for key, value in distribution.get("parts", {}).items():
        shown = {k: v for k, v in value.items() if k != "label"}
        yield _pair(f"{key} {value.get('label', '')}".strip(), in_line(shown))
    if "parts" not in distribution:
        for key, value in distribution.items():
            yield _pair(key, _number(value))
    if entry.notes:
        yield _wide("Notes: " + entry.notes)
    yield r"\hline"


def breakable(name: str) -> str:
    """A variable's name in type of one width, with places at which a line may end."""
    code_ = escape(name)
    for mark in (r"\_", ".", "]"):
        code_ = code_.replace(mark, mark + r"\allowbreak{}")
    return rf"\texttt{{{code_}}}"


def _wide(text: str) -> str:
    return rf" & \multicolumn{{4}}{{p{{15cm}}}}{{{escape(text)}}} \\*"


def _pair(label: str, value: str) -> str:
    return (
        rf" & \multicolumn{{2}}{{p{{10.6cm}}}}{{\raggedleft {escape(label)}}}"
        rf" & \multicolumn{{2}}{{p{{4.4cm}}}}{{{escape(value)}}} \\*"
    )
