"""PRISM's columns, described once: what each is, where it comes from, what may be shown of it.

Names, order, types and categories are those of PRISM's codebook (arXiv 2404.16019, appendix V);
the descriptions are ours. One category differs: PRISM calls ``performance_attributes`` "nested",
which is no category of its own list; here it is ``direct``, as ``choice_attributes`` is there.
"""

# ruff: noqa: E501 (a table: one variable to a line)

from __future__ import annotations

from typing import NamedTuple

from manyvoices.curate.documents.tally import Showing


class Known(NamedTuple):
    """What is known of a column before its values are seen."""

    label: str
    category: str
    """``direct``, ``constructed``, ``meta``; ``NA`` for a column that only holds others."""
    type: str
    showing: Showing
    notes: str = ""


_SHOWING: dict[str, Showing] = {
    "string id": "id",
    "categorical": "values",
    "binary": "values",
    "string": "text",
    "datetime": "dates",
    "dict": "text",
    "nested dict": "text",
    "int": "text",
    "float": "text",
}

_TABLE: dict[str, str] = {
    "survey": """
user_id | Participant, by a pseudonym that joins all files | meta | string id
survey_only | Whether the person held no conversation | meta | binary
num_completed_conversations | Conversations that the person finished | meta | int
consent | Consent to take part | direct | categorical | The whole text is in the study's files.
consent_age | Confirmation of the least age | direct | categorical
lm_familiarity | Familiarity with language models | direct | categorical
lm_direct_use | Use of language models in a window of their own | direct | categorical
lm_indirect_use | Use of language models within other products | direct | categorical
lm_frequency_use | How often they are used | direct | categorical | Missing where the question was not shown.
lm_usecases | What they are used for, option by option | direct | dict | Missing where the question was not shown.
order_lm_usecases | Place at which each use case was shown, from 1 | meta | dict
stated_prefs | How much each trait of a model matters, by the person's own account | direct | dict | Sliders without numbers.
order_stated_prefs | Place at which each trait was shown, from 1 | meta | dict
self_description | The person's own words about themselves | direct | string
system_string | What the person would tell a model how to behave | direct | string
age | Age group | direct | categorical
education | Highest education | direct | categorical
employment_status | Employment | direct | categorical
marital_status | Marital status | direct | categorical
english_proficiency | How well the person speaks English | direct | categorical
gender | Gender | constructed | categorical | What was written in has been put into groups where the file says so.
religion | Religion, as the keys below | NA | dict
religion_self_described | Religion in the person's own words | direct | string
religion_categorised | Religion, grouped | constructed | categorical
religion_simplified | Religion, in fewer groups | constructed | categorical
ethnicity | Ethnicity, as the keys below | NA | dict
ethnicity_self_described | Ethnicity in the person's own words | direct | string
ethnicity_categorised | Ethnicity, grouped | constructed | categorical
ethnicity_simplified | Ethnicity, in fewer groups | constructed | categorical
location | Places, as the keys below | NA | dict
location_birth_country | Country of birth | direct | categorical
location_birth_countryISO | Country of birth, ISO 3166-1 alpha-3 | constructed | categorical
location_birth_subregion | United Nations subregion of birth | constructed | categorical
location_reside_country | Country of residence | direct | categorical
location_reside_countryISO | Country of residence, ISO 3166-1 alpha-3 | constructed | categorical
location_reside_subregion | United Nations subregion of residence | constructed | categorical
location_same_birth_reside_country | Whether both countries are the same | constructed | binary
location_special_region | Region of birth, with large groups of the sample split off | constructed | categorical
study_id | The study, or the recruitment study, that the person came by | meta | string id
study_locale | Country that the recruitment study was for | meta | categorical
generated_datetime | End of the survey | meta | datetime | The end, not the start.
timing_duration_s | Time for the survey, seconds | meta | float | Long where somebody came back later.
timing_duration_mins | Time for the survey, minutes | constructed | float | timing_duration_s / 60.
included_in_UK_REP | In the sample that is balanced to the census of the UK | constructed | binary
included_in_US_REP | In the sample that is balanced to the census of the US | constructed | binary
included_in_balanced_subset | In the subset with as many conversations of each type | constructed | binary
""",
    "conversations": """
user_id | Participant, by a pseudonym that joins all files | meta | string id
conversation_id | The conversation | meta | string id
opening_prompt | The person's first message | direct | string
open_feedback | What the person wrote at the end | direct | string
conversation_type | What the conversation was to be about | direct | categorical
conversation_turns | How many turns it had | meta | int
conversation_history | Every message and answer in order, with scores | direct | dict | Nested; its texts, models and scores are described with the utterances.
performance_attributes | How the chosen model did, attribute by attribute | direct | dict | Sliders without numbers. Missing where an attribute does not apply or was left alone.
choice_attributes | How much each attribute mattered for the choice | direct | dict | Sliders without numbers. Missing where an attribute does not apply or was left alone.
generated_datetime | End of the conversation | meta | datetime
timing_duration_s | Time for the conversation, seconds | meta | float | Long where somebody came back later.
timing_duration_mins | Time for the conversation, minutes | constructed | float | timing_duration_s / 60.
included_in_balanced_subset | In the subset with as many conversations of each type | constructed | binary
""",
    "utterances": """
user_id | Participant, by a pseudonym that joins all files | meta | string id
conversation_id | The conversation | meta | string id
interaction_id | One turn of the conversation | meta | string id
utterance_id | One model's answer | meta | string id
within_turn_id | Place of the answer in its turn | meta | string id
conversation_type | What the conversation was to be about | direct | categorical | Counted by answer here.
turn | The turn, from 0 | meta | int
model_name | The model that answered | meta | categorical
model_provider | How the model was reached; not who built it | meta | categorical
user_prompt | The message that was answered, repeated for each answer to it | direct | string
model_response | The answer | direct | string | An answer without characters is the text EMPTY STRING.
score | What the person gave the answer | direct | int | A slider without numbers. Missing where it was not rated.
if_chosen | Whether the conversation went on with this answer | constructed | binary
included_in_balanced_subset | In the subset with as many conversations of each type | constructed | binary
""",
    "metadata": """
column_id | The column that holds the text | meta | categorical
user_id | Participant whose text it is, or who was answered | meta | string id
conversation_id | The conversation | meta | string id | Missing for texts of the survey.
interaction_id | The turn | meta | string id | Missing for texts that belong to no turn.
utterance_id | The answer | meta | string id | Missing for all but models' answers.
pii_flag | Personal information was found by machine | meta | binary | Missing where nobody has looked.
pii_manual_flag | What a person decided who looked at a machine's finding | meta | binary | Missing where nobody has looked.
language_flag | Language, found by machine | meta | categorical
en_flag | Whether the text is English, found by machine | meta | binary
moderation_flag | What a moderation model said, category by category | meta | nested dict | Missing where no model was asked.
""",
}

SIMULATED = Known("A bot of a rehearsal, not a person", "meta", "binary", "values", "Ours.")


def _read(table: str) -> dict[str, Known]:
    rows = ([cell.strip() for cell in line.split("|")] for line in table.strip().splitlines())
    return {
        name: Known(label, category, kind, _showing(name, kind), *notes)
        for name, label, category, kind, *notes in rows
    }


def _showing(name: str, kind: str) -> Showing:
    """Of an order, as of a history, nothing is shown but how many differ."""
    counted = name.startswith("order_") or name == "conversation_history"
    return "count" if counted else _SHOWING[kind]


PRISM_COLUMNS: dict[str, dict[str, Known]] = {
    name: _read(table) | {"simulated": SIMULATED} for name, table in _TABLE.items()
}
"""File -> variable -> what it is, in the codebook's order."""

OPENED = ("religion", "ethnicity", "location")
"""Columns whose keys PRISM describes as variables of their own: ``location_birth_country``."""
