"""Made-up releases analysed and rendered, and a reader of the pages that come out."""

from __future__ import annotations

from dataclasses import replace
from html.parser import HTMLParser
from typing import Any

from tests.analyse.releases import Plan, make_table

from manyvoices.analyse.resampling import Resampling
from manyvoices.analyse.study_report import ReleaseAnalysis, analyse_release
from manyvoices.analyse.table import ReleaseTable
from manyvoices.report import Report, build_report, provenance

DRAWN = Resampling(n_resamples=40)


class Page(HTMLParser):
    """What a page holds: its visible text, its elements, its styles."""

    def __init__(self, html: str) -> None:
        super().__init__(convert_charrefs=True)
        self.elements: list[tuple[str, dict[str, str | None]]] = []
        self.text = ""
        self.styles = ""
        self._in: list[str] = []
        self.feed(html)
        self.text = " ".join(self.text.split())

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.elements.append((tag, dict(attrs)))
        if tag in ("style", "title"):
            self._in.append(tag)

    def handle_endtag(self, tag: str) -> None:
        if self._in and self._in[-1] == tag:
            self._in.pop()

    def handle_data(self, data: str) -> None:
        if self._in[-1:] == ["style"]:
            self.styles += data
        else:
            self.text = f"{self.text} {data}" if data.strip() else self.text

    def tags(self, name: str) -> list[dict[str, str | None]]:
        return [attributes for tag, attributes in self.elements if tag == name]


def analysed(plan: Plan | None = None, **changes: Any) -> ReleaseAnalysis:
    table: ReleaseTable = replace(make_table(plan or Plan()), **changes)
    return analyse_release(table, resampling=DRAWN)


def reported(result: ReleaseAnalysis) -> Report:
    return build_report(result, provenance("made-up", DRAWN, ()))
