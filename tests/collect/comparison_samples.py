"""Handmade contexts for the pages of comparisons: (template, page, language) by name."""

from __future__ import annotations

import json
from dataclasses import replace
from typing import Any

from manyvoices.collect.comparisons.arena_contexts import ArenaPage, MessageBox, WaitingView
from manyvoices.collect.comparisons.contexts import (
    AwaitPage,
    CardView,
    ChoiceView,
    Earlier,
    ExchangeView,
    FollowingPage,
    Header,
    JudgePage,
    NamedSide,
    NamesPage,
    ReasonsView,
    SideView,
    TagView,
)
from manyvoices.collect.texts import answer_html, study_html

DRAFT_URL = "/s/garden/draft/sample/"
GUIDANCE = "Think of somebody who asks this at home.\n\n- Is it **right**?\n- Can they use it?"
HEADER = Header("Which answer is better?", study_html(GUIDANCE), 3, 10)
PROMPT = "My bread does not rise. What am I doing wrong?"
SHORT = "Your yeast is probably old. Stir a spoon of it into warm water with a pinch of sugar: it "
SHORT += "should foam within ten minutes."
LIST = (
    "There are three usual reasons:\n\n1. **Old yeast.** Test it in warm water.\n"
    "2. **Too cold a room.** 26 °C is good.\n3. **Too much salt** beside the yeast.\n\n"
    "> Put the dough near the oven, not into it.\n\n```\nflour 500 g\nwater 330 g\n```"
)
LONG = "\n\n".join([LIST, SHORT] * 4) + "\n\n" + "averyverylongwordwithoutanybreak" * 5
ARABIC_PROMPT = "خبزي لا ينتفخ. ما الخطأ الذي أرتكبه؟"
ARABIC = "ربما تكون الخميرة قديمة.\n\n- ضعها في ماء دافئ.\n- انتظر عشر دقائق."


def sides(*texts: str, word: str = "Answer") -> list[SideView]:
    return [
        SideView(i, "ABCDE"[i], f"{word} {'ABCDE'[i]}", answer_html(text))
        for i, text in enumerate(texts)
    ]


def choices(*labels: str, checked: int | None = None) -> list[ChoiceView]:
    values = ["0", "1", "tie", "all_bad", "cannot_judge"]
    return [
        ChoiceView(value, label, f"verdict-{i}", 0 if i == 4 else i + 1, i == checked)
        for i, (value, label) in enumerate(zip(values, labels, strict=True))
    ]


