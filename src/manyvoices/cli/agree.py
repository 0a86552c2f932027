"""``manyvoices agree``: how far the people who judged the same things agree."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from manyvoices.cli.common import JsonFlag, console, errors, print_json, verb
from manyvoices.schema.errors import DataError, Fault

if TYPE_CHECKING:
    from manyvoices.aggregate import Battles

FORMATS = ("arena", "native", "comparisons", "prism", "ballots", "oasst-trees", "ratings")
UNIT_FIELDS = ("question_id", "conversation_id", "turn")
"""Fields of a battle that tell units apart, where --unit names none."""
ALONE = "each conversation is judged by one person, so no two judged the same"
OWN_PROMPTS = "people brought their own prompts, so no two judged the same"


@dataclass(frozen=True)
class Options:
    """What the command line asked for."""

    unit: tuple[str, ...]
    value: str
    level: str | None
    order: tuple[str, ...] | None
    join: str
    resampling: dict[str, Any]


@verb
def agree(
    data: Annotated[
        Path,
        typer.Argument(help="Battles with judges, a release, rankings, or a table of ratings."),
    ],
    format: Annotated[
        str | None,
        typer.Option(
            "--format",
            "-f",
            help="arena, native, comparisons, prism, ballots, oasst-trees or ratings; told from "
            "the content if left out (.csv and .parquet hold ratings).",
        ),
    ] = None,
    against: Annotated[
        Path | None,
        typer.Option(help="Battles by other judges, compared with the majority here (arena)."),
    ] = None,
    join: Annotated[
        str, typer.Option(help="Units of battles: pair (either way round) or shown (as shown).")
    ] = "pair",
    unit: Annotated[
        list[str] | None,
        typer.Option(help="Field that tells units apart; repeatable. Ratings: unit."),
    ] = None,
    value: Annotated[str, typer.Option(help="Ratings: column of the ratings.")] = "value",
    level: Annotated[
        str | None,
        typer.Option(help="nominal|ordinal|interval; numbers are ordinal if left out."),
    ] = None,
    order: Annotated[
        str | None, typer.Option(help="Ordinal words, lowest first, with commas between.")
    ] = None,
    confidence: Annotated[float, typer.Option(help="Coverage of the intervals.")] = 0.95,
    resamples: Annotated[int, typer.Option(min=0, help="Resamples of units or people.")] = 1000,
    seed: Annotated[int, typer.Option(help="Seed of the resamples.")] = 0,
    json: JsonFlag = False,
) -> None:
    """Say how far judges agree, and whether the side shown first is favoured.

    Krippendorff's alpha over all who judged the same unit; 1 is full agreement, 0 what chance
    gives. Of a release with comparisons, a unit is a prompt and two models. With --against, Cohen's
    kappa between the majority here and the verdicts there.
    """
    resampling = {"confidence": confidence, "n_resamples": resamples, "seed": seed}
    words = tuple(order.split(",")) if order else None
    options = Options(tuple(unit or ()), value, level, words, join, resampling)
    try:
        with errors.status(f"Reading {data.name}"):
            document = _agree(data, _kind(data, format), against, options)
    except ValueError as error:
        raise typer.BadParameter(str(error)) from error
    if json:
        print_json(document)
    else:
        _print(document)


def _kind(data: Path, name: str | None) -> str:
    if name is not None:
        if name not in FORMATS:
            raise typer.BadParameter(f"--format is one of {', '.join(FORMATS)}, found {name!r}")
        return name
    if data.name.endswith((".csv", ".csv.gz", ".parquet")):
        return "ratings"
    from manyvoices.cli.elections import first_keys
    from manyvoices.io import detect_format

    found = "ballots" if "election_id" in first_keys(data) else detect_format(data)
    if found == "native-comparisons":
        return "comparisons"
    if found not in FORMATS:
        raise DataError([Fault(str(data), None, "", found, f"judgements: {', '.join(FORMATS)}")])
    return found


def _agree(data: Path, kind: str, against: Path | None, options: Options) -> dict[str, Any]:
    if against is not None and kind != "arena":
        raise ValueError(f"--against compares battles (arena), found {kind}")
    document: dict[str, Any] = {"data": str(data), "format": kind}
    if kind == "ratings":
        return document | _of_ratings(data, options)
    if kind in ("ballots", "oasst-trees"):
        return document | _of_rankings(data, kind, options)
    if kind == "arena":
        return document | _of_battles(data, against, options)
    if kind == "native":
        return document | _of_release(data, options)
    if kind == "comparisons":
        return document | _of_file(data, options)
    from manyvoices.aggregate import Battles, position_bias

    return document | {
        "no_agreement": ALONE,
        "position": asdict(position_bias(Battles.from_prism(data), **options.resampling)),
    }


def _of_release(data: Path, options: Options) -> dict[str, Any]:
    """Agreement on the comparisons of a release; the place's advantage over all it holds."""
    from manyvoices.aggregate import Battles, position_bias
    from manyvoices.aggregate.sources import release_sources

    source = release_sources(data)
    names = _comparison_fields(options)
    compared = None
    if source != "conversations":
        compared = Battles.from_release(data, source="comparisons", groups=names)
    both = compared if source == "comparisons" else Battles.from_release(data, source=source)
    assert both is not None
    return {
        "source": source,
        **({"no_agreement": ALONE} if compared is None else _of_comparisons(compared, options)),
        "position": asdict(position_bias(both, **options.resampling)),
    }


