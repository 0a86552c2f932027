"""The results of a preference study as Markdown."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from manyvoices.evaluate.files import markdown, shown
from manyvoices.evaluate.preference.texts import (
    AGREEMENTS,
    TITLES,
    p_text,
    pair_name,
    percent,
    points,
)


def readme(results: Mapping[str, Any]) -> str:
    """The results as Markdown."""
    return "\n\n".join(_parts(results)) + "\n"


def _parts(results: Mapping[str, Any]) -> Iterator[str]:
    counts, rules = results["counts"], results["config"]["rules"]
    yield "# Which answers people prefer"
    if counts["simulated"]:
        yield f"**{counts['simulated']:,} rows are of bots of a rehearsal, not of people.**"
    yield (
        f"{counts['counting']:,} of {counts['rows']:,} rows count: {counts['raters']:,} people on "
        f"{counts['prompts']:,} prompts. In brackets: {rules['level']:.0%} intervals for people "
        "and prompts yet to come (clustered by both). Ties: "
        f"{rules['ties']}; both bad: {rules['all_bad']}; set aside: {rules['set_aside']}."
    )
    head = ("", "win rate", "p (Holm)", *TITLES.values())
    yield markdown(head, [
        (pair_name(row), percent(row["rate"]), p_text(row["p_holm"]), *_outcomes(row))
        for row in results["rates"]
    ])  # fmt: skip
    paper = results["paper"]
    if results["baseline"]:
        yield (
            f"The published figure of this kind: {paper['value']:.1%} ({paper['of']}, "
            f"{paper['n_prompts']} prompts, {paper['source']}), given without an interval."
        )
    yield from _answers(results)
    yield from _groups(results)
    yield from _place(results)
    yield "## Agreement of people"
    yield markdown(("", "value", "votes", "people"), [
        (TITLE, shown(results["agreement"][name]), f"{results['agreement'][name]['n']:,}",
         f"{results['agreement'][name]['n_raters']:,}")
        for name, TITLE in AGREEMENTS.items()
    ])  # fmt: skip
    yield from _sensitive(results)
    yield from _grown(results)
    for name, judge in results["judges"].items():
        yield from _judge(name, judge)
    yield from _spread(results)
    yield from _registered(results)


def _outcomes(row: Mapping[str, Any]) -> list[str]:
    return [f"{row['outcomes'][name]:,}" for name in TITLES]


def _answers(results: Mapping[str, Any]) -> Iterator[str]:
    found = results["answers"]
    if found:
        kinds = list(next(iter(found.values())))
        yield "Answers that were asked for, every attempt:"
        yield markdown(("", *(kind.replace("_", " ") for kind in kinds)), [
            (model, *(f"{row[kind]:,}" for kind in kinds)) for model, row in found.items()
        ])  # fmt: skip


def _groups(results: Mapping[str, Any]) -> Iterator[str]:
    for row in results["rates"]:
        for name, found in row["by"].items():
            yield f"## {pair_name(row)}, by {name}"
            yield markdown(
                ("", "win rate", "p (Holm)", "p (BH)", "less all others", "p (Holm)", "votes",
                 "people"),
                [
                    (one["value"], percent(one["rate"]), p_text(one["p_holm"]),
                     p_text(one["p_bh"]), points(one["against_others"]),
                     p_text(one["p_others_holm"]), f"{one['rate']['n']:,}",
                     f"{one['rate']['n_raters']:,}")
                    for one in found["rows"]
                ],
            )  # fmt: skip


def _place(results: Mapping[str, Any]) -> Iterator[str]:
    place, length = results["place"], results["length"]
    yield "## Place and length"
    yield (
        f"Of decided votes the answer shown first won {percent(place['share'])}; with the models' "
        f"strengths cancelled {percent(place['balanced'])} (50% is no advantage). In log odds: "
        f"{shown(place['log_odds'])}."
    )
    if length["share"]["n"]:
        yield (
            f"The longer answer won {percent(length['share'])} of decided votes; log odds for an "
            f"answer twice as long, beside strengths and place: {shown(length['log_odds'])}."
        )
    else:
        yield "Length cannot be looked at: the data holds no texts of the answers."


def _sensitive(results: Mapping[str, Any]) -> Iterator[str]:
    yield "## What other rules would give"
    rows = []
    for row in results["sensitivity"]:
        rows += [(pair_name(row), one["rule"], percent(one["rate"])) for one in row["variants"]]
        moved = row["set_aside_changes"]
        rows.append((pair_name(row), "set-aside votes kept less left out",
                     moved.get("why") or points(moved)))  # fmt: skip
    yield markdown(("", "rule", "win rate"), rows)


def _grown(results: Mapping[str, Any]) -> Iterator[str]:
    yield "## Looked at after every person"
    yield (
        "Mean over people of the share of their votes that the model won, with an interval that "
        "holds at any time."
    )
    yield markdown(("", "people", "share", "clear of 50% after"), [
        (pair_name(row), f"{row['n_people']:,}",
         percent({"value": row["mean"], "low": row["low"], "high": row["high"]}),
         f"{row['clear_after']:,} people" if row["clear_after"] else "not yet")
        for row in results["sequential"]
    ])  # fmt: skip


def _judge(name: str, judge: Mapping[str, Any]) -> Iterator[str]:
    yield f"## The judge {name}"
    if judge["calls"]:
        yield "Calls: " + ", ".join(f"{n:,} {what}" for what, n in judge["calls"].items()) + "."
    if not judge["n_counting"]:
        yield "None of its verdicts can be held against people's."
        return
    rows = []
    for join, both in judge["joins"].items():
        for ties, one in both.items():
            rows.append((join, ties.replace("_", " "), f"{one['n']:,}",
                         percent(one["agreement"]), shown(one["kappa"])))  # fmt: skip
    yield markdown(("units joined by", "", "units", "agrees with people", "kappa"), rows)
    votes = judge["votes"]
    yield (
        f"With single people it agrees on {percent(votes['with_ties'])}, without ties on "
        f"{percent(votes['without_ties'])}."
    )
    yield from _biases(judge)
    for field, found in votes["by"].items():
        yield f"### Whose judge is it? By {field}"
        yield markdown(("", "agreement", "less all others", "p (Holm)", "people"), [
            (one["value"], percent(one["agreement"]), points(one["against_others"]),
             p_text(one["p_holm"]), f"{one['agreement']['n_raters']:,}")
            for one in found
        ])  # fmt: skip


def _biases(judge: Mapping[str, Any]) -> Iterator[str]:
    kept, bias = judge["consistency"], judge["bias"]
    if kept["from"] is None:
        yield f"Places: {kept['why']}."
    else:
        text = f"Its verdict changes with the places in {percent(kept['inconsistent'])}"
        if kept["from"] == "both orders":
            text += (
                f"; the first answer wins in both orders in {percent(kept['first_in_both'])}, the "
                f"second in {percent(kept['second_in_both'])}"
            )
        else:
            low, high = (f"{100 * end:.1f}%" for end in kept["first_between"].values())
            text += (
                ", which does not say towards which. The answer shown first wins at least "
                f"{low} and at most {high} of both orders, a tie being a half"
            )
        yield f"{text}."
    yield (
        f"Shown first, balanced: {percent(bias['place'])}."
        if bias["place"] else f"Place: {bias['place_why']}."
    )  # fmt: skip
    yield (
        f"The longer answer wins {percent(bias['length'])}."
        if bias["length"] else f"Length: {bias['length_why']}."
    )  # fmt: skip
    if judge["own_house"]:
        own = judge["own_house"]
        yield (
            f"Its own house ({', '.join(own['family'])}): it scores it "
            f"{points(own['difference'])} against people's own scores (p {p_text(own['p'])})."
        )


def _spread(results: Mapping[str, Any]) -> Iterator[str]:
    yield "## To plan the next study with"
    yield "How much people and prompts differed here, as `expected` of `manyvoices evaluate plan`:"
    lines = []
    for row in results["spread"]:
        known = {name: value for name, value in row["expected"].items() if value is not None}
        inside = ", ".join(f"{name}: {value:.3g}" for name, value in known.items())
        lines.append(f"- {pair_name(row)}: `expected: {{{inside}}}`")
    yield "\n".join(lines)


def _registered(results: Mapping[str, Any]) -> Iterator[str]:
    found = results["preregistration"]
    yield "## Preregistration"
    if found is None:
        yield "None was given: everything here is exploratory."
        return
    yield f"“{found['title']}”, SHA-256 `{found['sha256']}`."
    if not found["deviations"]:
        yield "The analysis does not differ from it."
        return
    rows = [(one["what"], one["planned"], one["done"]) for one in found["deviations"]]
    yield markdown(("differs in", "planned", "done"), rows)
