"""All bots of a plan, side by side, against a server that runs."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Sequence
from urllib.parse import urlencode

from manyvoices.collect.rehearsal.plan import Bot
from manyvoices.collect.rehearsal.tally import StuckError, Tally
from manyvoices.collect.rehearsal.visiting import BotVisit
from manyvoices.collect.rehearsal.visitor import Visitor
from manyvoices.design import Study
from manyvoices.design.comparisons.stage import ComparisonsStage

Token = Callable[[Bot], str]
"""What a bot shows at the door."""


def play(
    bots: Sequence[Bot], study: Study, *, url: str, token: Token, concurrency: int, tally: Tally
) -> None:
    """Play `bots`, at most `concurrency` at once. What happens is in `tally`.

    `url` is the server's address, `token` gives what `people.operations.rehearsal_token` gives
    there for a bot.
    """
    asyncio.run(play_all(bots, study, url=url, token=token, limit=concurrency, tally=tally))


async def play_all(
    bots: Sequence[Bot], study: Study, *, url: str, token: Token, limit: int, tally: Tally
) -> None:
    """As `play`, inside a running event loop."""
    places = asyncio.Semaphore(limit)

    async def one(bot: Bot) -> None:
        async with places:
            await _play_one(bot, study, url, token(bot), tally)

    async with asyncio.TaskGroup() as group:
        for bot in bots:
            group.create_task(one(bot))


async def _play_one(bot: Bot, study: Study, url: str, token: str, tally: Tally) -> None:
    tally.started += 1
    async with Visitor(study_url(url, study), tally) as visitor:
        visit = BotVisit(
            bot, visitor, tally, patience_s=patience_s(study), most_steps=most_steps(study)
        )
        try:
            await visit.play(entry_url(url, study, token))
        except StuckError as error:
            tally.faults.update(error.faults)


def study_url(url: str, study: Study) -> str:
    """The address below which all of a study's pages are."""
    return f"{url.rstrip('/')}/s/{study.id}/"


def entry_url(url: str, study: Study, token: str) -> str:
    """Where bots come in, so that what is stored of them is marked as simulated."""
    return f"{study_url(url, study)}?{urlencode({'rehearsal': token})}"


def patience_s(study: Study) -> float:
    """How long a bot waits for answers: far longer than the server lets anyone wait."""
    limits = [
        limit
        for _index, rule in study.conversation_stages()
        for limit in (rule.opening.timeout_s, rule.continuing.timeout_s)
    ]
    limits += [stage.timeout_s for stage in comparison_stages(study)]
    return 60.0 + 3 * max(limits, default=0.0)


def most_steps(study: Study) -> int:
    """Pages after which a study that has not ended goes round in circles."""
    pages = sum(len(survey.pages) for _index, survey in study.surveys())
    talks = sum(
        rule.n_conversations * (5 + 4 * rule.continuing.turns[1])
        for _index, rule in study.conversation_stages()
    )
    compared = sum(
        stage.at_most * (12 + 6 * (stage.turns[1] if stage.source == "arena" else 1))
        for stage in comparison_stages(study)
    )
    return 20 + 4 * pages + talks + compared


def comparison_stages(study: Study) -> list[ComparisonsStage]:
    """The stages in which answers stand side by side."""
    return [stage for stage in study.stages if isinstance(stage, ComparisonsStage)]
