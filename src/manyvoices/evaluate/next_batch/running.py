"""``manyvoices evaluate next``: read, look for reasons, share the budget, write."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from manyvoices.design import load_study, read_study
from manyvoices.design.comparisons.batch import Ask
from manyvoices.design.comparisons.stage import ComparisonsStage
from manyvoices.design.protocol import Study
from manyvoices.design.stages import ConversationsStage
from manyvoices.evaluate.files import put, write_results
from manyvoices.evaluate.next_batch.config import NextConfig
from manyvoices.evaluate.next_batch.coverage import gaps
from manyvoices.evaluate.next_batch.disagreement import Found, disagreements
from manyvoices.evaluate.next_batch.doubts import doubts
from manyvoices.evaluate.next_batch.errors import NothingToAsk, NoVerdicts
from manyvoices.evaluate.next_batch.evidence import Evidence
from manyvoices.evaluate.next_batch.exploring import at_random
from manyvoices.evaluate.next_batch.failures import Failing, failing
from manyvoices.evaluate.next_batch.gain import expected_gain
from manyvoices.evaluate.next_batch.possible import Possible, of_evidence, of_study
from manyvoices.evaluate.next_batch.reading import read_evidence
from manyvoices.evaluate.next_batch.sharing import Wish, allot, room_of, share_out
from manyvoices.evaluate.next_batch.telling import readme, results_of
from manyvoices.evaluate.next_batch.uncertainty import Standing, most_telling, standing
from manyvoices.io import read_native
from manyvoices.train.config import as_plain

BATCH = "next_batch.jsonl"
Stage = ConversationsStage | ComparisonsStage


@dataclass(frozen=True, slots=True)
class NextResult:
    """What to ask, and where it was written."""

    out: Path
    results: Mapping[str, Any]
    asks: tuple[Ask, ...]


def run(config: NextConfig, *, progress: Callable[[int, int], None] | None = None) -> NextResult:
    """Read what is known, and write what to ask next.

    Raises:
        StudyError, DataError: The study or the data have faults; every one is named.
        NothingToAsk, NoVerdicts, UnknownAnswer: See `errors`.
    """
    told = progress or (lambda _done, _total: None)
    study, stage = _stage(config)
    possible = of_study(study, stage) if study is not None and stage is not None else None
    evidence = read_evidence(config, None if possible is None else possible.kind)
    possible = possible or of_evidence(evidence)
    evidence = evidence.of(possible.models)
    if not evidence.verdicts:
        raise NoVerdicts(evidence.where, evidence.left_out)
    told(1, 3)
    planned = plan(evidence, possible, config)
    told(2, 3)
    gain = expected_gain(planned.asks, evidence, possible, planned.now, config.uncertainty.l2)
    results = results_of(
        planned.asks, planned.shares, evidence, possible, planned.now, gain, planned.differing,
        planned.failed, stage=None if stage is None else stage.id, config=as_plain(config),
    )  # fmt: skip
    lines = [ask.model_dump_json(exclude_none=True) for ask in planned.asks]
    put(config.out / BATCH, "".join(f"{line}\n" for line in lines))
    write_results(config.out, results, readme(results))
    told(3, 3)
    return NextResult(config.out, results, planned.asks)


@dataclass(frozen=True, slots=True)
class Planned:
    """A batch, with what it rests on."""

    asks: tuple[Ask, ...]
    shares: Mapping[str, int]
    """Reason -> verdicts."""
    now: Standing
    differing: Found
    failed: Failing


def plan(evidence: Evidence, possible: Possible, config: NextConfig) -> Planned:
    """The batch for what is known, as every reason has a use for its share of the budget."""
    differing = disagreements(evidence, possible, config)
    failed = failing(evidence, possible, config)
    wishes: dict[str, list[Wish]] = {
        "disagreement": [*differing.wishes, *doubts(evidence, possible, config)],
        "coverage": gaps(evidence, possible, config),
        "failures": failed.wishes,
    }
    now = standing(evidence, possible, config)
    shares = share_out(
        config.n,
        config.shares.model_dump(),
        {reason: room_of(found) for reason, found in wishes.items()},
    )
    asks = most_telling(evidence, possible, config, now, shares["uncertainty"])
    for reason, found in wishes.items():
        asks += allot(found, shares[reason])
    asks += at_random(possible, config, shares["exploration"])
    return Planned(tuple(asks), shares, now, differing, failed)


def _stage(config: NextConfig) -> tuple[Study | None, Stage | None]:
    """The study that will be asked, and the stage of it; neither where only battles are known."""
    study, where = None, str(config.study or config.data)
    if config.study is not None:
        study = load_study(config.study)
    elif config.data.is_dir():
        files = read_native(config.data).study
        study = read_study(files, "study.yaml") if "study.yaml" in files else None
    if study is None:
        return None, None
    there = [s for s in study.stages if isinstance(s, ComparisonsStage | ConversationsStage)]
    if config.stage is not None:
        found = [stage for stage in there if stage.id == config.stage]
    else:
        compared = [stage for stage in there if isinstance(stage, ComparisonsStage)]
        found = [*compared] or there
    if len(found) != 1:
        raise NothingToAsk(where, config.stage, [stage.id for stage in there])
    return study, found[0]


def lines(result: NextResult) -> Iterator[Any]:
    """What a terminal shows."""
    from rich.table import Table

    from manyvoices.evaluate.next_batch.telling import sentences

    yield from sentences(result.results)
    table = Table("reason", "verdicts", "asks")
    for reason, n in result.results["shares"].items():
        table.add_row(reason, f"{n:,}", str(sum(ask.reason == reason for ask in result.asks)))
    yield table
    yield f"{result.out / BATCH}: serve STUDY.yaml --next-batch takes it up"
