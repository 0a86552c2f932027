"""Handmade contexts for the ranking page: ordinary, many and very long, with errors."""

from __future__ import annotations

import json
from collections.abc import Sequence

from manyvoices.collect.texts import answer_html, study_html
from manyvoices.collect.trees.contexts import Reason, Said, TaskFrame
from manyvoices.collect.trees.ranking_contexts import FlagView, RankPage, ReplyView

_FLAGS = {
    "wrong": "It is wrong",
    "unsafe": "It is unsafe",
    "spam": "It is spam",
    "cannot_judge": "I cannot judge whether it is right",
}
_PLACES = ("first", "second", "third", "fourth", "fifth", "sixth")
SHORT = (
    "Because the earth **pulls** them.",
    "They are ripe, and their stalks let go:\n\n1. first they wither,\n2. then they fall.",
    "I do not know.",
)
LONG = tuple(text + "\n\n" + "And that has a long story. " * 120 for text in SHORT) + SHORT
ARABIC = ("بسبب الجاذبية.", "Newton قال إن الأرض تجذبها.")


def _said(number: int, role: str, text: str, lang: str) -> Said:
    side = "rtl" if lang == "ar" else "ltr"
    who = role.capitalize()
    return Said(
        f"m{number}", who, role, lang, side, answer_html(text), sources=[], may_report=False
    )


def _reply(i: int, text: str, lang: str, place: str = "", error: str = "") -> ReplyView:
    key, letter = f"m{i + 1}", "ABCDEF"[i]
    flags = [FlagView(n, words, f"flag-{key}-{n}", n == "wrong") for n, words in _FLAGS.items()]
    return ReplyView(
        said=_said(i + 1, "assistant", text, lang),
        letter=letter,
        name=f"Reply {letter}",
        field=f"place-{key}",
        flag_field=f"flag-{key}",
        place=place,
        flags=flags,
        error=error,
    )


def rank_page(
    texts: Sequence[str] = SHORT,
    *,
    lang: str = "en",
    prompt: str = "Why do apples fall?",
    errors: dict[str, str] | None = None,
    is_asked_back: bool = False,
) -> RankPage:
    """A ranking page with replies of these texts."""
    errors = errors or {}
    replies = [
        _reply(i, text, lang, error=errors.get(f"place-m{i + 1}", ""))
        for i, text in enumerate(texts)
    ]
    frame = TaskFrame(
        task="t1",
        kind="rank_assistant_replies",
        title="Put replies of the assistant in order",
        asked="",
        lang=lang,
        dir="rtl" if lang == "ar" else "ltr",
        language_name="العربيّة" if lang == "ar" else "English",
        thread=[_said(0, "prompter", prompt, lang)],
        guidelines=study_html("Write as you would to a friend who knows a lot."),
        skip_reasons=[Reason("time", "It takes too long"), Reason("other", "Another reason")],
        expired=False,
        keep_url="/s/garden/trees/task/t1/keep/",
        keep_every=60,
        skip_url="/s/garden/trees/task/t1/skip/",
    )
    return RankPage(
        frame=frame,
        replies=replies,
        question="Read all replies to the last message. Which is the best, which comes next?",
        places=list(range(1, len(texts) + 1)),
        place_words=json.dumps(_PLACES[: len(texts)]),
        moved="",
        all_bad=False,
        is_asked_back=is_asked_back,
        draft_url="/s/garden/draft/sample/",
        draft_saved_at=None,
        errors=errors,
    )


RANK_PAGES = {
    "rank": rank_page(),
    "rank-long": rank_page(LONG),
    "rank-asked-back": rank_page(is_asked_back=True),
    "rank-errors": rank_page(
        errors={"order": "Put at least two replies in order, or say that all of them are bad."}
    ),
    "rank-arabic": rank_page(ARABIC, lang="ar", prompt="لماذا يسقط التفاح؟"),
}
"""Name of the sample -> its page; shown by ``trees/rank.html`` without a progress line."""
