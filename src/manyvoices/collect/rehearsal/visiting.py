"""One bot's way through a study, from the invitation to the completion code."""

from __future__ import annotations

import asyncio
import time

from manyvoices.collect.rehearsal.filling import CannotFill, Memory, fill, wants_to_finish
from manyvoices.collect.rehearsal.pages import Form, SeenPage
from manyvoices.collect.rehearsal.plan import Bot
from manyvoices.collect.rehearsal.tally import PageFault, StuckError, Tally
from manyvoices.collect.rehearsal.visitor import SENT_BACK, Visiting

BY_THE_RULES = frozenset({"screen_out", "over_quota", "waiting", "timeout", "return"})
PLACE_S = 1.0
"""How often a bot looks for a free place; other bots play meanwhile."""
MOST_WAITING_S = 120.0
"""How long it does: bots that finish keep their places, so there may never be one."""
FIRST_LOOK_S = 0.35
"""When a bot first looks for answers; scripted ones are there after one round of the runner."""
MOST_RETRIES = 5
"""How often a bot asks anew where no model answers."""


class BotVisit:
    """Play one bot."""

    def __init__(
        self, bot: Bot, visitor: Visiting, tally: Tally, *, patience_s: float, most_steps: int
    ) -> None:
        self._memory = Memory(bot)
        self._bot = bot
        self._visitor = visitor
        self._tally = tally
        self._patience_s = patience_s
        self._most_steps = most_steps
        self._retries = 0

    async def play(self, entry: str) -> None:
        """From `entry` to the end; raises `StuckError` where the bot cannot go on."""
        page = await self._visitor.get(entry)
        for _ in range(self._most_steps):
            if page.is_done:
                self._tally.completed += 1
                self._tally.codes[page.completion_code or ""] += 1
                return
            if page.place_url is not None:
                page = await self._await_place(page)
            if page.out is not None or page.place_url is not None:
                self._leave(page.out or "waiting", page)
                return
            if self._bot.drops_out and self._visitor.path.startswith("/talk/"):
                self._tally.out["dropped_out"] += 1
                return
            page = await self._step(page)
        raise self._stuck("the study does not come to an end", page)

    async def _step(self, page: SeenPage) -> SeenPage:
        if page.poll_url is not None and not await self._await_answers(page):
            return await self._visitor.get(self._visitor.url)
        if page.way_on is not None and not any(form.can_send for form in page.forms):
            return await self._visitor.get(page.way_on)
        form = self._form(page)
        answer = await self._send(form, page, thorough=False)
        if self._visitor.status == SENT_BACK:
            again = self._same(form, answer)
            answer = await self._send(again, answer, thorough=True)
            if self._visitor.status == SENT_BACK:
                raise StuckError(*self._problems(answer))
            self._tally.sent_back += 1
        self._count(form, page)
        return answer

    def _leave(self, why: str, page: SeenPage) -> None:
        """End where the study's rules end this bot's way; a closed door is a fault."""
        if why not in BY_THE_RULES:
            raise self._stuck(f"not let in: {why.replace('_', ' ')}", page)
        self._tally.out[why] += 1

    async def _await_place(self, page: SeenPage) -> SeenPage:
        """Look for a place until there is one, the bot is out, or it has waited for too long."""
        end = time.monotonic() + MOST_WAITING_S
        while page.place_url is not None and time.monotonic() < end:
            await asyncio.sleep(PLACE_S)
            page = await self._visitor.get(page.place_url)
        return page

    async def _await_answers(self, page: SeenPage) -> bool:
        end = time.monotonic() + self._patience_s
        pause_s = min(FIRST_LOOK_S, page.poll_s)
        while page.poll_url is not None:
            if time.monotonic() > end:
                raise self._stuck(f"answers awaited for {self._patience_s:.0f} s", page)
            await asyncio.sleep(pause_s)
            # Sooner than a browser at first, never more often than one in the long run.
            pause_s = min(2 * pause_s, page.poll_s)
            if not await self._visitor.poll(page):
                return False
        return True

    def _form(self, page: SeenPage) -> Form:
        form = self._of_comparison(page)
        if form is not None:
            return form
        if wants_to_finish(page, self._visitor.path, self._bot):
            form = page.form("finish")
        elif form := page.form("retry"):
            self._retries += 1
            if self._retries > MOST_RETRIES:
                raise self._stuck("no model answers, however often it is asked", page)
        else:
            form = page.form("prompt") or page.form("rate") or page.form("")
        if form is None:
            raise self._stuck("nothing to do on this page, and the study is not over", page)
        return form

    def _of_comparison(self, page: SeenPage) -> Form | None:
        """What a bot does on a page of comparisons; None elsewhere."""
        judging, writing = page.form("judge"), page.form("message")
        if judging is not None and writing is not None:
            turn = dict(writing.hidden).get("turn", "")
            goes_on = self._bot.rng("write on", self._visitor.path, turn).random()
            return writing if goes_on < self._bot.goes_on else judging
        if judging or writing:
            return judging or writing
        for form in page.forms:
            if again := self._asks_again(form, page):
                return again
            if ("action", "end") in form.buttons:
                number = dict(form.hidden).get("number", "")
                enough = self._bot.rng("enough", self._visitor.path, number).random()
                # The first page of all offers no end; after that, bots go on as they feel.
                return form if enough < self._bot.goes_on else form.pressed("action", "end")
        return None

    def _asks_again(self, form: Form, page: SeenPage) -> Form | None:
        """Where a side failed: ask again a few times, then leave this comparison."""
        if ("action", "again") not in form.buttons:
            return None
        self._retries += 1
        if self._retries > 2 * MOST_RETRIES:
            raise self._stuck("no model answers, however often it is asked", page)
        return form.pressed("action", "again" if self._retries <= MOST_RETRIES else "give_up")

    def _same(self, form: Form, page: SeenPage) -> Form:
        found = page.form(form.purpose)
        if found is None:
            raise StuckError(*self._problems(page))
        return found

    async def _send(self, form: Form, page: SeenPage, *, thorough: bool) -> SeenPage:
        try:
            filled = fill(form, page, self._visitor.path, self._memory, thorough=thorough)
        except CannotFill as error:
            fault = PageFault(self._visitor.path, self._visitor.status, error.field, error.found)
            raise StuckError(fault) from error
        return await self._visitor.send(form, filled)

    def _count(self, form: Form, page: SeenPage) -> None:
        tally = self._tally
        if form.purpose == "rate":
            self._retries = 0
            tally.turns += 1
            tally.ratings += sum(slot.state == "answered" for slot in page.slots.values())
            tally.missing_answers += sum(slot.state == "missing" for slot in page.slots.values())
        elif form.purpose == "judge":
            self._retries = 0
            tally.comparisons += 1
        elif form.purpose == "finish":
            tally.conversations += 1
        elif form.purpose in {"retry", "again"}:
            tally.asked_again += 1

    def _problems(self, page: SeenPage) -> list[PageFault]:
        path, status = self._visitor.path, self._visitor.status
        problems = page.problems or {"": "the form came back, and nothing says why"}
        return [PageFault(path, status, name or None, said) for name, said in problems.items()]

    def _stuck(self, why: str, page: SeenPage) -> StuckError:
        title = f" (“{page.title}”)" if page.title else ""
        return StuckError(PageFault(self._visitor.path, self._visitor.status, None, why + title))