def _of_file(data: Path, options: Options) -> dict[str, Any]:
    """The same of a file of comparisons alone."""
    from manyvoices.aggregate import position_bias
    from manyvoices.aggregate.sources import battles_from_comparisons

    compared = battles_from_comparisons(data, groups=_comparison_fields(options))
    return {
        **_of_comparisons(compared, options),
        "position": asdict(position_bias(compared, **options.resampling)),
    }


def _comparison_fields(options: Options) -> tuple[str, ...]:
    return tuple(dict.fromkeys((*(options.unit or ("stage",)), "prompt_id")))


def _of_comparisons(compared: Battles, options: Options) -> dict[str, Any]:
    """Agreement on prompts that several people judged."""
    from manyvoices.aggregate import Verdicts, krippendorff_alpha
    from manyvoices.aggregate.battles import NOT_GIVEN

    shared = compared.select(compared.groups["prompt_id"] != NOT_GIVEN)
    if not len(shared):
        return {"no_agreement": OWN_PROMPTS}
    fields = options.unit or ("stage", "prompt_id")
    verdicts = Verdicts.from_battles(shared, fields, join=options.join)
    return {
        "unit": [*fields, f"models ({options.join})"],
        "n_judges": shared.n_participants,
        "n_judgements": len(shared),
        "n_units": len(verdicts),
        "alpha": asdict(krippendorff_alpha(verdicts.of.values(), **options.resampling)),
    }


def _of_battles(data: Path, against: Path | None, options: Options) -> dict[str, Any]:
    from manyvoices.aggregate import Verdicts, cohen_kappa, krippendorff_alpha, position_bias

    fields = options.unit or _unit_fields(data)
    battles = _battles(data, fields)
    verdicts = Verdicts.from_battles(battles, fields, join=options.join)
    document: dict[str, Any] = {
        "unit": [*fields, f"models ({options.join})"],
        "n_judges": battles.n_participants,
        "n_judgements": len(battles),
        "n_units": len(verdicts),
        "alpha": asdict(krippendorff_alpha(verdicts.of.values(), **options.resampling)),
        "position": asdict(position_bias(battles, **options.resampling)),
    }
    if against is not None:
        other = Verdicts.from_battles(_battles(against, fields), fields, join=options.join)
        document["against"] = str(against)
        for name, ties in (("with_ties", True), ("without_ties", False)):
            pairs = verdicts.paired_with(other, ties=ties)
            document[name] = asdict(cohen_kappa(*pairs, **options.resampling))
    return document


def _battles(data: Path, fields: tuple[str, ...]) -> Battles:
    from manyvoices.aggregate import Battles

    return Battles.from_arena(data, groups=fields)


def _unit_fields(data: Path) -> tuple[str, ...]:
    """The fields that say which question was judged, of those that the file has."""
    from manyvoices.io import read_battles

    known: set[str] = set()
    for row in read_battles(data):
        known.update(row.groups)
        known.update({"turn"} if row.turn is not None else ())
    found = tuple(name for name in UNIT_FIELDS if name in known)
    if found in ((), ("turn",)):
        raise DataError([Fault(str(data), None, "", "no field that says which question was judged",
                               "question_id", "name another one with --unit")])  # fmt: skip
    return found