WORDS = (
    "Answer A is better",
    "Answer B is better",
    "They are equally good",
    "Both are bad",
    "I cannot judge this",
)
TAGS = ["It is right", "It is easier to follow", "It says no more than it must", "It is kinder"]
REASONS = ReasonsView(
    "Why?",
    [TagView(f"t{i}", label, f"reason-{i}", i == 1) for i, label in enumerate(TAGS)],
    asks_text=True,
    is_required=False,
    text="",
    max_length=2000,
)
NO_REASONS = replace(REASONS, tags=[], asks_text=False)
JUDGE = JudgePage(
    header=HEADER,
    earlier=[],
    exchanges=[ExchangeView(PROMPT, sides(SHORT, LIST))],
    lang="en",
    is_own=False,
    choices=choices(*WORDS),
    cards=[],
    places=[],
    place_words="[]",
    moved="",
    offers_tie=True,
    offers_all_bad=True,
    offers_cannot_judge=True,
    all_bad=False,
    cannot_judge=False,
    is_asked_back=False,
    reasons=REASONS,
    draft_url=DRAFT_URL,
    draft_saved_at=None,
)
RANK = replace(
    JUDGE,
    header=replace(HEADER, question="Which is the best, which comes next?"),
    choices=[],
    exchanges=[ExchangeView(PROMPT, sides(SHORT, LIST, "Try again tomorrow."))],
    cards=[
        CardView(side, f"place-{side.position}", "")
        for side in sides(SHORT, LIST, "Try again tomorrow.")
    ],
    places=[1, 2, 3],
    place_words=json.dumps(["first", "second", "third"]),
    reasons=NO_REASONS,
)
ARABIC_JUDGE = replace(
    JUDGE,
    header=Header("أي الإجابتين أفضل؟", study_html("فكر فيمن يسأل هذا في بيته."), 3, 10),
    lang="ar",
    exchanges=[ExchangeView(ARABIC_PROMPT, sides(ARABIC, ARABIC, word="الإجابة"))],
    choices=choices(
        "الإجابة A أفضل", "الإجابة B أفضل", "كلتاهما جيدة", "كلتاهما سيئة", "لا أستطيع الحكم"
    ),
    reasons=NO_REASONS,
)
AWAIT = AwaitPage(
    HEADER, [], PROMPT, "en", asked=2, settled=1, is_waiting=True, progress_url="/p/?have=1"
)
FOLLOWING = FollowingPage(
    HEADER, 2, is_first=True, has_failed=False, is_arena=False, may_end=False, number=1
)
NAMES = NamesPage(
    replace(HEADER, number=4),
    [NamedSide("Answer A", "garden-large-2", True), NamedSide("Answer B", "kitchen/mini", False)],
    verdict="choice",
    stage=2,
    next_number=4,
)
BOX = MessageBox("", 0, DRAFT_URL, 4000, messages_left=6, messages_before_verdict=1)
ARENA = ArenaPage(replace(HEADER, guidance=""), [], 2, message=BOX)
TALKED = [
    ExchangeView(PROMPT, sides(SHORT, LIST)),
    ExchangeView("And if it is new?", sides(LIST, SHORT)),
]
ARENA_JUDGE = replace(
    ARENA,
    exchanges=TALKED,
    judge=replace(JUDGE, exchanges=TALKED, is_own=True, lang=""),
    message=replace(BOX, index=2, messages_left=4, messages_before_verdict=0),
)
PAGES: dict[str, tuple[str, Any, str]] = {
    "compare": ("comparisons/judge.html", JUDGE, "en"),
    "compare-plain": (
        "comparisons/judge.html",
        replace(JUDGE, header=replace(HEADER, guidance=""), reasons=NO_REASONS),
        "en",
    ),
    "compare-errors": (
        "comparisons/judge.html",
        replace(
            JUDGE,
            reasons=replace(REASONS, is_required=True),
            errors={
                "verdict-0": "Please say which answer is better.",
                "reason-text": "Please write something.",
            },
        ),
        "en",
    ),
    "compare-long": (
        "comparisons/judge.html",
        replace(
            JUDGE,
            earlier=[Earlier(True, "I bake on Sundays.", ""), Earlier(False, "", "<p>Good.</p>")],
            exchanges=[ExchangeView("And " * 90 + "so?", sides(LONG, SHORT))],
            choices=choices(*WORDS, checked=2),
        ),
        "en",
    ),
    "compare-arabic": ("comparisons/judge.html", ARABIC_JUDGE, "ar"),
    "compare-rank": ("comparisons/judge.html", RANK, "en"),
    "compare-rank-errors": (
        "comparisons/judge.html",
        replace(
            RANK,
            cards=[replace(RANK.cards[0], error="Choose a number from 1 up."), *RANK.cards[1:]],
            errors={"place-0": "Choose a number from 1 up."},
        ),
        "en",
    ),
    "compare-rank-asked": (
        "comparisons/judge.html",
        replace(RANK, is_asked_back=True, moved="0"),
        "en",
    ),
    "compare-rank-rtl": (
        "comparisons/judge.html",
        replace(RANK, lang="ar", exchanges=[ExchangeView(ARABIC_PROMPT, sides(*[ARABIC] * 3))]),
        "ar",
    ),
    "compare-waiting": ("comparisons/waiting.html", AWAIT, "en"),
    "compare-late": ("comparisons/waiting.html", replace(AWAIT, is_waiting=False), "en"),
    "compare-first": ("comparisons/following.html", FOLLOWING, "en"),
    "compare-failed": (
        "comparisons/following.html",
        replace(FOLLOWING, is_first=False, has_failed=True, number=4),
        "en",
    ),
    "compare-names": ("comparisons/names.html", NAMES, "en"),
    "compare-names-last": (
        "comparisons/names.html",
        replace(NAMES, next_number=None, verdict="tie"),
        "ar",
    ),
    "arena-first": (
        "comparisons/following.html",
        replace(FOLLOWING, is_arena=True),
        "en",
    ),
    "arena-may-end": (
        "comparisons/following.html",
        replace(FOLLOWING, is_arena=True, is_first=False, may_end=True, number=11),
        "en",
    ),
    "arena-opening": ("comparisons/arena_talk.html", ARENA, "en"),
    "arena-opening-errors": (
        "comparisons/arena_talk.html",
        replace(ARENA, errors={"prompt": "Please write something first."}),
        "en",
    ),
    "arena-waiting": (
        "comparisons/arena_talk.html",
        replace(
            ARENA,
            message=None,
            unanswered=PROMPT,
            waiting=WaitingView(2, 0, "/p/?have=0", 1000),
        ),
        "en",
    ),
    "arena-failed": (
        "comparisons/arena_talk.html",
        replace(ARENA, message=None, unanswered=PROMPT, has_failed=True),
        "en",
    ),
    "arena-judge": ("comparisons/arena_talk.html", ARENA_JUDGE, "en"),
    "arena-judge-rtl": ("comparisons/arena_talk.html", ARENA_JUDGE, "ar"),
}
