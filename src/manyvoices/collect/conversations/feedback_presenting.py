"""The pages after the talk as their templates see them."""

from __future__ import annotations

from collections.abc import Mapping
from functools import partial

from manyvoices.collect.conversations import queries
from manyvoices.collect.conversations.contexts import AttributesPage, BlockView, FeedbackPage
from manyvoices.collect.conversations.models import Conversation, Turn
from manyvoices.collect.conversations.presenting import form_name, header
from manyvoices.collect.people.presenting import Posted, sliders
from manyvoices.collect.texts import answer_html, study_html
from manyvoices.collect.views import draft_url, last, words
from manyvoices.design import ConversationsStage
from manyvoices.design.dialogue import derive_seed, generator
from manyvoices.design.problems import Problem
from manyvoices.design.questions import Attributes
from manyvoices.design.survey import presented_order


def asked_blocks(rule: ConversationsStage) -> dict[str, Attributes]:
    """Block name -> its statements, for the blocks that the study asks about."""
    blocks = {"performance": rule.feedback.performance, "choice": rule.feedback.choice}
    return {name: block for name, block in blocks.items() if block is not None}


def attributes_page(
    conversation: Conversation,
    rule: ConversationsStage,
    turns: list[Turn],
    posted: Posted,
    problems: Mapping[str, Mapping[str, Problem]],
) -> AttributesPage:
    """Statements about the opening's best answer, in this conversation's own random order.

    Where all of the opening's answers were bad, about the first answer that was kept.
    """
    opening = next((turn for turn in turns if not turn.all_bad), turns[0])
    best = queries.best_answer(opening)
    blocks = [
        BlockView(
            name=name,
            opener=block.opener,
            items=sliders(
                block,
                name,
                posted,
                order=presented_order(
                    block, generator(derive_seed(conversation.seed, "order", name))
                ),
                error_of=partial(_block_error, problems.get(name, {})),
            ),
        )
        for name, block in asked_blocks(rule).items()
    ]
    errors = {s.input_id: f"{s.label}: {s.error}" for b in blocks for s in b.items if s.error}
    return AttributesPage(
        header=header(conversation, rule),
        blocks=blocks,
        prompt=opening.prompt,
        best_html=answer_html((best.text if best else "") or ""),
        draft_url=draft_url(conversation.participant, form_name(conversation, "attributes")),
        errors=errors,
    )


def _block_error(problems: Mapping[str, Problem], item: str) -> str | None:
    problem = problems.get(item)
    whole = problems.get("")
    if problem is None and whole is not None and item in whole.items:
        problem = whole
    return words(problem) if problem else None


def feedback_page(
    conversation: Conversation, rule: ConversationsStage, posted: Posted, problem: Problem | None
) -> FeedbackPage:
    question = rule.feedback.open
    assert question is not None, "conversation_step sends nobody here without a question"
    return FeedbackPage(
        header=header(conversation, rule),
        question=question.label,
        help_html=study_html(question.help),
        text=last(posted, "feedback"),
        draft_url=draft_url(conversation.participant, form_name(conversation, "feedback")),
        max_length=question.max_length,
        required=question.required,
        errors={"feedback": words(problem)} if problem else {},
    )
