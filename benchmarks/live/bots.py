"""Participants by HTTP who write down everything that the server acknowledged.

Light on purpose: bots share the machine with the server that they measure. A bot does one action,
thinks, and does the next; an action is a form that is sent together with the page that follows.
"""

from __future__ import annotations

import asyncio
import itertools
import random
import re
import time
import uuid
from collections import Counter, defaultdict
from collections.abc import Mapping
from dataclasses import dataclass, field
from urllib.parse import urljoin, urlsplit

import aiohttp
from benchmarks.live.prepare import Ready
from benchmarks.live.protocol import STAGE_SURVEY, STAGE_TALK, STUDY_ID, SURVEY_PAGES

ROOT = f"/s/{STUDY_ID}/"
_TOKEN = re.compile(r'name="csrfmiddlewaretoken" value="([^"]+)"')
_ENTRY = re.compile(r'name="entry" value="([^"]+)"')
_SCORE = re.compile(r'<input type="range"[^>]*data-name="score-(\d+)"')
_TURN = re.compile(r'name="turn" value="(\d+)"')
_POLL = re.compile(r'hx-get="([^"]+)"')
_EVERY = re.compile(r"every (\d+)ms")
_TALK = re.compile(r"/talk/\d+/(\d+)/")
_ITEM = re.compile(r'data-name="((?:performance|choice)-\w+)"')
_TYPE = re.compile(r'name="type" value="([^"]+)"([^>]*)>')

# Below the two seconds after which gunicorn closes an idle connection.
KEEP_ALIVE_S = 1.0
PATIENCE_S = 120.0


@dataclass
class Log:
    """What the server acknowledged, by its natural key, and what it may have stored unheard."""

    people: set[str] = field(default_factory=set)
    pages: set[tuple[str, int]] = field(default_factory=set)
    talks: set[tuple[str, int]] = field(default_factory=set)
    prompts: dict[tuple[str, int, int], str] = field(default_factory=dict)
    ratings: dict[tuple[str, int, int], dict[str, int]] = field(default_factory=dict)
    attributes: dict[tuple[str, int], dict[str, int]] = field(default_factory=dict)
    feedback: dict[tuple[str, int], str] = field(default_factory=dict)
    drafts: dict[tuple[str, str], str] = field(default_factory=dict)
    unheard: int = 0
    """Forms whose answer never came: the server may have stored them or not."""

    @property
    def n(self) -> int:
        """Acknowledged writes."""
        found = (len(self.people), len(self.pages), len(self.talks), len(self.prompts))
        return sum(found) + sum(
            (len(self.ratings), len(self.attributes), len(self.feedback), len(self.drafts))
        )


@dataclass
class Measures:
    """Times of pages in milliseconds, actions, and what went wrong."""

    times_ms: defaultdict[str, list[float]] = field(default_factory=lambda: defaultdict(list))
    errors: Counter[str] = field(default_factory=Counter)
    actions: int = 0
    waits_s: list[float] = field(default_factory=list)
    """From sending a message to having every answer."""

    @property
    def requests(self) -> int:
        return sum(map(len, self.times_ms.values()))


class NoAnswer(Exception):
    """The server did not answer, or with a fault of its own."""


@dataclass
class Page:
    url: str
    text: str

    @property
    def path(self) -> str:
        return urlsplit(self.url).path


