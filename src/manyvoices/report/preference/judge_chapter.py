"""The chapter of one judging model."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from manyvoices.evaluate.preference.texts import p_text, percent, points
from manyvoices.report.preference import tables
from manyvoices.report.preference.figures import Mark, forest
from manyvoices.report.preference.wording import BOTH_WAYS, Found, level, shown, slug
from manyvoices.report.section import Item, Section


def judge_section(id_: str, name: str, judge: Found, found: Found) -> Section:
    """How often the judge `name` says what people say, all of them and group by group."""
    notes = tuple(_calls(judge))
    if not judge["n_counting"]:
        return Section(lead="None of its verdicts can be held against people's.", items=(),
                       notes=notes)  # fmt: skip
    both = judge["joins"]["pair"]["with_ties"]
    agrees, kappa = percent(both["agreement"]), shown(both["kappa"])
    groups = (
        _group_item(id_, name, judge, found, field, rows)
        for field, rows in judge["votes"]["by"].items()
    )
    return Section(
        lead=f"{name} says what people's majority says on {agrees} of what both judged; "
        f"kappa {kappa}.",
        items=(_agreement_item(id_, name, judge, found), *groups),
        notes=notes,
        in_short=(f"The judge {name} agrees with people on {agrees}, kappa {kappa}.",),
    )


def _calls(judge: Found) -> Iterator[str]:
    """What became of the verdicts that were asked for; nothing where they were given."""
    calls = judge["calls"]
    if calls:
        counts = (f"{n:,} {what.replace('_', ' ')}" for what, n in calls.items() if n)
        yield f"Asked in both orders: {', '.join(counts)}."


def _agreement_item(id_: str, name: str, judge: Found, found: Found) -> Item:
    both = judge["joins"]["pair"]
    return Item(
        f"{id_}-agreement", f"How often {name} says what people say",
        f"{both['with_ties']['n']:,} units that both judged",
        f"{level(found)} intervals: over prompts for majorities (one fixed judge), over people "
        "and prompts for single votes; kappa over units. Published figures differ by the join",
        "MT-bench, arXiv 2306.05685",
        forest(f"{id_}-agreement", _agreement_marks(judge, found), xlabel="% agreement",
               middle=None, alt=(f"{name} agrees with people's majority on "
                                 f"{percent(both['with_ties']['agreement'])}.")),
        tables.judge(judge), tuple(_biases(judge)),
    )  # fmt: skip


def _agreement_marks(judge: Found, found: Found) -> list[Mark]:
    both, votes, people = judge["joins"]["pair"], judge["votes"], found["agreement"]["pairs"]
    marks = [
        Mark("with people's majority", both["with_ties"]["agreement"]),
        Mark("with the majority, ties left out", both["without_ties"]["agreement"]),
        Mark("with single people", votes["with_ties"]),
        Mark("with single people, ties left out", votes["without_ties"]),
    ]
    if people["value"] is not None:
        marks.append(Mark("people with each other", people))
    return marks


def _group_item(
    id_: str, name: str, judge: Found, found: Found, field: str, rows: Sequence[Found]
) -> Item:
    key = f"{id_}-by-{slug(field)}"
    groups = [Mark(one["value"], one["agreement"], points(one["against_others"])) for one in rows]
    return Item(
        key, f"Whose judge is it? By {field}",
        f"{judge['votes']['with_ties']['n']:,} single votes",
        f"Agreement with single people of each group; right: less all others. "
        f"{level(found)} intervals {BOTH_WAYS}",
        drawing=forest(key, groups, xlabel="% agreement", middle=None,
                       alt=f"Agreement of {name} with people by {field}."),
        table=tables.judge_by(rows, field),
    )  # fmt: skip


def _biases(judge: Found) -> Iterator[str]:
    kept, bias, own = judge["consistency"], judge["bias"], judge["own_house"]
    if kept["from"] is None:
        yield f"Whether its verdict changes with the places cannot be told: {kept['why']}."
    else:
        yield f"Its verdict changes with the places in {percent(kept['inconsistent'])}."
    if kept["from"] == "both orders":
        yield (
            f"The first answer wins in both orders in {percent(kept['first_in_both'])}, the second "
            f"in {percent(kept['second_in_both'])}."
        )
    yield (f"Shown first, strengths cancelled: {percent(bias['place'])}." if bias["place"]
           else f"Whether the place sways it cannot be told: {bias['place_why']}.")  # fmt: skip
    yield (f"The longer answer wins {percent(bias['length'])}." if bias["length"]
           else f"Whether length sways it cannot be told: {bias['length_why']}.")  # fmt: skip
    if own:
        yield (
            f"Models of its own maker ({', '.join(own['family'])}) get "
            f"{points(own['difference'])} against people's own scores, p {p_text(own['p'])}."
        )
