"""Texts of studies and models as HTML that is safe to show.

Markdown first, then an allow-list: a model's or a person's text never becomes markup of ours.
"""

from __future__ import annotations

from functools import lru_cache

import nh3
from markdown_it import MarkdownIt
from markdown_it.token import Token

_TAGS = {
    "p", "br", "hr", "em", "strong", "del", "code", "pre", "blockquote",
    "ul", "ol", "li", "table", "thead", "tbody", "tr", "th", "td",
}  # fmt: skip
# Headings inside a model's answer would tear the page's outline apart for screen readers.
_STUDY_TAGS = _TAGS | {"h2", "h3", "h4", "a"}

_answers = MarkdownIt("commonmark", {"html": False, "breaks": True}).enable(
    ["table", "strikethrough"]
)
# A file that people write is wrapped by their editor: there a line end is only a space.
_files = MarkdownIt("commonmark", {"html": False}).enable(["table", "strikethrough"])


@lru_cache(maxsize=512)
def answer_html(text: str) -> str:
    """A model's answer: no links, no images, no headings, no attributes."""
    return nh3.clean(_answers.render(text), tags=_TAGS, attributes={"ol": {"start"}})


@lru_cache(maxsize=256)
def study_html(text: str) -> str:
    """A text of the study's authors: headings and links as well."""
    if not text:
        return ""
    return nh3.clean(
        _files.renderer.render(_below_the_title(text), _files.options, {}),
        tags=_STUDY_TAGS,
        attributes={"a": {"href"}, "ol": {"start"}},
        link_rel="noopener noreferrer",
        url_schemes={"https", "http", "mailto"},
    )


def _below_the_title(text: str) -> list[Token]:
    """The text with its headings one level down where it has a title: the page has its own."""
    tokens = _files.parse(text)
    headings = [token for token in tokens if token.type in {"heading_open", "heading_close"}]
    if any(token.tag == "h1" for token in headings):
        for token in headings:
            token.tag = f"h{int(token.tag[1]) + 1}"
    return tokens
