"""How far people agree on battles: of an arena's file, or of a release's comparisons."""

from __future__ import annotations

from dataclasses import asdict, dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from manyvoices.schema.errors import DataError, Fault

if TYPE_CHECKING:
    from manyvoices.aggregate import Battles

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


def of_release(data: Path, options: Options) -> dict[str, Any]:
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


def of_comparisons_file(data: Path, options: Options) -> dict[str, Any]:
    """The same as `of_release`, of a file of comparisons alone."""
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


def of_prism(data: Path, options: Options) -> dict[str, Any]:
    """The place's advantage alone: nobody else judged what one person did."""
    from manyvoices.aggregate import Battles, position_bias

    return {
        "no_agreement": ALONE,
        "position": asdict(position_bias(Battles.from_prism(data), **options.resampling)),
    }


def of_battles(data: Path, against: Path | None, options: Options) -> dict[str, Any]:
    """Alpha of all judges, the place's advantage, and kappa with the judges of `against`."""
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
