"""How many people a study needs, as items of a chapter."""

from __future__ import annotations

from manyvoices.analyse.power import StudyPower
from manyvoices.report.formats import number, share
from manyvoices.report.open_figures import power_figure
from manyvoices.report.open_tables import group_power_table, people_needed, sizes_table
from manyvoices.report.section import Item
from manyvoices.schema.wording import plural


def power_items(found: StudyPower) -> list[Item]:
    """The leaderboard's power, and that of differences between groups."""
    curve, name = found.curve, "open-questions-power"
    needed = curve.to_separate(found.power)
    title = (
        f"To tell {curve.first} from {curve.second} with a chance of {found.power:.0%} takes "
        f"{_about(needed.n_people)} people like these"
    )
    items = [
        Item(
            name=name,
            title=title,
            n=(
                f"{plural(curve.n_battles, 'battle')} of "
                f"{plural(curve.n_people, 'person', 'people')}; {number(curve.n_draws)} studies of "
                "each size"
            ),
            method=(
                "People were drawn from the release with all they said and the leaderboard made "
                f"anew ({curve.method.replace('_', ' ')}). Told apart: the {curve.level:.0%} "
                "interval of the gap excludes 0. Band: in 95 of 100 studies tau is above its "
                "lower edge. Beyond the release (dashed, hollow) errors fall with the root of "
                "the number of people."
            ),
            drawing=power_figure(name, found, f"{title}. The table has the numbers."),
            table=sizes_table(name, "Studies of other sizes", curve),
            notes=(
                f"The gap itself is an estimate: by the ends of its interval it takes from "
                f"{people_needed(needed.low)} to {people_needed(needed.high)} people.",
                *_simulated(found),
            ),
        )
    ]
    if found.groups:
        items.append(_group_power_item(found))
    return items


def _about(n: float) -> str:
    text = people_needed(n)
    return text if text.startswith(("over", "no")) else f"about {text}"


def _simulated(found: StudyPower) -> tuple[str, ...]:
    if not found.n_simulated:
        return ()
    return (
        f"{plural(found.n_simulated, 'participant')} are bots of a rehearsal: real people may "
        "differ more.",
    )


def _group_power_item(found: StudyPower) -> Item:
    best = max(one.power for one in found.groups)
    seen = sum(one.power >= found.power for one in found.groups)
    effect = number(found.effect, 1)
    title = (
        f"A difference of {effect} points in how a group rates a model is seen for "
        f"{plural(seen, 'group')} of {len(found.groups)}"
        if seen
        else f"No group is large enough to see a difference of {effect} points (at best "
        f"{share(best)})"
    )
    checked = tuple(
        f"Played with {number(one.n_people)} people, {found.groups[0].group} shows it in "
        f"{share(one.power)} of cases, and one that is not there in {share(one.false)}."
        for one in found.played[-1:]
    )
    return Item(
        name="open-questions-group-power",
        title=title,
        n=plural(len(found.groups), "group"),
        method=(
            f"From the errors of this release, which fall with the root of the number of people; "
            f"one difference looked for by itself, power wanted {found.power:.0%}, two-sided level "
            f"{1 - found.groups[0].level:.0%}. Looking at many asks for more."
        ),
        table=group_power_table(
            "open-questions-group-power", "Differences between groups that can be seen",
            found.groups,
        ),
        notes=checked,
    )  # fmt: skip
