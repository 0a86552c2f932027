"""The chapters of a preference study's page, from what ``results.json`` holds."""

from __future__ import annotations

from collections.abc import Iterator
from math import isnan

from manyvoices.evaluate.preference.texts import AGREEMENTS, p_text, pair_name, percent
from manyvoices.report.preference import tables
from manyvoices.report.preference.figures import Mark, forest, growth_figure
from manyvoices.report.preference.judge_chapter import judge_section
from manyvoices.report.preference.outcomes_figure import outcomes_figure
from manyvoices.report.preference.wording import (
    BOTH_WAYS,
    CORRECTIONS,
    Found,
    cases,
    label,
    level,
    method,
    percent_won,
    shown,
    slug,
)
from manyvoices.report.section import Item, Section


def chapters(found: Found) -> Iterator[tuple[str, str, Section]]:
    """Id, title and content, in the order of the page."""
    yield "rates", "Win rates", _rates(found)
    if any(row["by"] for row in found["rates"]):
        yield "groups", "By category and group", _groups(found)
    yield "place", "Place and length", _place(found)
    yield "agreement", "Do people agree?", _agreement(found)
    for n, (name, judge) in enumerate(found["judges"].items(), start=1):
        yield f"judge-{n}", f"The judge {name}", judge_section(f"judge-{n}", name, judge, found)
    yield "growth", "As the study grew", _growth(found)
    yield "rules", "What other rules would give", _rules(found)
    yield "plan", "What was planned", _plan(found)


def _rates(found: Found) -> Section:
    rows = found["rates"]
    named = [{"label": label(found, row), "outcomes": row["outcomes"]} for row in rows]
    in_short = tuple(
        f"{row['model']} wins {percent(row['rate'])} against {row['against']}"
        f"{_by_chance(found, row)}."
        for row in rows[:3]
    )
    return Section(
        lead=(
            "How often each model is preferred, for people and prompts yet to come. Failures, "
            "“cannot judge” and votes set aside are in no rate and stand in columns of their own."
        ),
        items=(
            _rates_item(found),
            Item(
                "outcomes", "What every comparison came to",
                f"{sum(sum(row['outcomes'].values()) for row in rows):,} comparisons",
                "Counts; nothing is estimated", drawing=outcomes_figure("outcomes", named),
            ),
            *_answers(found),
        ),
        in_short=in_short,
    )  # fmt: skip


def _rates_item(found: Found) -> Item:
    rows, paper = found["rates"], found["paper"]
    marks = [Mark(label(found, row), row["rate"], percent(row["rate"])) for row in rows]
    # The published figure is of a model against a baseline: it answers nothing else.
    reference = None
    if found["baseline"]:
        reference = paper["value"], f"{paper['value']:.1%}, {paper['of']} ({paper['source']})"
    return Item(
        "rates", "Win rates with their intervals", cases(found), method(found),
        "OpenAssistant Conversations, the preference study",
        forest("rates", marks, xlabel=percent_won(found), reference=reference, alt=(
            f"{pair_name(rows[0])}: {percent(rows[0]['rate'])}. {len(rows)} pairs in all; the "
            "table has every number.")),
        tables.rates(rows),
        (
            f"The published figure ({paper['value']:.1%}, {paper['n_prompts']} prompts) "
            "is of other models and other people and has no interval.",
        ) if reference else (),
    )  # fmt: skip


def _answers(found: Found) -> Iterator[Item]:
    rows = found["answers"]
    if rows:
        n = sum(sum(row.values()) for row in rows.values())
        yield Item(
            "answers", "Which models gave no answer, and why", f"{n:,} answers that were asked for",
            "Every attempt of every turn; a comparison with a side that failed is in no rate",
            table=tables.answers(rows),
        )  # fmt: skip


def _by_chance(found: Found, row: Found) -> str:
    """Whether chance alone would do, as the end of a sentence; empty where it was not tested."""
    p = row["p_holm"]
    if p is None or isnan(p):
        return ""
    far = p < 1 - found["config"]["rules"]["level"]
    corrected = ", corrected for the number of pairs" if len(found["rates"]) > 1 else ""
    how = "further from one half than chance gives" if far else "which chance alone could give"
    return f", {how} (p {p_text(p)}{corrected})"


def _groups(found: Found) -> Section:
    fields = list(dict.fromkeys(name for row in found["rates"] for name in row["by"]))
    least = found["config"]["least_raters"]
    items = []
    for field in fields:
        marks: list[Mark] = []
        rows = [row for row in found["rates"] if field in row["by"]]
        for row in rows:
            marks.append(Mark(label(found, row)))
            marks += [Mark(one["value"], one["rate"], _differs(found, one))
                      for one in row["by"][field]["rows"]]  # fmt: skip
        correction = CORRECTIONS[found["config"]["rules"]["correction"]]
        items.append(Item(
            f"by-{slug(field)}", f"By {field}", cases(found),
            method(found) + f" p-values are corrected over the values of {field}, for each two "
            f"models; {correction} decides what “differs” from all others. Hollow: fewer than "
            f"{least} people, so no interval",
            drawing=forest(f"by-{slug(field)}", marks, xlabel=percent_won(found),
                           alt=f"Win rates by {field} for {len(rows)} pairs; the table has all."),
            table=tables.by_field(rows, field),
        ))  # fmt: skip
    return Section(
        lead="The same question within each category of prompts and group of people, and each of "
        "them against all others.",
        items=tuple(items),
    )


