"""One more participant, in Chromium: by mouse and keyboard, with a picture of every page.

What it answers is decided as for every other bot; only the hands are others. So the scripts, the
sliders and the browser's own rules are rehearsed as well, and a script that fails is a fault.
"""

from __future__ import annotations

import asyncio
import os
import re
import shutil
import time
from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any
from urllib.parse import urljoin, urlsplit

from manyvoices.collect.rehearsal.filling import Filled
from manyvoices.collect.rehearsal.pages import Field, Form, SeenPage
from manyvoices.collect.rehearsal.plan import Bot
from manyvoices.collect.rehearsal.playing import entry_url, most_steps, patience_s, study_url
from manyvoices.collect.rehearsal.reading import read_html
from manyvoices.collect.rehearsal.tally import PageFault, StuckError, Tally
from manyvoices.collect.rehearsal.visiting import BotVisit
from manyvoices.collect.rehearsal.visitor import SENT_BACK
from manyvoices.design import Study
from manyvoices.schema.errors import ManyvoicesError, MissingExtraError

if TYPE_CHECKING:
    from playwright.async_api import Locator, Page, Response

NAMES = ("chromium", "chromium-browser", "google-chrome", "google-chrome-stable")
ACTION_MS = 15_000
SLIDER_SLACK = 2
"""A mouse hits a scale to about a pixel, not to the unit."""


class NoBrowser(ManyvoicesError):
    """There is no Chromium to play in."""


def find_chromium() -> str:
    """The path of a Chromium. Raises `MissingExtraError` or `NoBrowser`."""
    try:
        import playwright.async_api  # noqa: F401
    except ModuleNotFoundError as error:
        raise MissingExtraError("manyvoices rehearse --browser (playwright)", "dev") from error
    named = os.environ.get("CHROMIUM")
    for name in (named,) if named else NAMES:
        if path := shutil.which(name):
            return path
    raise NoBrowser(
        f"manyvoices rehearse --browser: found no {named or 'Chromium'}; install the package "
        "'chromium', or set the environment variable CHROMIUM to a browser's path"
    )


def play_in_browser(
    bot: Bot, study: Study, *, url: str, token: str, folder: Path, tally: Tally
) -> None:
    """Play `bot` in Chromium and save the pages' pictures in `folder`. Counts go to `tally`."""
    asyncio.run(_play(bot, study, url, token, folder, tally))


async def _play(bot: Bot, study: Study, url: str, token: str, folder: Path, tally: Tally) -> None:
    from playwright.async_api import Error, async_playwright

    _empty(folder)
    arguments = ["--no-sandbox"] if os.geteuid() == 0 else []
    tally.started += 1
    async with async_playwright() as playwright:
        browser = await playwright.chromium.launch(executable_path=find_chromium(), args=arguments)
        page = await browser.new_page(viewport={"width": 1000, "height": 900})
        page.set_default_timeout(ACTION_MS)
        visitor = BrowserVisitor(page, study_url(url, study), tally, folder)
        visit = BotVisit(
            bot, visitor, tally, patience_s=patience_s(study), most_steps=most_steps(study)
        )
        try:
            await visit.play(entry_url(url, study, token))
        except StuckError as error:
            tally.faults.update(error.faults)
        except Error as error:
            visitor.fault(None, _first_line(error))
        await visitor.picture("end")
        await browser.close()


def _empty(folder: Path) -> None:
    folder.mkdir(parents=True, exist_ok=True)
    for old in folder.glob("[0-9][0-9][0-9]-*.png"):
        old.unlink()


