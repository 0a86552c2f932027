"""A whole rehearsal: tables, study, plan, a server of its own, the bots, and the outcome."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from urllib.parse import unquote, urlsplit

import msgspec

from manyvoices.collect.rehearsal.own_server import own_server, web_processes
from manyvoices.collect.rehearsal.plan import Bot, Group, Plan, make_plan
from manyvoices.collect.rehearsal.planted import Planted, document, expect
from manyvoices.collect.rehearsal.playing import Token, play
from manyvoices.collect.rehearsal.tally import PageTime, Tally
from manyvoices.collect.server import setup
from manyvoices.design import load_study
from manyvoices.design.dialogue import derive_seed
from manyvoices.design.steering import with_batch

DEFAULT_DB = "sqlite:///rehearsal.sqlite3"
"""A file of its own, so that bots come into real data only where somebody asks for it."""
CONCURRENCY = 48


@dataclass(frozen=True, slots=True)
class Fault:
    """A fault that bots met, and how often."""

    page: str
    status: int | None
    field: str | None
    found: str
    times: int


@dataclass(frozen=True, slots=True)
class Outcome:
    """What was played and what was planted."""

    study_id: str
    database: str
    """The URL, without its password."""
    participants: int
    completed: int
    out: dict[str, int]
    """Why others are out by the study's rules (``screen_out``, ``over_quota``) or had no place
    (``waiting``) -> how many."""
    conversations: int
    turns: int
    ratings: int
    comparisons: int
    missing_answers: int
    asked_again: int
    sent_back: int
    seconds: float
    requests: int
    pages_per_second: float
    faults: list[Fault]
    completion_codes: dict[str, int]
    page_times: list[PageTime]
    plan_file: str
    plan: dict[str, Any]
    screenshots: str | None = None
    first_login: str | None = None
    """Password of the account ``researcher`` that was made with a new database."""

    @property
    def ok(self) -> bool:
        """Whether every bot came to the end, or was sent away by the study's own rules, and no
        page was at fault."""
        return self.completed + sum(self.out.values()) == self.participants and not self.faults


@dataclass(frozen=True, slots=True)
class Files:
    """What a rehearsal leaves beside its database."""

    plan: Path
    server_log: Path
    screenshots: Path

    @classmethod
    def beside(cls, db: str) -> Files:
        """Names made from the database's; in the working folder for PostgreSQL."""
        parts = urlsplit(db)
        base = unquote(parts.path[1:]) or "rehearsal"
        if parts.scheme != "sqlite":
            base = Path(base).name
        return cls(*(Path(f"{base}.{end}") for end in ("planted.json", "server.log", "screens")))


def rehearse(
    study_file: Path,
    *,
    participants: int,
    seed: int = 0,
    db: str | None = None,
    concurrency: int = CONCURRENCY,
    workers: int | None = None,
    delays: bool = False,
    browser: bool = False,
    group: Group | None = None,
    dropouts: float = 0.0,
    win_rates: Mapping[str, float] | None = None,
    next_batch: Path | None = None,
    stage: str | None = None,
    plan_file: Path | None = None,
    watch: Callable[[Tally], None] | None = None,
) -> Outcome:
    """Hold a rehearsal of the study in `study_file` with `participants` bots.

    `workers`: web processes of the server; as many as this machine has cores if None. Without
    `delays`, scripted models answer at once: a bot has nothing to do while it waits, and a place
    in which it waits is one in which no other bot plays.

    `win_rates`: model -> how often it is preferred to the baseline, planted as such. `next_batch`:
    what is worth asking, put in force in `stage` as ``serve --next-batch`` does.

    `watch` is called ten times a second with what has happened so far. Configures Django for `db`
    in this process, so call it once per process. Raises `StudyError` where the study has faults,
    `NoSuchGroup`, `NoSuchWinRate`, and `RehearsalError` where no server comes up.
    """
    study = (
        load_study(study_file)
        if next_batch is None
        else with_batch(study_file, next_batch, stage=stage)
    )
    plan = make_plan(
        study,
        participants=participants + browser,
        seed=seed,
        group=group,
        dropouts=dropouts,
        win_rates=win_rates,
    )
    if browser:
        from manyvoices.collect.rehearsal.browser import find_chromium

        find_chromium()  # What is missing is said before anything is stored.
    db = db or DEFAULT_DB
    files = Files.beside(db)
    setup.configure(db=db)
    setup.migrate()
    setup.publish_specs([study])
    password = setup.first_researcher()
    planted = expect(plan)
    plan_file = write_plan(plan, planted, plan_file or files.plan)
    tally = Tally()
    server = own_server(db, files.server_log, workers or web_processes(), delays=delays)
    with server as url, watching(tally, watch):
        token = _tokens(plan)
        tally.start()
        bots = plan.bots[:participants]
        play(bots, study, url=url, token=token, concurrency=concurrency, tally=tally)
        if browser:
            from manyvoices.collect.rehearsal.browser import play_in_browser

            last, folder = plan.bots[-1], files.screenshots
            play_in_browser(last, study, url=url, token=token(last), folder=folder, tally=tally)
    shown = str(files.screenshots) if browser else None
    return _outcome(plan, planted, tally, db, plan_file, shown, password)


def _tokens(plan: Plan) -> Token:
    """Each bot's own way in: the server's draws for it follow from the plan's seed, too."""
    from manyvoices.collect.people.operations import rehearsal_token

    def token(bot: Bot) -> str:
        return rehearsal_token(plan.study.id, derive_seed(plan.seed, "draws", bot.number))

    return token


def write_plan(plan: Plan, planted: Planted, path: Path) -> Path:
    """Write what was planted as JSON."""
    path.parent.mkdir(parents=True, exist_ok=True)
    encoded = msgspec.json.encode(document(plan, planted))
    path.write_bytes(msgspec.json.format(encoded, indent=2) + b"\n")
    return path


@contextmanager
def watching(tally: Tally, watch: Callable[[Tally], None] | None) -> Iterator[None]:
    """Call `watch` ten times a second, and once at the end."""
    if watch is None:
        yield
        return
    over = threading.Event()

    def look() -> None:
        while not over.wait(0.1):
            watch(tally)

    thread = threading.Thread(target=look, daemon=True)
    thread.start()
    try:
        yield
    finally:
        over.set()
        thread.join()
        watch(tally)


def _outcome(
    plan: Plan,
    planted: Planted,
    tally: Tally,
    db: str,
    plan_file: Path,
    screenshots: str | None,
    password: str | None,
) -> Outcome:
    seconds = tally.seconds
    return Outcome(
        study_id=plan.study.id,
        database=without_password(db),
        participants=len(plan.bots),
        completed=tally.completed,
        out=dict(sorted(tally.out.items())),
        conversations=tally.conversations,
        turns=tally.turns,
        ratings=tally.ratings,
        comparisons=tally.comparisons,
        missing_answers=tally.missing_answers,
        asked_again=tally.asked_again,
        sent_back=tally.sent_back,
        seconds=round(seconds, 1),
        requests=tally.requests,
        pages_per_second=round(tally.requests / seconds, 1) if seconds else 0.0,
        faults=[
            Fault(f.page, f.status, f.field, f.found, times)
            for f, times in tally.faults.most_common()
        ],
        completion_codes=dict(tally.codes),
        page_times=tally.page_times(),
        plan_file=str(plan_file),
        plan=document(plan, planted),
        screenshots=screenshots,
        first_login=password,
    )


def without_password(db: str) -> str:
    """A database URL that may be shown."""
    secret = urlsplit(db).password
    return db.replace(f":{secret}@", ":***@") if secret else db
