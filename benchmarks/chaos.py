"""Kill the web processes and the runner at random moments of many conversations; lose nothing.

    python -m benchmarks.chaos [--conversations 200] [--kills 30] [--seed 0]
        [--databases sqlite,postgresql] [--db URL]

Bots hold conversations with models behind a real endpoint of OpenAI's format that counts its calls;
one of the models refuses everything. Meanwhile SIGKILL hits, drawn from the seed: everything at
once (a power cut), the runner alone, or one web process alone. Afterwards the database must show:

- every write that was acknowledged, once, with the content that was sent;
- every place of every turn either answered or recorded as failed, and no job left over;
- no model asked more often than its retry policy says: once for each time that its job was
  begun, and a job is begun again only where a kill had interrupted it.

Status 1 where one of them does not hold.
"""

from __future__ import annotations

import argparse
import asyncio
import json
import random
import subprocess
import sys
import tempfile
import time
from collections import Counter
from contextlib import ExitStack, suppress
from dataclasses import asdict, dataclass, field
from pathlib import Path

import psutil
from benchmarks.live.bots import Log, Measures, play
from benchmarks.live.endpoint import Endpoint, counting_endpoint
from benchmarks.live.prepare import Ready
from benchmarks.live.proof import prove
from benchmarks.live.protocol import endpoint_models, write_study
from benchmarks.live.serving import LoggingServer, own_postgres

from manyvoices.collect.server.run import free_port

START_TRIES = 10
TARGETS = ("everything", "runner", "web")


@dataclass
class Findings:
    """What was done and what was found; everything in the second half must be zero."""

    conversations: int = 0
    turns: int = 0
    acknowledged: int = 0
    unheard: int = 0
    kills: dict[str, int] = field(default_factory=dict)
    calls: int = 0
    begun_again: int = 0
    """Jobs that a kill had interrupted."""
    failures_recorded: int = 0

    unfinished: int = 0
    missing: int = 0
    doubled: int = 0
    never_sent: int = 0
    unsettled: int = 0
    """Places in turns that are neither answered nor recorded as failed."""
    jobs_left: int = 0
    asked_too_often: int = 0
    examples: list[str] = field(default_factory=list)

    @property
    def holds(self) -> bool:
        return not (
            self.unfinished
            or self.missing
            or self.doubled
            or self.never_sent
            or self.unsettled
            or self.jobs_left
            or self.asked_too_often
        )


class Killer:
    """A server that is killed and started again, at moments and in ways drawn from a seed."""

    def __init__(self, study: Path, db: str, folder: Path, rng: random.Random) -> None:
        port = free_port()
        self.url = f"http://127.0.0.1:{port}"
        self._arguments = [str(study), "--db", db, "--port", str(port), "--workers", "2"]
        self._arguments += ["--data", str(folder / "data")]
        self._log = folder / "server.log"
        self._rng = rng
        self.kills: Counter[str] = Counter()
        self._server = self._start()

    def _start(self) -> LoggingServer:
        """As whatever supervises a server does: try again where the old one's port is not free."""
        for _ in range(START_TRIES):
            server = LoggingServer(self._arguments, url=self.url, log=self._log)
            try:
                server.wait_until_ready()
            except RuntimeError:
                server.stop()
                time.sleep(1)
            else:
                return server
        raise RuntimeError(f"the server did not come up; see {self._log}")

    def stop(self) -> None:
        self._server.stop()

    def strike(self, target: str) -> None:
        """SIGKILL; what does not come back by itself is started again."""
        self.kills[target] += 1
        family = psutil.Process(self._server.process.pid).children(recursive=True)
        runners = [p for p in family if "manyvoices.collect.jobs" in " ".join(_command(p))]
        webs = [p for p in family if p not in runners]
        if target == "everything":
            # The parent first: it would put a new process in the place of each that is killed.
            self._server.kill()
            _kill(family)
            self._server = self._start()
        else:
            chosen = runners if target == "runner" else webs
            if chosen:
                _kill([self._rng.choice(chosen)])

    async def strike_often(self, times: int, pause_s: tuple[float, float]) -> None:
        for number in range(times):
            await asyncio.sleep(self._rng.uniform(*pause_s))
            target = TARGETS[number] if number < 3 else self._rng.choice(TARGETS)
            await asyncio.to_thread(self.strike, target)


def _command(process: psutil.Process) -> list[str]:
    try:
        return list(process.cmdline())
    except psutil.Error:
        return []


def _kill(processes: list[psutil.Process]) -> None:
    for process in processes:
        with suppress(psutil.NoSuchProcess):
            process.kill()
    psutil.wait_procs(processes, timeout=10)


def main(arguments: list[str] | None = None) -> int:
    own = sys.argv[1:] if arguments is None else arguments
    options = _options(own)
    if options.db is None and options.one is None:
        status = 0
        for database in options.databases.split(","):
            command = [sys.executable, "-m", "benchmarks.chaos", *own, "--one", database]
            status |= subprocess.run(command, check=False).returncode
        return status
    with ExitStack() as stack:
        folder = Path(stack.enter_context(tempfile.TemporaryDirectory(prefix="manyvoices-chaos-")))
        db = options.db or f"sqlite:///{folder / 'chaos.sqlite3'}"
        if options.one == "postgresql":
            db, _pid = stack.enter_context(own_postgres())
        findings = _run(options, folder, db)
    print(json.dumps(asdict(findings) | {"database": db.split(":")[0], "holds": findings.holds}))
    return 0 if findings.holds else 1