class Bot:
    """One person in one browser."""

    def __init__(
        self,
        base: str,
        connector: aiohttp.BaseConnector,
        log: Log,
        measures: Measures,
        *,
        pace_s: float,
        rng: random.Random,
        person: Ready | None,
        conversations: int | None = None,
    ) -> None:
        """`conversations`: after how many finished ones the bot stops; None = when time is over."""
        self._base, self._log, self._measures = base, log, measures
        self._conversations = conversations
        # Short conversations where their number counts, PRISM's lengths where the load does.
        self._ends = 0.25 if conversations is None else 0.5
        self._pace_s, self._rng, self._person = pace_s, rng, person
        cookies = {person.cookie_name: person.cookie} if person else {}
        self._session = aiohttp.ClientSession(
            connector=connector,
            connector_owner=False,
            cookie_jar=aiohttp.CookieJar(unsafe=True),
            cookies=cookies,
            timeout=aiohttp.ClientTimeout(total=60),
        )
        self._counter = itertools.count()

    async def run(self, until: float) -> None:
        """Take part until `until` (monotonic seconds); a fault is counted, then tried again."""
        async with self._session:
            await asyncio.sleep(self._rng.uniform(0, min(self._pace_s, until - time.monotonic())))
            page: Page | None = None
            while time.monotonic() < until and not self._has_finished(page):
                try:
                    page = await self._act(page)
                except (NoAnswer, aiohttp.ClientError, TimeoutError, OSError) as error:
                    self._measures.errors[f"{type(error).__name__}: {error}"[:90]] += 1
                    page = None
                    await asyncio.sleep(0.2)
                    continue
                self._measures.actions += 1
                pause = self._rng.uniform(0.5, 1.5) * self._pace_s
                await asyncio.sleep(max(0.0, min(pause, until - time.monotonic())))

    def _has_finished(self, page: Page | None) -> bool:
        """Whether the server shows that the wanted number of conversations is over."""
        if self._conversations is None or page is None:
            return False
        found = re.search(r'name="number" value="(\d+)"', page.text)
        at_the_choice = page.path == f"{ROOT}talk/{STAGE_TALK}/" and found is not None
        return at_the_choice and int(found[1]) > self._conversations  # type: ignore[index]

    async def _act(self, page: Page | None) -> Page:
        if page is None:
            page = await self._get(f"{ROOT}next/" if self._person else ROOT)
        path = page.path
        if path == ROOT:
            return await self._consent(page)
        if "/survey/" in path:
            return await self._survey(page)
        if path.endswith("/attributes/"):
            return await self._attributes(page)
        if path.endswith("/feedback/"):
            return await self._feedback(page)
        if path == f"{ROOT}talk/{STAGE_TALK}/":
            return await self._choose(page)
        if "/talk/" in path:
            return await self._talk(page)
        raise NoAnswer(f"nothing to do at {path}")

    async def _consent(self, page: Page) -> Page:
        entry = _ENTRY.search(page.text)
        assert entry, "the invitation has no entry"
        answer = await self._post(page, {"agree": "1", "age": "1", "entry": entry[1]})
        for cookie in self._session.cookie_jar:
            if cookie.key == f"mv-{STUDY_ID}":
                participant_id = cookie.value.split(":")[0]
                self._person = Ready(participant_id, cookie.key, cookie.value)
                self._log.people.add(participant_id)
        return answer

    async def _survey(self, page: Page) -> Page:
        number = int(page.path.rstrip("/").rsplit("/", 1)[1])
        fields = dict(SURVEY_PAGES[number])
        answer = await self._post(page, fields)
        self._log.pages.add((self._id, number))
        return answer

    async def _choose(self, page: Page) -> Page:
        found = re.search(r'name="number" value="(\d+)"', page.text)
        assert found, "the choice has no number"
        number = int(found[1])
        left = [name for name, more in _TYPE.findall(page.text) if "disabled" not in more]
        assert left, "no kind of conversation is left"
        answer = await self._post(page, {"type": left[0], "number": number})
        if _TALK.search(answer.path):
            self._log.talks.add((self._id, number))
        return answer

    async def _talk(self, page: Page) -> Page:
        number = self._number(page)
        if poll := _POLL.search(page.text):
            return await self._wait(page, poll[1])
        turns = [int(turn) for turn in _TURN.findall(page.text)]
        assert turns, f"no turn on {page.path}"
        if 'name="prompt"' not in page.text:
            return await self._rate(page, number, turns[0])
        if 'value="finish"' in page.text and self._rng.random() < self._ends:
            return await self._post(page, {"action": "finish", "turn": turns[0]})
        text = f"{uuid.uuid4()} What do you think about point {next(self._counter)}?"
        answer = await self._post(page, {"action": "prompt", "turn": turns[0], "prompt": text})
        self._log.prompts[self._id, number, turns[0]] = text
        if poll := _POLL.search(answer.text):
            return await self._wait(answer, poll[1])
        return answer

    async def _wait(self, page: Page, poll: str) -> Page:
        """Ask as often as the page says, as its script does, until every answer is there."""
        began = time.monotonic()
        while time.monotonic() - began < PATIENCE_S:
            pause = _EVERY.search(page.text, page.text.rfind('id="waiting"'))
            await asyncio.sleep(int(pause[1]) / 1000 if pause else 1.0)
            status, text, where = await self._request("GET", poll.replace("&amp;", "&"))
            if status == 204 and where is None:
                continue  # No news: htmx leaves the page as it is, and asks again.
            if status == 204:
                return await self._get(page.path)
            more = _POLL.search(text)
            page = Page(page.url, page.text + text)
            if more is None:
                self._measures.waits_s.append(time.monotonic() - began)
                return Page(page.url, _POLL.sub("", page.text))
            poll = more[1]
        raise NoAnswer(f"answers awaited for {PATIENCE_S:.0f} s")

    async def _rate(self, page: Page, number: int, turn: int) -> Page:
        keys = sorted(set(_SCORE.findall(page.text)))
        if not keys:
            return await self._post(page, {"action": "retry", "turn": turn})
        scores = {key: self._rng.randint(1, 100) for key in keys}
        if self._rng.random() < 0.5:
            await self._draft(page, f"talk-{STAGE_TALK}-{number}-{turn}-rate", scores)
        fields: dict[str, object] = {"action": "rate", "turn": turn}
        # A stored rating takes its draft away, whether the bot hears of it or not.
        self._log.drafts.pop((self._id, f"talk-{STAGE_TALK}-{number}-{turn}-rate"), None)
        answer = await self._post(page, fields | {f"score-{k}": v for k, v in scores.items()})
        self._log.ratings[self._id, number, turn] = scores
        return answer

    async def _draft(self, page: Page, form: str, scores: Mapping[str, int]) -> None:
        first = next(iter(scores))
        fields = {f"score-{first}": [str(scores[first])]}
        status, _text, _where = await self._request(
            "POST",
            f"{ROOT}draft/{form}/",
            json={"fields": fields},
            headers={"X-CSRFToken": self._token(page)},
        )
        if status == 200:
            self._log.drafts[self._id, form] = str(scores[first])

    async def _attributes(self, page: Page) -> Page:
        names = sorted(set(_ITEM.findall(page.text)))
        values = {name: self._rng.randint(1, 100) for name in names}
        number = self._number(page)
        answer = await self._post(page, dict(values))
        self._log.attributes[self._id, number] = values
        return answer

    async def _feedback(self, page: Page) -> Page:
        text = f"{uuid.uuid4()} Answer in fewer words."
        number = self._number(page)
        answer = await self._post(page, {"feedback": text})
        self._log.feedback[self._id, number] = text
        return answer

    @property
    def _id(self) -> str:
        assert self._person is not None
        return self._person.participant_id

    @staticmethod
    def _number(page: Page) -> int:
        found = _TALK.search(page.path)
        assert found, page.path
        return int(found[1])

    @staticmethod
    def _token(page: Page) -> str:
        found = _TOKEN.search(page.text)
        assert found, f"no token on {page.path}"
        return found[1]

    async def _get(self, path: str) -> Page:
        return await self._follow("GET", path)

    async def _post(self, page: Page, fields: dict[str, object]) -> Page:
        """Send a form; `NoAnswer` unless the server says by a redirect that it was stored."""
        data = [("csrfmiddlewaretoken", self._token(page))]
        for name, value in fields.items():
            data += [(name, str(v)) for v in (value if isinstance(value, list) else [value])]
        try:
            status, text, where = await self._request("POST", page.path, data=data)
        except (aiohttp.ClientError, TimeoutError, OSError):
            self._log.unheard += 1
            raise
        if status != 302 or where is None:
            raise NoAnswer(f"{status} to a form at {_kind(page.path)}: {_problem(text)}")
        return await self._landed(where)

    async def _landed(self, where: str) -> Page:
        """The page after a stored form; the row is stored even where this page does not come."""
        try:
            return await self._follow("GET", where)
        except (NoAnswer, aiohttp.ClientError, TimeoutError, OSError) as error:
            self._measures.errors[f"after a form, {type(error).__name__}: {error}"[:90]] += 1
            return Page(urljoin(self._base, f"{ROOT}lost/"), "")

    async def _follow(self, method: str, path: str) -> Page:
        for _ in range(6):
            status, text, where = await self._request(method, path)
            if where is None:
                if status != 200:
                    raise NoAnswer(f"{status} at {_kind(path)}")
                return Page(urljoin(self._base, path), text)
            path = where
        raise NoAnswer(f"redirects without end at {_kind(path)}")

    async def _request(self, method: str, path: str, **more: object) -> tuple[int, str, str | None]:
        began = time.monotonic()
        async with self._session.request(
            method,
            urljoin(self._base, path),
            allow_redirects=False,
            **more,  # type: ignore[arg-type]
        ) as response:
            text = await response.text()
        name = f"{method} {_kind(path)}"
        self._measures.times_ms[name].append((time.monotonic() - began) * 1000)
        if response.status >= 500:
            raise NoAnswer(f"{response.status} at {name}")
        where = response.headers.get("Location")
        if response.headers.get("HX-Refresh"):
            where = urlsplit(path).path
        return response.status, text, where


