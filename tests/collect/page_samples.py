"""Handmade contexts for every participant page: ordinary, empty, very long, right-to-left."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from typing import Any

from tests.collect.comparison_samples import PAGES as COMPARISON_PAGES

from manyvoices.collect.conversations.contexts import (
    AttributesPage,
    BlockView,
    ChoosePage,
    ConversationHeader,
    Exchange,
    FeedbackPage,
    OpeningPage,
    ReplyPage,
    Slot,
    TurnPage,
    TypeOption,
)
from manyvoices.collect.people.contexts import (
    ConsentPage,
    DemoNotes,
    DonePage,
    HomePage,
    Progress,
    SliderView,
    StudyLink,
)
from manyvoices.collect.people.contexts_rights import (
    ConsentAgainPage,
    ErasedPage,
    MyDataPage,
    PlacePage,
    WaitingPage,
)
from manyvoices.collect.surveys.contexts import OptionView, QuestionView, RowView, SurveyPageView
from manyvoices.collect.texts import answer_html, study_html


@dataclass(frozen=True)
class Named:
    """What templates use of a study or a participant."""

    id: str
    title: str = ""


STUDY = Named(id="garden", title="What makes a good answer?")
ARABIC_STUDY = Named(id="garden", title="ما الذي يجعل الإجابة جيدة؟")
PARTICIPANT = Named(id="5b0a6a1e-7d53-4d0c-9a53-2f2f5b9f7d11")
DRAFT_URL = "/s/garden/draft/sample/"


@dataclass(frozen=True)
class Sample:
    """One page to render."""

    template: str
    page: Any
    study: Named | None = STUDY
    progress: Progress | None = field(default_factory=lambda: Progress(2, 9, "Step 3 of 9"))
    language: str = "en"

    @property
    def context(self) -> dict[str, Any]:
        return {
            "page": self.page,
            "study": self.study,
            "participant": PARTICIPANT,
            "progress": self.progress,
        }


CONSENT = """
We would like to know what people think of the answers that language models give. You talk with
several models, say how good each answer is, and tell us why.

## What you will do

1. Answer two pages of questions about yourself. You may leave any of them out.
2. Have **three conversations** of about five minutes each.

## What happens to it

Your answers are stored without your name. They may be published for research, so please do not
write anything that could tell others who you are.

## Whom to ask