def _options(arguments: list[str]) -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--conversations", type=int, default=200)
    parser.add_argument("--kills", type=int, default=30)
    parser.add_argument("--at-once", type=int, default=40, help="conversations side by side")
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--databases", default="sqlite,postgresql")
    parser.add_argument("--db", help="an empty database to use")
    parser.add_argument("--seconds", type=float, default=1200.0, help="to give up after")
    parser.add_argument("--one", choices=["sqlite", "postgresql"], help=argparse.SUPPRESS)
    return parser.parse_args(arguments)


def _run(options: argparse.Namespace, folder: Path, db: str) -> Findings:
    from benchmarks.live.prepare import people_in_conversation
    from django.utils import timezone

    from manyvoices.collect.server import setup

    rng = random.Random(options.seed)
    with counting_endpoint((0.05, 0.6), seed=options.seed) as endpoint:
        study = write_study(folder / "study", endpoint_models(endpoint.url, 64))
        setup.configure(db=db, folder=folder / "data", hosts=["127.0.0.1", "localhost"])
        setup.migrate()
        setup.publish([study])
        n_people = min(options.at_once, options.conversations)
        each = -(-options.conversations // n_people)
        people = people_in_conversation(n_people, now=timezone.now())
        killer = Killer(study, db, folder, rng)
        try:
            log, measures = asyncio.run(_play(killer, people, each, options))
            _wait_for_jobs()
        finally:
            killer.stop()
        findings = _findings(log, endpoint, n_people * each)
    findings.kills = dict(killer.kills)
    findings.examples += [f"{n} x {error}" for error, n in measures.errors.most_common(3)]
    return findings


async def _play(
    killer: Killer, people: list[Ready], each: int, options: argparse.Namespace
) -> tuple[Log, Measures]:
    strikes = asyncio.create_task(killer.strike_often(options.kills, (0.8, 2.5)))
    try:
        return await play(
            killer.url,
            people,
            newcomers=0,
            pace_s=0.3,
            duration_s=options.seconds,
            seed=options.seed,
            conversations=each,
        )
    finally:
        strikes.cancel()
        with suppress(asyncio.CancelledError):
            await strikes


def _wait_for_jobs(seconds: float = 600.0) -> None:
    """Until the runner has nothing left to do."""
    from manyvoices.collect.jobs.models import Job

    end = time.monotonic() + seconds
    open_jobs = Job.objects.filter(state__in=[Job.State.QUEUED, Job.State.LEASED])
    while open_jobs.exists() and time.monotonic() < end:
        time.sleep(0.2)


def _findings(log: Log, endpoint: Endpoint, wanted: int) -> Findings:
    from manyvoices.collect.conversations.models import Conversation, Turn, Utterance
    from manyvoices.collect.jobs.models import Job

    proof = prove(log)
    places = Utterance.objects.all()
    jobs = Job.objects.all()
    found = Findings(
        conversations=Conversation.objects.filter(finished_at__isnull=False).count(),
        turns=Turn.objects.count(),
        acknowledged=proof.acknowledged,
        unheard=log.unheard,
        calls=sum(endpoint.calls.values()),
        begun_again=jobs.filter(attempts__gt=1).count(),
        failures_recorded=places.filter(failure__isnull=False).count(),
        missing=len(proof.missing),
        doubled=len(proof.doubled),
        never_sent=proof.never_sent,
        unsettled=places.filter(settled_at=None).count()
        + places.filter(text=None, failure=None).count()
        + places.exclude(text=None).exclude(failure=None).count(),
        jobs_left=jobs.filter(state__in=[Job.State.QUEUED, Job.State.LEASED]).count(),
        examples=(proof.missing + proof.doubled)[:5],
    )
    found.unfinished = max(0, wanted - found.conversations)
    allowed = _calls_allowed()
    for (text, model), n in endpoint.calls.items():
        if n > allowed[text, model]:
            found.asked_too_often += 1
            found.examples.append(f"{model}: {n} calls, {allowed[text, model]} allowed: {text}")
    return found


def _calls_allowed() -> Counter[tuple[str, str]]:
    """(message, model) -> how often the jobs of that turn were begun for that model.

    Every fault of this endpoint is final, so that each beginning is good for one call.
    """
    from manyvoices.collect.conversations.models import Utterance
    from manyvoices.collect.jobs.models import Job

    attempts = dict(Job.objects.values_list("key", "attempts"))
    allowed: Counter[tuple[str, str]] = Counter()
    for pk, text, responder in Utterance.objects.values_list("pk", "turn__prompt", "responder"):
        allowed[text, responder.removeprefix("model-")] += attempts.get(str(pk), 0)
    return allowed


if __name__ == "__main__":
    sys.exit(main())
