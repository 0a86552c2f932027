"""The quality checks' names, suggestions and reasons in the reader's language.

The checks know no Django, so their sentences are English there. Each is recognised here by its
pattern and told again; one that is not known stands as it is. A test holds both together.
"""

from __future__ import annotations

import re

from django.utils.translation import gettext as _
from django.utils.translation import gettext_noop

_CHECKS = {
    "completion code": gettext_noop("completion code"),
    "platform study": gettext_noop("platform's study"),
    "time on the platform": gettext_noop("time on the platform"),
    "repeats": gettext_noop("repeats"),
    "one record": gettext_noop("one record"),
    "consent": gettext_noop("consent"),
    "age": gettext_noop("age"),
    "survey": gettext_noop("survey"),
    "time": gettext_noop("time"),
    "attention": gettext_noop("attention"),
    "phone": gettext_noop("phone"),
    "conversations": gettext_noop("conversations"),
}
_ASKED = {
    "reject": gettext_noop("reject"),
    "investigate": gettext_noop("investigate"),
    "return": gettext_noop("return"),
    "keep": gettext_noop("keep"),
    "approve": gettext_noop("approve"),
    "check": gettext_noop("look at it"),
    "request return": gettext_noop("ask for a return"),
    "leave": gettext_noop("leave as it is"),
    "approve duplicate": gettext_noop("approve once"),
}
_REASONS = (
    (r"entered (?P<code>.*), the study's is (?P<own>.*)",
     gettext_noop("entered %(code)s, the study's is %(own)s")),
    (r"came by a link of (?P<came>.*) on the platform, declared is (?P<declared>.*)",
     gettext_noop("came by a link of %(came)s on the platform, declared is %(declared)s")),
    (r"took (?P<took>[\d.]+) min by the platform's clock; below (?P<least>[\d.]+) min is unlike the"
     r" others",
     gettext_noop("took %(took)s min by the platform's clock; below %(least)s min is unlike the "
                  "others")),
    (r"the same pseudonym is on several records",
     gettext_noop("the same pseudonym is on several records")),
    (r"no consent is recorded", gettext_noop("no consent is recorded")),
    (r"says to be (?P<age>[\d.]+), at least (?P<least>\d+) is asked for",
     gettext_noop("says to be %(age)s, at least %(least)s is asked for")),
    (r"took (?P<took>[\d.]+) min; below (?P<least>[\d.]+) min is unlike the others",
     gettext_noop("took %(took)s min; below %(least)s min is unlike the others")),
    (r"no answer to any survey question", gettext_noop("no answer to any survey question")),
    (r"no conversation was begun", gettext_noop("no conversation was begun")),
    (r"finished (?P<done>\d+) of (?P<wanted>\d+) conversations",
     gettext_noop("finished %(done)s of %(wanted)s conversations")),
    (r"(?P<question>.*): not answered as asked, after (?P<tries>\d+) tries",
     gettext_noop("%(question)s: not answered as asked, after %(tries)s tries")),
)  # fmt: skip


def check_name(name: str) -> str:
    """A check as people read it."""
    return _(_CHECKS[name]) if name in _CHECKS else name


def asked(word: str) -> str:
    """What a signal asks for, or what is suggested."""
    return _(_ASKED[word]) if word in _ASKED else word


def reason(text: str) -> str:
    """Why somebody did not pass."""
    for pattern, words in _REASONS:
        if found := re.fullmatch(pattern, text):
            return _(words) % found.groupdict()
    return text
