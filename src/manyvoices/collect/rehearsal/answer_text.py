"""From an answer's HTML back to text, so that its style can be measured as it was written."""

from __future__ import annotations


class AnswerText:
    """The text of an answer, laid out as its paragraphs and lists are."""

    def __init__(self) -> None:
        self._parts: list[str] = []
        self._lists: list[int | None] = []

    def start(self, tag: str, attributes: dict[str, str]) -> None:
        if tag in {"p", "blockquote", "pre", "table"}:
            self._new_paragraph()
        elif tag in {"ol", "ul"}:
            self._new_paragraph()
            first = attributes.get("start", "1")
            self._lists.append(int(first) if tag == "ol" and first.isdigit() else None)
        elif tag == "li" and self._lists:
            number = self._lists[-1]
            self._new_line()
            self._parts.append("- " if number is None else f"{number}. ")
            self._lists[-1] = None if number is None else number + 1
        elif tag in {"br", "tr"}:
            self._new_line()

    def end(self, tag: str) -> None:
        if tag in {"ol", "ul"} and self._lists:
            self._lists.pop()

    def text(self, data: str) -> None:
        if self._lists and "\n" in data and not data.strip():
            return  # between two tags of a list
        if data.strip() or (self._parts and not self._parts[-1].endswith("\n")):
            self._parts.append(data.replace("\n", " ") if self._lists else data.strip("\n"))

    def _new_line(self) -> None:
        if self._parts and not self._parts[-1].endswith("\n"):
            self._parts.append("\n")

    def _new_paragraph(self) -> None:
        # A paragraph inside a list item stays on the item's line.
        if self._parts and not self._lists:
            self._parts.append("\n\n")

    def __str__(self) -> str:
        return "".join(self._parts).strip()