def _differs(found: Found, one: Found) -> str:
    rules = found["config"]["rules"]
    p = one["p_others_holm" if rules["correction"] == "holm" else "p_others_bh"]
    return "differs" if p is not None and p < 1 - rules["level"] else ""


def _place(found: Found) -> Section:
    place, length = found["place"], found["length"]
    marks = [
        Mark("all decided votes", place["share"], percent(place["share"])),
        Mark("strengths cancelled", place["balanced"], percent(place["balanced"])),
    ]
    if length["share"]["n"]:
        marks.append(Mark("the longer answer", length["share"], percent(length["share"])))
    notes = [f"In log odds, beside the strengths: {shown(place['log_odds'])} for place."]
    if length["share"]["n"]:
        notes.append(f"For an answer twice as long: {shown(length['log_odds'])}.")
    else:
        notes.append("Length cannot be looked at: the data holds no texts of the answers.")
    return Section(
        lead=f"Of decided votes the answer shown first won {percent(place['balanced'])}, the "
        "models' strengths cancelled; 50% is no advantage.",
        items=(
            Item(
                "place", "The answer shown first, and the longer one",
                f"{place['share']['n']:,} decided votes",
                f"Strengths are cancelled by looking at each two models both ways round "
                f"(Mantel-Haenszel weights). {level(found)} intervals {BOTH_WAYS}",
                drawing=forest("place", marks, xlabel="% of decided votes", alt=(
                    f"Shown first, balanced: {percent(place['balanced'])}.")),
                table=tables.place(place) if place["pairs"] else None, notes=tuple(notes),
            ),
        ),
    )  # fmt: skip


def _agreement(found: Found) -> Section:
    agreement = found["agreement"]
    marks = [Mark(title, agreement[name], shown(agreement[name]))
             for name, title in AGREEMENTS.items()]  # fmt: skip
    seconds = found["times"]["counting"]
    notes = []
    if seconds["n"]:
        notes.append(
            f"Half of the votes took {seconds['q25']:.0f} to {seconds['q75']:.0f} seconds, "
            f"median {seconds['median']:.0f}."
        )
    why = agreement["alpha"].get("why")
    return Section(
        lead="Whether two people who see the same two answers say the same. Alpha is 1 for full "
        "agreement and 0 for chance." if not why else f"No agreement can be told: {why}.",
        items=(
            Item(
                "agreement", "Agreement of people",
                f"{agreement['alpha']['n']:,} votes on answers that two or more people judged",
                f"{level(found)} intervals leave out one person after the other (jackknife)",
                drawing=forest("agreement", marks, xlabel="", middle=0.0, scale=1.0, limits=None,
                               alt=f"Alpha {shown(agreement['alpha'])}."),
                table=tables.agreement(agreement), notes=tuple(notes),
            ),
        ),
    )  # fmt: skip


def _growth(found: Found) -> Section:
    rows = found["sequential"]
    drawn = [row for row in rows if row["path"]]
    level = found["config"]["rules"]["level"]
    return Section(
        lead="The result after every person, in the order in which they finished, with an interval "
        "that holds at any time: a study may be stopped when it is clear of one half.",
        items=(
            Item(
                "growth", "The share won as people finished", cases(found),
                "One value per person, the share of their votes that the model won, so that it can "
                "differ from the rate above; betting (Waudby-Smith and Ramdas "
                "2024), for people on these prompts, each pair by itself",
                drawing=growth_figure("growth", drawn, level) if drawn else None,
                table=tables.growth(rows),
            ),
        ),
    )  # fmt: skip


def _rules(found: Found) -> Section:
    return Section(
        lead="The same votes under every other rule; what was declared stands first.",
        items=(
            Item(
                "sensitivity", "Win rates under other rules", cases(found),
                f"Each rule changed alone. {level(found)} intervals {BOTH_WAYS}",
                table=tables.sensitivity(found["sensitivity"]),
            ),
        ),
    )  # fmt: skip


def _plan(found: Found) -> Section:
    plan = found["preregistration"]
    if plan is None:
        return Section(lead="No preregistration was given: everything here is exploratory.",
                       items=())  # fmt: skip
    lead = f"“{plan['title']}”, SHA-256 {plan['sha256']}."
    rows = plan["deviations"]
    if not rows:
        return Section(lead=f"{lead} The analysis does not differ from it.", items=())
    return Section(
        lead=lead,
        items=(
            Item("deviations", "Where the analysis differs", f"{len(rows)} differences",
                 "The settings of this analysis against those of the file",
                 table=tables.deviations(rows)),
        ),
        in_short=(f"The analysis differs from its preregistration in {len(rows)} ways.",),
    )  # fmt: skip