class BrowserVisitor:
    """What `visitor.Visitor` does by HTTP, done in a window."""

    def __init__(self, page: Page, study_url: str, tally: Tally, folder: Path) -> None:
        self._page = page
        self._root = urlsplit(study_url).path
        self._tally = tally
        self._folder = folder
        self._pictures = 0
        self.status = 0
        page.on("pageerror", lambda error: self.fault(None, f"a script failed: {error}"))
        page.on("console", self._said)
        page.on("response", self._answered)

    @property
    def url(self) -> str:
        """The page's address."""
        return str(self._page.url)

    @property
    def path(self) -> str:
        """The page's path below the study."""
        return "/" + urlsplit(self.url).path.removeprefix(self._root)

    async def get(self, url: str) -> SeenPage:
        """Open a page."""
        began = time.monotonic()
        response = await self._page.goto(urljoin(self.url, url))
        return await self._seen("GET", response, began)

    async def poll(self, page: SeenPage) -> bool:
        """Look whether all answers are here; the page's own script asks for them."""
        if not await self._page.locator("#waiting[hx-get]").count():
            now = read_html(await self._page.content())
            page.forms, page.slots, page.poll_url = now.forms, now.slots, None
            page.sides, page.answers, page.way_on = now.sides, now.answers, now.way_on
        return True

    async def send(self, form: Form, filled: Filled) -> SeenPage:
        """Fill the form by hand, take a picture, and press its button."""
        place = self._page.locator("form").nth(form.index)
        for number, found in enumerate(form.fields):
            await self._fill(place, found, filled, by_keys=number % 3 == 0)
        await self._put_in_order(place, filled)
        await self.picture(self.path.strip("/").replace("/", "-") or "start")
        button = self._button(form, place, filled)
        began = time.monotonic()
        async with self._page.expect_navigation() as navigation:
            await button.click()
        return await self._seen("POST", await navigation.value, began)

    async def picture(self, name: str) -> None:
        """Save the whole page as it looks now."""
        self._pictures += 1
        path = self._folder / f"{self._pictures:03}-{re.sub(r'[^a-z0-9-]', '', name)}.png"
        await self._page.screenshot(path=path, full_page=True)

    async def _put_in_order(self, place: Locator, filled: Filled) -> None:
        """Answers that stand as cards are put in their places by keys, as the page offers it."""
        places = {
            name.removeprefix("place-"): int(value)
            for name, value in filled
            if name.startswith("place-")
        }
        before = 0
        for number, (reply, wanted) in enumerate(
            sorted(places.items(), key=lambda one: (one[1], int(one[0]))), start=1
        ):
            card = place.locator(f"li[data-reply={_quoted(reply)}]")
            button = card.locator("button:visible:enabled").first
            if not await button.count():
                return  # without its script, the page has lists to choose from
            await button.press(str(number))
            if wanted == before:
                await card.locator("button:visible:enabled").first.press("=")
            before = wanted

    def _button(self, form: Form, place: Locator, filled: Filled) -> Locator:
        pressed = next((pair for pair in form.buttons if pair in filled), None)
        if pressed is not None:
            return place.locator(f"button[name={_quoted(pressed[0])}][value={_quoted(pressed[1])}]")
        inside = place.locator("button[type=submit]:not([form]):visible")
        if form.has_plain and form.buttons:
            inside = place.locator("button[type=submit]:not([form]):not([name]):visible")
        if not form.id:
            return inside.first
        return inside.or_(self._page.locator(f'button[type=submit][form="{form.id}"]')).first

    async def _seen(self, method: str, response: Response | None, began: float) -> SeenPage:
        self.status = response.status if response is not None else 0
        path = "/" + urlsplit(self.url).path.removeprefix(self._root)
        self._tally.add_request(f"Chromium {method}", path, (time.monotonic() - began) * 1000)
        if self.status >= 400 and self.status != SENT_BACK:
            raise StuckError()  # counted where the response came in
        return read_html(await self._page.content())

    async def _fill(self, place: Locator, found: Field, filled: Filled, *, by_keys: bool) -> None:
        values = [value for name, value in filled if name == found.name]
        control = place.locator(_selector(found))
        if not await control.first.is_visible() and found.kind != "range":
            return  # a question that this person is not asked
        if found.kind == "range":
            await self._mark(place, control, found, dict(filled), by_keys=by_keys)
        elif found.kind == "select":
            await control.select_option(values)
        elif found.kind == "text":
            await control.click()
            await control.fill("")
            await self._page.keyboard.insert_text(values[-1] if values else "")
        else:
            await self._tick(place, found, values, by_keys=by_keys)

    async def _tick(
        self, place: Locator, found: Field, values: list[str], *, by_keys: bool
    ) -> None:
        for option in found.options:
            box = place.locator(f"input[name={_quoted(found.name)}][value={_quoted(option)}]")
            if await box.is_checked() == (option in values) or (
                found.kind == "radio" and option not in values
            ):
                continue
            if by_keys:
                await box.press("Space")
            else:
                await box.click()

    async def _mark(
        self,
        place: Locator,
        control: Locator,
        found: Field,
        filled: Mapping[str, str],
        *,
        by_keys: bool,
    ) -> None:
        """Put the mark of one scale, by keys or on the track; or tick "does not apply"."""
        if not await control.is_visible():
            return
        if found.na_name is not None and found.na_name in filled:
            await place.locator(f"input[name={_quoted(found.na_name)}]").check()
            return
        if found.name not in filled:
            return
        wanted, (low, high) = int(filled[found.name]), found.limits
        if by_keys:
            await control.press("Home")
            for _ in range(wanted - low):
                await self._page.keyboard.press("ArrowRight")
        else:
            await self._put(control, (wanted - low) / (high - low))
        shown = int(await control.input_value())
        slack = max(SLIDER_SLACK, (high - low) // 50)
        if abs(shown - wanted) > slack or not await control.get_attribute("name"):
            self.fault(found.name, f"the mark stands at {shown} after it was put at {wanted}")

    async def _put(self, control: Locator, share: float) -> None:
        await control.scroll_into_view_if_needed()
        box = await control.bounding_box()
        assert box is not None
        mark = await control.evaluate(
            "e => parseFloat(getComputedStyle(e).getPropertyValue('--mark')) || 24"
        )
        x = box["x"] + mark / 2 + share * (box["width"] - mark)
        await self._page.mouse.click(x, box["y"] + box["height"] / 2)

    def fault(self, field: str | None, found: str) -> None:
        """Count a fault of the page that is open."""
        self._tally.faults[PageFault(self.path, self.status, field, found)] += 1

    def _said(self, message: Any) -> None:
        # A status is reported where the response comes in; 422 is how forms come back.
        if message.type == "error" and "the server responded with a status" not in message.text:
            self.fault(None, f"the browser says: {message.text}")

    def _answered(self, response: Response) -> None:
        if response.status >= 400 and response.status != SENT_BACK:
            path = urlsplit(response.url).path
            shown = "/" + path.removeprefix(self._root) if path.startswith(self._root) else path
            self._tally.faults[PageFault(shown, response.status, None, "an error page")] += 1


def _selector(found: Field) -> str:
    if found.kind == "range":
        return f"input[type=range][data-name={_quoted(found.name)}]"
    return f"[name={_quoted(found.name)}]"


def _quoted(text: str) -> str:
    escaped = text.replace("\\", "\\\\").replace('"', '\\"')
    return f'"{escaped}"'


def _first_line(error: Exception) -> str:
    return str(error).strip().splitlines()[0]
