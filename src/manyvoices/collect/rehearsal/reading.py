"""Reading a page's HTML in one pass.

Like a browser with JavaScript, a bot ignores ``<noscript>`` and takes a slider's name from
``data-name``.
"""

from __future__ import annotations

import re
from html.parser import HTMLParser

from manyvoices.collect.rehearsal.answer_text import AnswerText
from manyvoices.collect.rehearsal.pages import Field, Form, SeenPage, Slot

_NOSCRIPT = re.compile(r"<noscript>.*?</noscript>", re.DOTALL)
_EVERY = re.compile(r"every\s+(\d+)ms")
_TEXT_INPUTS = {"text", "email", "search", "url", "tel"}


def read_html(html: str) -> SeenPage:
    """Read a page, or the part of one that a poll brings."""
    reader = _Reader()
    reader.feed(_NOSCRIPT.sub("", html))
    reader.close()
    return reader.result()


class _Reader(HTMLParser):
    """Collects a page in one pass."""

    def __init__(self) -> None:
        super().__init__()
        self._page = SeenPage()
        self._loose = Form(id="")
        self._form = self._loose
        self._senders: set[str] = set()
        self._optional = False
        self._question: str | None = None
        self._slot: Slot | None = None
        self._answer: AnswerText | None = None
        self._in_side = False
        self._field: Field | None = None
        self._error_of: str | None = None
        self._in: str | None = None
        self._own_place: str | None = None

    def result(self) -> SeenPage:
        if self._loose.fields or self._loose.can_send:
            self._page.forms.append(self._loose)
        # The choice of language stands on every page, and is no part of any.
        self._page.forms = [f for f in self._page.forms if "languages" not in f.classes]
        known = {form.id for form in self._page.forms}
        # A button that comes alone names a form of the page that it is put into.
        self._page.forms += [Form(id=name) for name in self._senders - known]
        for form in self._page.forms:
            form.can_send = form.can_send or (bool(form.id) and form.id in self._senders)
        return self._page

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        at = {name: value if value is not None else "" for name, value in attrs}
        classes = frozenset(at.get("class", "").split())
        if self._answer is not None:
            self._answer.start(tag, at)
        elif tag == "div" and "answer" in classes:
            self._answer = AnswerText()
        elif tag == "form":
            index = len(self._page.forms)
            self._form = Form(at.get("id", ""), index, classes, at.get("action", ""))
            self._page.forms.append(self._form)
            self._question = None
        elif tag == "input":
            self._input(at)
        elif tag == "textarea":
            self._add(Field(at.get("name", ""), "text", max_length=_number(at, "data-max-length")))
            self._form.fields[-1].multiline = True
        elif tag == "select":
            self._field = self._add(Field(at.get("name", ""), "select"))
            self._own_place = at.get("data-own-place")
        elif tag == "option":
            # In a ranking, a bot gives each line a place that it gives to no other.
            is_offered = self._own_place is None or at.get("value") == self._own_place
            if self._field is not None and at.get("value") and is_offered:
                self._field.options.append(at["value"])
        elif tag == "button" and at.get("type", "submit") == "submit":
            self._button(at)
        elif tag == "article" and "data-slot" in at:
            state = next((c[3:] for c in classes if c.startswith("is-")), "")
            self._slot = Slot(at["data-slot"], state)
            self._page.slots[self._slot.key] = self._slot
        else:
            self._mark(tag, at, classes)

    def _mark(self, tag: str, at: dict[str, str], classes: frozenset[str]) -> None:
        """Elements that say something about what comes in or after them."""
        if {"sides", "rank-cards"} & classes:
            self._page.sides.append([])
            self._form.no_ties = self._form.no_ties or "data-no-ties" in at
        elif "side" in classes or "rank-card" in classes:
            self._in_side = bool(self._page.sides)
        elif tag == "a" and {"button", "primary"} <= classes:
            self._page.way_on = at.get("href")
        elif "data-question" in at:
            self._question, self._optional = at["data-question"], False
        elif "question-label" in classes:
            self._optional = False
        elif "optional" in classes:
            self._optional = True
        elif at.get("id") == "waiting":
            self._page.poll_url = at.get("hx-get")
            if every := _EVERY.search(at.get("hx-trigger", "")):
                self._page.poll_s = int(every[1]) / 1000
        elif "error" in classes and "id" in at:
            self._error_of = at["id"].removesuffix("-error")
        elif at.get("id") == "waiting-place":
            self._page.place_url = at.get("hx-get")
        elif "receipt" in classes:
            self._page.is_done = True
        elif at.get("id") == "completion-code":
            self._in = "code"
        elif tag == "h1":
            self._in = "title"
            self._page.out = at.get("data-out")

    def _button(self, at: dict[str, str]) -> None:
        if name := at.get("form"):
            self._senders.add(name)
            return
        self._form.can_send = True
        if at.get("name"):
            self._form.buttons.append((at["name"], at.get("value", "")))
        else:
            self._form.has_plain = True

    def _input(self, at: dict[str, str]) -> None:
        kind, name = at.get("type", "text"), at.get("name", "")
        if kind == "hidden":
            if name:  # A slider's trace has no name before the slider is used.
                self._form.hidden.append((name, at.get("value", "")))
        elif kind == "range":
            limits = (_number(at, "min") or 0, _number(at, "max") or 100)
            self._add(Field(at.get("data-name", name), "range", limits=limits))
        elif "data-vas-na" in at and self._form.fields:
            self._form.fields[-1].na_name = name
        elif kind in {"radio", "checkbox"}:
            self._choice(name, kind, at)
        elif kind == "date" or "data-number" in at:
            limits = (_number(at, "data-min") or 0, _number(at, "data-max") or 100)
            self._add(Field(name, "date" if kind == "date" else "number", limits=limits))
            self._form.fields[-1].earliest = at.get("min") or at.get("max") or "2000-01-31"
        elif kind in _TEXT_INPUTS:
            self._add(Field(name, "text", max_length=_number(at, "data-max-length")))
        elif kind not in {"submit", "button", "reset"}:
            self._add(Field(name, "unknown", input_type=kind))

    def _choice(self, name: str, kind: str, at: dict[str, str]) -> None:
        found = next((f for f in self._form.fields if f.name == name), None)
        if found is None:
            found = self._add(Field(name, "radio" if kind == "radio" else "checkbox"))
        if "disabled" not in at:
            found.options.append(at.get("value", "on"))

    def _add(self, found: Field) -> Field:
        found.optional, found.question = self._optional, self._question
        found.slot = self._slot.key if self._slot is not None else None
        self._form.fields.append(found)
        return found

    def handle_endtag(self, tag: str) -> None:
        if self._answer is not None:
            self._answer.end(tag)
            if tag == "div":
                text = str(self._answer)
                self._page.answers.append(text)
                if self._in_side:
                    self._page.sides[-1].append(text)
                    self._in_side = False
                if self._slot is not None:
                    self._slot.text = text
                self._answer = None
        elif tag == "form":
            self._form = self._loose
        elif tag == "select":
            self._field = None
        elif tag == "article":
            self._slot = None
        elif tag in {"p", "h1", "code"}:
            self._error_of = self._in = None

    def handle_data(self, data: str) -> None:
        if self._answer is not None:
            self._answer.text(data)
        elif self._error_of is not None:
            said = self._page.problems.get(self._error_of, "") + data.strip()
            self._page.problems[self._error_of] = said
        elif self._in == "title":
            self._page.title += data.strip()
        elif self._in == "code":
            self._page.completion_code = (self._page.completion_code or "") + data.strip()


def _number(at: dict[str, str], name: str) -> int | None:
    text = at.get(name, "")
    return int(text) if text.lstrip("-").isdigit() else None