Write to the [study team](mailto:team@example.org). Stopping at any time has no disadvantage.
"""

ANSWERS = {
    "plain": "Tomatoes like it warm. Put them where the sun reaches them for six hours a day, and "
    "water the soil rather than the leaves.",
    "list": "Here is what usually goes wrong:\n\n1. **Too much water.** The roots need air as "
    "well.\n2. **Too little light.** A window to the north is not enough.\n3. **Cold nights.** "
    "Below ten degrees they stop growing.\n\nIf the leaves turn yellow from below, it is nearly "
    "always the first.\n\n> When in doubt, wait a day before you water.",
    "code": "You can keep a small record:\n\n```\nfor day in range(30):\n    print(day, "
    "moisture_of_the_soil_measured_at_the_depth_of_a_finger(day), 'enough' if day % 3 else 'water')"
    "\n```\n\n| day | water |\n|---|---|\n| Monday | a litre |\n| Thursday | half a litre |\n\nSee "
    "also `averyveryverylongwordwithoutanybreakthatwouldotherwiseleavethecolumnonasmallphone`.",
    "short": "Yes.",
    "arabic": "تحتاج الطماطم إلى الدفء والضوء.\n\n- ضعها في مكان مشمس.\n- اسق التربة لا الأوراق، "
    "وانتظر حتى يجف سطحها قبل أن تسقيها مرة أخرى.",
}
ANSWERS["long"] = "\n\n".join([ANSWERS["list"], ANSWERS["plain"]] * 5)

PROMPT = "My tomatoes on the balcony look sad. What am I doing wrong?"
ARABIC_PROMPT = "تبدو الطماطم على شرفتي حزينة. ما الخطأ الذي أرتكبه؟"


def slider(name: str, label: str, **changes: Any) -> SliderView:
    base = SliderView(
        name=name, label=label, low="Terrible", high="Perfect", minimum=1, maximum=100,
        input_id=name,
    )  # fmt: skip
    return replace(base, **changes)


def slot(position: int, answer: str | None, **changes: Any) -> Slot:
    label = f"Answer {'ABCD'[position]}"
    if answer is None:
        return replace(Slot(str(position), label, "waiting"), **changes)
    name = f"score-{position}"
    view = slider(name, label)
    return replace(
        Slot(str(position), label, "answered", answer_html(ANSWERS[answer]), view), **changes
    )


HEADER = ConversationHeader(
    type_label="Anything you like",
    guidance=study_html("Ask, request or talk about whatever you like, as you would at home."),
    number=2,
    total=3,
)
TURN = TurnPage(
    header=HEADER,
    transcript=[],
    prompt=PROMPT,
    slots=[slot(0, "plain"), slot(1, "list"), slot(2, "short"), slot(3, "code")],
    turn=0,
    is_waiting=False,
    progress_url="/s/garden/talk/1/2/progress/?have=0",
    draft_url=DRAFT_URL,
)
WAITING = replace(
    TURN, is_waiting=True, slots=[slot(0, "plain"), slot(1, None), slot(2, None), slot(3, "code")]
)
TRANSCRIPT = [
    Exchange(PROMPT, answer_html(ANSWERS["list"])),
    Exchange("They stand in the sun.\nShould I cut them?", answer_html(ANSWERS["plain"])),
]


def options(name: str, labels: list[str], checked: tuple[int, ...] = ()) -> list[OptionView]:
    return [
        OptionView(label, label, index in checked, f"{name}-{index}")
        for index, label in enumerate(labels)
    ]


def question(kind: str, id: str, label: str, **changes: Any) -> QuestionView:
    base = QuestionView(id=id, kind=kind, label=label, help="", required=True, name=f"q-{id}")
    return replace(base, **changes)


USES = ["Every day", "Every week", "Less often", "Never"]
SURVEY = SurveyPageView(
    title="You and language models",
    intro_html=study_html("There are no right or wrong answers here."),
    number=1,
    of=2,
    stage=1,
    index=0,
    draft_url=DRAFT_URL,
    errors={},
    questions=[
        question("single", "use", "How often do you use one?", options=options("q-use", USES)),
        question(
            "multiple", "why", "What for?", required=False,
            help="Think of the *last month*.",
            options=options("q-why", ["Work", "School", "Company", "Nothing in particular"], (0,)),
            visible_if_json='{"question": "use", "not_in": ["Never"]}',
        ),
        question(
            "text", "else", "What do you use instead?", required=False, visible=False,
            visible_if_json='{"question": "use", "equals": "Never"}',
        ),
        question(
            "single", "country", "Where do you live?", style="select",
            options=options("q-country", ["Chile", "Kenya", "Norway", "Prefer not to say"]),
        ),
        question(
            "text", "ideal", "What should a good assistant be like?", multiline=True,
            max_length=600, required=False, placeholder="In two or three sentences",
            guidance=study_html("Say it in your own words; anything goes."),
        ),
        question(
            "vas", "values", "How important is it to you that an assistant …", items=[
                slider("q-values-facts", "… gets the facts right?", low="Not at all important",
                       high="Very important", na_name="q-values-facts-na"),
                slider("q-values-warm", "… is warm and friendly?", low="Not at all important",
                       high="Very important", na_name="q-values-warm-na", value=72),
                slider("q-values-safe", "… refuses dangerous requests, even where I find them "
                       "harmless?", low="Not at all important", high="Very important",
                       na_name="q-values-safe-na", na_checked=True),
            ],
        ),
        question("info", "note", "", html=study_html("**Thank you.** One more page follows.")),
    ],
)  # fmt: skip

AGREEMENT = ["Strongly disagree", "Disagree", "Neither", "Agree", "Strongly agree"]
KINDS = replace(
    SURVEY,
    title="Every kind of question",
    number=2,
    index=1,
    back_url="/s/garden/survey/1/0/",
    is_changed=True,
    questions=[
        question(
            "likert", "trust", "I trust what language models tell me.",
            options=options("q-trust", AGREEMENT, (3,)), style="points",
        ),
        question(
            "matrix", "uses", "How often do you use one for each of these?", style="matrix", rows=[
                RowView(f"For {word}", f"q-uses-{word}",
                        options(f"q-uses-{word}", ["Never", "Sometimes", "Often"], (at,)))
                for at, word in enumerate(["work", "school", "fun"])
            ],
        ),
        question(
            "multiple", "tasks", "What do you use it for?", style="checkboxes", options=[
                *options("q-tasks", ["Letters", "Recipes"]),
                OptionView("none", "None of these", False, "q-tasks-2", exclusive=True),
                OptionView("other", "Something else", True, "q-tasks-3", "q-tasks-3-text",
                           "Naming my goats"),
            ],
        ),
        question("number", "hours", "How many hours a week?", unit="hours", value="3",
                 minimum="0", maximum="168"),
        question("date", "since", "Since when?", required=False, value="2024-05-01",
                 maximum="2026-11-21"),
        question(
            "country", "born", "Where were you born?", style="select",
            options=options("q-born", ["Åland Islands", "Chile", "Kenya", "Prefer not to say"]),
        ),
        question(
            "ranking", "wishes", "What matters most? Put these in order.", style="places", options=[
                replace(option, input_id=f"q-wishes-{at}", place=place)
                for at, (option, place) in enumerate(
                    zip(options("q-wishes", ["That it is right", "That it is kind",
                                             "That it is quick"]), ["2", "1", ""], strict=True)
                )
            ],
        ),
        question("text", "more", "Say more", multiline=True, required=False, max_length=600,
                 words_hint="About 30 to 100 words would be good."),
    ],
)  # fmt: skip

_ERROR = "Please answer this question."
SURVEY_ERRORS = replace(
    SURVEY,
    errors={
        "q-use-0": f"How often do you use one?: {_ERROR}",
        "q-country": f"Where do you live?: {_ERROR}",
        "q-values-facts": "How important is it to you that an assistant …: Please rate every line.",
    },
    questions=[
        replace(q, error=_ERROR) if q.id in ("use", "country") else
        replace(q, error="Please rate every line.", items=[
            replace(q.items[0], error="Please rate every line."), *q.items[1:]
        ]) if q.id == "values" else q
        for q in SURVEY.questions
    ],
)  # fmt: skip

CHOOSE = ChoosePage(
    number=2,
    total=3,
    options=[
        TypeOption("free", "Anything you like", HEADER.guidance, 1, 2, "type-0"),
        TypeOption(
            "values", "Something that matters to you",
            study_html("Talk about your values, your faith, or what you find right and wrong."),
            1, 1, "type-1",
        ),
        TypeOption(
            "disputed", "Something people disagree about",
            study_html("Talk about something on which people around you do not agree."),
            0, 1, "type-2",
        ),
    ],
)  # fmt: skip


def _block(name: str, opener: str, labels: list[str], **changes: Any) -> BlockView:
    items = [
        slider(
            f"{name}-{index}", label, low="Not at all", high="Very much",
            na_name=f"{name}-{index}-na", **changes,
        )
        for index, label in enumerate(labels)
    ]  # fmt: skip
    return BlockView(name, opener, items)


ATTRIBUTES = AttributesPage(
    header=HEADER,
    prompt=PROMPT,
    best_html=answer_html(ANSWERS["list"]),
    draft_url=DRAFT_URL,
    blocks=[
        _block("performance", "The answer", ["was easy to follow.", "kept to the facts.",
               "was the kind of answer that I would pass on to a neighbour."]),
        _block("choice", "I preferred it because it", ["was shorter than the others.",
               "was friendlier."], value=30),
    ],
)  # fmt: skip

REPLY = ReplyPage(
    header=HEADER, transcript=TRANSCRIPT, text="", turn=2, draft_url=DRAFT_URL, max_length=4000,
    may_finish=True, must_finish=False, turns_before_finish=0,
)  # fmt: skip

FEEDBACK = FeedbackPage(
    header=HEADER,
    question="What would have made this conversation better for you?",
    help_html=study_html("Anything that comes to mind."),
    text="",
    draft_url=DRAFT_URL,
    max_length=2000,
    required=False,
)

DONE = DonePage(
    code="GARDEN-7Q2K",
    stored=["14 survey answers", "3 conversations"],
    participant_id=PARTICIPANT.id,
    consent_version="9f2c41d0ab37",
    withdraw_until=datetime(2026, 12, 5, 12, 0, tzinfo=UTC),
    simulated=False,
    resume_url="https://study.example.org/s/garden/resume/Zk3mVn1wYkX0aQeR7tUpLs5dFg9hJc2b/",
)

HOME = HomePage(
    studies=[
        StudyLink(STUDY.title, "/s/garden/", study_html("Three conversations, half an hour.")),
        StudyLink("Advice at the kitchen table", "/s/kitchen/", ""),
    ],
    demo=DemoNotes("/s/garden/", "/console/", "demo"),
)


def _arabic(template: str, page: Any) -> Sample:
    return Sample(template, page, study=ARABIC_STUDY, language="ar")


_ARABIC_HEADER = replace(HEADER, type_label="ما تشاء", guidance=study_html("تحدث عن أي شيء تريده."))
_ARABIC_TURN = replace(
    TURN,
    header=_ARABIC_HEADER,
    prompt=ARABIC_PROMPT,
    slots=[
        replace(
            slot(index, "arabic"), label=f"الإجابة {letter}",
            slider=slider(f"score-{index}", f"الإجابة {letter}", low="سيئة جدا", high="ممتازة",
                          value=value),
        )
        for index, (letter, value) in enumerate(zip("أبجد", (None, 80, None, 20), strict=True))
    ],
)  # fmt: skip

CLOSED = PlacePage(
    "This study is not open", "Nobody can start at the moment.",
    "If you had started before, open the page in the browser that you used then.",
)  # fmt: skip
OVER_QUOTA = PlacePage(
    "All places for people like you are taken", "The study has heard from as many as it can.",
    "There is nothing more to do.", "C9FULL",
    "https://app.prolific.com/submissions/complete?cc=C9FULL", is_participant=True,
)  # fmt: skip
TIMED_OUT = PlacePage(
    "The time for this study is over", "Your place was given to somebody else.",
    "What you did so far is kept.", may_come_back=True, is_participant=True,
)  # fmt: skip
WAITING_PLACE = WaitingPage(datetime(2026, 11, 21, 12, 0, tzinfo=UTC), "/s/garden/waiting/")
MY_DATA = MyDataPage(
    lines=["12 survey answers", "3 conversations", "1 page not sent yet"],
    participant_id=PARTICIPANT.id,
    consented_at=datetime(2026, 11, 21, 12, 0, tzinfo=UTC),
    consent_version="0123456789ab",
    releases=["garden-20261201T120000Z", "garden-20270301T120000Z"],
    may_withdraw=True,
    withdraw_until=datetime(2026, 12, 5, 12, 0, tzinfo=UTC),
    is_complete=True,
)
ERASED = ErasedPage(
    erased_at=datetime(2026, 11, 30, 8, 15, tzinfo=UTC),
    participant_id=PARTICIPANT.id,
    lines=["12 survey answers", "3 conversations"],
    releases=["garden-20261201T120000Z"],
    signed="eyJzdHVkeV9pZCI6Imdh" * 18,
)

SAMPLES: dict[str, Sample] = {
    "home": Sample("home.html", HOME, study=None, progress=None),
    "home-empty": Sample("home.html", HomePage(studies=[]), study=None, progress=None),
    "consent": Sample("people/consent.html", ConsentPage(study_html(CONSENT), 18, "e"),
                      progress=None),
    "consent-errors": Sample(
        "people/consent.html",
        ConsentPage(study_html(CONSENT), 18, "e", rehearsal="token", errors={
            "agree": "Please tick this box if you agree to take part.",
            "age": "Please confirm your age if you want to take part.",
        }),
        progress=None,
    ),
    "survey": Sample("surveys/page.html", SURVEY),
    "survey-kinds": Sample("surveys/page.html", KINDS),
    "survey-kinds-rtl": Sample("surveys/page.html", KINDS, language="ar"),
    "survey-errors": Sample("surveys/page.html", SURVEY_ERRORS),
    "survey-empty": Sample("surveys/page.html", replace(SURVEY, title="", questions=[])),
    "choose": Sample("conversations/choose.html", CHOOSE),
    "choose-errors": Sample("conversations/choose.html", replace(
        CHOOSE, errors={"type-0": "Please choose what kind of conversation to have."})),
    "opening": Sample("conversations/opening.html", OpeningPage(HEADER, "", DRAFT_URL, 4000)),
    "opening-errors": Sample("conversations/opening.html", OpeningPage(
        HEADER, "", DRAFT_URL, 4000, errors={"prompt": "Please write something first."})),
    "waiting": Sample("conversations/turn.html", WAITING),
    "waiting-none": Sample("conversations/turn.html", replace(
        WAITING, slots=[slot(index, None) for index in range(4)])),
    "turn": Sample("conversations/turn.html", TURN),
    "turn-rated": Sample("conversations/turn.html", replace(TURN, slots=[
        replace(s, slider=slider(f"score-{s.key}", s.label, value=v))
        for s, v in zip(TURN.slots, (12, 100, 55, 81), strict=True)
    ])),
    "turn-errors": Sample("conversations/turn.html", replace(
        TURN,
        slots=[
            replace(TURN.slots[0], slider=slider("score-0", "Answer A", value=64)),
            replace(TURN.slots[1],
                    slider=slider("score-1", "Answer B", error="Please rate this answer.")),
            slot(2, None, state="missing"),
            TURN.slots[3],
        ],
        errors={"score-1": "Answer B: Please rate this answer."},
    )),
    "turn-long": Sample("conversations/turn.html", replace(
        TURN, transcript=TRANSCRIPT, turn=2, prompt="And " * 120 + "what then?",
        slots=[slot(0, "long"), slot(1, "plain")])),
    "turn-failed": Sample("conversations/turn.html", replace(
        TURN, slots=[slot(index, None, state="missing") for index in range(4)])),
    "turn-arabic": _arabic("conversations/turn.html", _ARABIC_TURN),
    "reply": Sample("conversations/reply.html", REPLY),
    "reply-early": Sample("conversations/reply.html", replace(
        REPLY, transcript=TRANSCRIPT[:1], may_finish=False, turns_before_finish=1,
        errors={"prompt": "Please write something first."})),
    "reply-last": Sample("conversations/reply.html", replace(REPLY, must_finish=True)),
    "reply-arabic": _arabic("conversations/reply.html", replace(
        REPLY, header=_ARABIC_HEADER,
        transcript=[Exchange(ARABIC_PROMPT, answer_html(ANSWERS["arabic"]))])),
    "attributes": Sample("conversations/attributes.html", ATTRIBUTES),
    "attributes-long": Sample("conversations/attributes.html", replace(
        ATTRIBUTES, best_html=answer_html(ANSWERS["long"]))),
    "feedback": Sample("conversations/feedback.html", FEEDBACK),
    "feedback-errors": Sample("conversations/feedback.html", replace(
        FEEDBACK, required=True, text=" ", errors={"feedback": "Please write something."})),
    "done": Sample("people/done.html", DONE, progress=Progress(9, 9, "Step 9 of 9")),
    "done-plain": Sample("people/done.html", replace(
        DONE, code=None, stored=[], withdraw_until=None, simulated=True, resume_url="")),
    "declined": Sample("people/declined.html", None, progress=None),
    "closed": Sample("people/closed.html", CLOSED, progress=None),
    "over-quota": Sample("people/closed.html", OVER_QUOTA, progress=None),
    "timed-out": Sample("people/closed.html", TIMED_OUT, progress=None),
    "waiting-place": Sample("people/waiting.html", WAITING_PLACE, progress=None),
    "my-data": Sample("people/my_data.html", MY_DATA, progress=None),
    "my-data-errors": Sample("people/my_data.html", replace(
        MY_DATA, releases=[], lines=[], errors={"sure": "Please tick this box."}), progress=None),
    "my-data-closed": Sample(
        "people/my_data.html", replace(MY_DATA, may_withdraw=False), progress=None),
    "my-data-rtl": Sample("people/my_data.html", MY_DATA, study=ARABIC_STUDY, language="ar",
                          progress=None),
    "erased": Sample("people/erased.html", ERASED, progress=None),
    "consent-again": Sample("people/consent_again.html", ConsentAgainPage(
        study_html(CONSENT), "0123456789ab"), progress=None),
    "consent-again-errors": Sample("people/consent_again.html", ConsentAgainPage(
        study_html(CONSENT), "0123456789ab",
        {"agree": "Please tick this box if you agree to the new text."}), progress=None),
    "done-prolific": Sample("people/done.html", replace(
        DONE, code_url="https://app.prolific.com/submissions/complete?cc=C1ABC"), progress=None),
    **{
        name: Sample(template, page, study=ARABIC_STUDY if language == "ar" else STUDY,
                     language=language)
        for name, (template, page, language) in COMPARISON_PAGES.items()
    },
    **{
        code: Sample(f"{code}.html", None, study=None, progress=None)
        for code in ("400", "403", "403_csrf", "404", "429", "500")
    },
}  # fmt: skip


def polls() -> Iterator[TurnPage]:
    """Answers to three polls: one more, all but one, all settled."""
    yield replace(
        WAITING, fresh=[slot(1, "list")], progress_url="/progress?have=0,1,3",
        slots=[slot(0, "plain"), slot(1, "list"), slot(2, None), slot(3, "code")],
    )  # fmt: skip
    settled = [slot(0, "plain"), slot(1, "list"), slot(2, None, state="missing"), slot(3, "code")]
    yield replace(TURN, fresh=[settled[2]], slots=settled)