def _kind(path: str) -> str:
    path = urlsplit(path).path.removeprefix(ROOT.rstrip("/"))
    return re.sub(r"(?<=/draft/)[^/]+", "F", re.sub(r"/\d+(?=/)", "/N", path)) or "/"


def _problem(text: str) -> str:
    found = re.search(r'class="error"[^>]*>([^<]*)', text)
    return found[1].strip() if found else ""


async def play(
    base: str,
    people: list[Ready],
    *,
    newcomers: int,
    pace_s: float,
    duration_s: float,
    seed: int = 0,
    log: Log | None = None,
    conversations: int | None = None,
) -> tuple[Log, Measures]:
    """All of `people` and some who only arrive, one action each `pace_s` seconds on average."""
    log, measures = log or Log(), Measures()
    connector = aiohttp.TCPConnector(limit=0, keepalive_timeout=KEEP_ALIVE_S)
    until = time.monotonic() + duration_s
    everybody: list[Ready | None] = [*people, *[None] * newcomers]
    bots = [
        Bot(
            base,
            connector,
            log,
            measures,
            pace_s=pace_s,
            rng=random.Random(f"{seed}-{place}"),
            person=person,
            conversations=conversations,
        )
        for place, person in enumerate(everybody)
    ]
    try:
        await asyncio.gather(*(bot.run(until) for bot in bots))
    finally:
        await connector.close()
    return log, measures


__all__ = ["STAGE_SURVEY", "Bot", "Log", "Measures", "play"]