def _of_rankings(data: Path, kind: str, options: Options) -> dict[str, Any]:
    """Kendall's W of every election in which all rank all, and alpha over all pairs."""
    from itertools import combinations

    from manyvoices.aggregate import Ballots, IncompleteBallotsError, kendall_w, krippendorff_alpha
    from manyvoices.cli.elections import read_elections

    rows: list[list[str]] = []
    concordance, n_ballots, n_elections = [], 0, 0
    for election in read_elections(data, kind):
        if not election.rankings:
            continue
        n_elections += 1
        ballots = Ballots.from_rankings(election.rankings, election.candidates, election.weights)
        n_ballots += len(ballots)
        places = ballots.places.T.tolist()
        for pair in combinations(places, 2):
            # Which of two stands first is arbitrary: taken in turns, so that neither word is rare.
            mine, yours = pair if len(rows) % 2 else pair[::-1]
            rows.append([_above(a, b) for a, b in zip(mine, yours, strict=True) if min(a, b) >= 0])
        try:
            found = kendall_w(ballots)
        except IncompleteBallotsError:
            continue
        if not found.why_undefined:
            concordance.append(found.value)
    if not n_elections:
        raise DataError([Fault(str(data), None, "", "no single ranking", "at least one ballot")])
    return {
        "unit": ["election", "pair of candidates"],
        "n_elections": n_elections,
        "n_ballots": n_ballots,
        "alpha": asdict(krippendorff_alpha(rows, **options.resampling)),
        "n_elections_with_w": len(concordance),
        "mean_kendall_w": sum(concordance) / len(concordance) if concordance else None,
    }


def _above(mine: int, yours: int) -> str:
    return "above" if mine < yours else "below" if mine > yours else "level"


def _of_ratings(data: Path, options: Options) -> dict[str, Any]:
    from manyvoices.aggregate import Units, krippendorff_alpha
    from manyvoices.aggregate.columns import require_columns
    from manyvoices.aggregate.tables import read_table

    fields = options.unit or ("unit",)
    table = read_table(data)
    require_columns(table, [*fields, options.value])
    values = [_number(value) for value in table[options.value]]
    words = [value for value in values if isinstance(value, str)]
    if words:  # one word among numbers makes all of them words
        values = [None if value is None else str(value) for value in table[options.value]]
    level = options.level or ("ordinal" if options.order or not words else "nominal")
    keys = list(zip(*(table[name] for name in fields), strict=True))
    units = Units.from_columns(keys, values, options.order)
    alpha = krippendorff_alpha(units, level, order=options.order, **options.resampling)
    return {
        "unit": list(fields),
        "level": level,
        "n_ratings": int(units.counts.sum()),
        "n_units": len(units.counts),
        "categories": list(units.categories) if len(units.categories) <= 20 else None,
        "alpha": asdict(alpha),
    }


def _number(value: Any) -> float | str | None:
    try:
        return None if value is None else float(value)
    except ValueError:
        return str(value)


def _print(document: dict[str, Any]) -> None:
    for line in _lines(document):
        console.print(line, markup=False, highlight=False, soft_wrap=True)


def _lines(document: dict[str, Any]) -> Iterator[str]:
    facts = {"n_judges": "judges", "n_judgements": "judgements", "n_ratings": "ratings",
             "n_elections": "elections", "n_ballots": "ballots", "n_units": "units"}  # fmt: skip
    counts = [f"{document[key]:,} {word}" for key, word in facts.items() if document.get(key)]
    yield f"{document['data']} ({document['format']}): {', '.join(counts) or 'no units'}"
    if "unit" in document:
        yield f"A unit is one {' x '.join(document['unit'])}"
    if "no_agreement" in document:
        yield f"No agreement to measure: {document['no_agreement']}"
    names = {"alpha": f"Krippendorff's alpha ({document.get('level', 'nominal')})",
             "with_ties": "Cohen's kappa with the other judges, ties a verdict of their own",
             "without_ties": "Cohen's kappa where neither side says tie"}  # fmt: skip
    for key, name in names.items():
        if key in document:
            yield f"{name}: {_figure(document[key])}"
    if document.get("mean_kendall_w") is not None:
        yield (f"Kendall's W, mean of {document['n_elections_with_w']:,} elections in which all "
               f"rank all: {document['mean_kendall_w']:.4f}")  # fmt: skip
    if "position" in document:
        yield from _position(document["position"])


def _figure(found: dict[str, Any]) -> str:
    if found["why_undefined"]:
        return f"undefined: {found['why_undefined']}"
    return (f"{found['value']:.4f} [{found['low']:.4f}, {found['high']:.4f}], "
            f"{found['n_units']:,} units with two ratings or more")  # fmt: skip


def _position(found: dict[str, Any]) -> Iterator[str]:
    ends = found["why_no_interval"] or f"{found['low']:.4f} to {found['high']:.4f}"
    yield f"Left side wins {found['share']:.4f} of {found['n_decided']:,.0f} decided ({ends})"
    if found["n_both_ways"]:
        yield (f"Strengths of the models cancelled: {found['balanced']:.4f} "
               f"({found['balanced_low']:.4f} to {found['balanced_high']:.4f}), "
               f"{found['n_both_ways']:,} pairs of models shown both ways round")  # fmt: skip
