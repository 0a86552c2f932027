"""The interface's languages: catalogues that fit, a menu that works, no string that escapes."""

from __future__ import annotations

import re
from collections.abc import Callable
from html.parser import HTMLParser
from pathlib import Path

import pytest
from django.conf import settings as django_settings
from django.contrib.auth.models import User
from django.http import HttpResponse
from django.template.loader import render_to_string
from django.test import Client
from django.urls import reverse
from django.utils import translation
from tests.collect.catalogues import read_mo, read_po, write_mo
from tests.collect.page_samples import SAMPLES

from manyvoices.collect import messages, settings
from manyvoices.collect.conversations.models import Conversation, Turn
from manyvoices.collect.people.models import Participant, QuotaCell, Reservation
from manyvoices.collect.studies.models import StudyVersion
from manyvoices.collect.studies.operations import publish_study
from manyvoices.collect.surveys.operations import store_page
from manyvoices.design import Study, load_study
from manyvoices.design.problems import MESSAGES
from manyvoices.design.translations import texts
from manyvoices.io.countries import COUNTRIES, NOT_SAID

ASSETS = Path(__file__).parent.parent / "assets"
LOCALE = Path(settings.BASE_DIR) / "locale"
CATALOGUES = sorted(LOCALE.glob("*/LC_MESSAGES/django.po"))
OTHERS = [code for code, _name in settings.LANGUAGES if code != "en"]
PLACEHOLDER = re.compile(r"%\(\w+\)[sd]|%%|\{\w+\}|</?\w+>")


@pytest.fixture(params=CATALOGUES, ids=lambda path: path.parts[-3])
def catalogue(request: pytest.FixtureRequest) -> Path:
    path: Path = request.param
    return path


def test_every_language_that_is_offered_has_a_catalogue() -> None:
    assert {path.parts[-3] for path in CATALOGUES} == {translation.to_locale(c) for c in OTHERS}


def test_what_is_compiled_is_what_is_written(catalogue: Path, tmp_path: Path) -> None:
    written = {key: found for key, found in read_po(catalogue).items() if any(found)}
    compiled = read_mo(catalogue.with_suffix(".mo"))
    assert compiled == written, "run python scripts/messages.py --compile"
    write_mo(written, tmp_path / "django.mo")
    assert read_mo(tmp_path / "django.mo") == written


def test_no_translation_is_a_guess(catalogue: Path) -> None:
    assert "fuzzy" not in catalogue.read_text(encoding="utf-8")


def test_translations_keep_every_placeholder(catalogue: Path) -> None:
    for key, found in read_po(catalogue).items():
        if key and any(found):
            asked = set(PLACEHOLDER.findall(key.replace("\x00", " ")))
            for text in found:
                assert set(PLACEHOLDER.findall(text)) == asked, (key, text)


def test_the_rules_sentences_stand_where_translators_find_them() -> None:
    assert list(messages.PROBLEMS) == list(MESSAGES.values()), "run python scripts/messages.py"


@pytest.mark.parametrize("language", OTHERS)
def test_every_sentence_about_something_to_put_right_is_translated(language: str) -> None:
    with translation.override(language):
        same = [text for text in MESSAGES.values() if translation.gettext(text) == text]
    assert same == []


@pytest.mark.parametrize("language", OTHERS)
def test_every_page_says_its_language_and_direction(language: str) -> None:
    sample = SAMPLES["consent"]
    with translation.override(language):
        html = render_to_string(sample.template, sample.context)
    assert f'<html lang="{language}" dir="{"rtl" if language == "ar" else "ltr"}">' in html


@pytest.mark.django_db
def test_the_menu_changes_the_interface_and_comes_back(version: StudyVersion) -> None:
    browser = Client(enforce_csrf_checks=True)
    page = browser.get("/s/small/").content.decode()
    form = page[page.index('class="languages"') :]
    token = re.search(r'name="csrfmiddlewaretoken" value="([^"]+)"', form)
    back = re.search(r'name="next" value="([^"]+)"', form)
    assert token is not None
    assert back is not None
    posted = {"csrfmiddlewaretoken": token[1], "next": back[1], "language": "ar"}
    response = browser.post("/language/", posted)
    assert response.headers["Location"] == "/s/small/"
    after = browser.get("/s/small/").content.decode()
    assert '<html lang="ar" dir="rtl">' in after
    assert "قبل أن تبدأ" in after


@pytest.mark.django_db
def test_the_browsers_language_is_taken_where_nobody_chose(version: StudyVersion) -> None:
    page = Client().get("/s/small/", headers={"accept-language": "zh-CN,zh;q=0.9"})
    assert '<html lang="zh-hans"' in page.content.decode()


@pytest.mark.django_db
def test_people_read_the_study_in_its_own_language_whatever_the_interface(spec: Study) -> None:
    spanish = {"A small study": "Un estudio pequeño", "About you": "Sobre usted"}
    both = spec.model_copy(
        update={"languages": ("en", "es"), "translations": {"es": spanish}, "digest": "two"}
    )
    publish_study(spec=both, now=_now())
    browser = Client()
    browser.cookies[django_settings.LANGUAGE_COOKIE_NAME] = "es"
    assert "Un estudio pequeño" in browser.get("/s/small/").content.decode()
    _consent(browser)
    assert Participant.objects.get().language == "es"
    browser.cookies[django_settings.LANGUAGE_COOKIE_NAME] = "de"
    page = browser.get("/s/small/next/", follow=True).content.decode()
    assert '<html lang="de"' in page
    assert "Un estudio pequeño" in page
    assert "Schritt 1 von 4" in page


@pytest.mark.django_db
def test_a_study_without_the_readers_language_is_taken_in_its_own(version: StudyVersion) -> None:
    browser = Client()
    browser.cookies[django_settings.LANGUAGE_COOKIE_NAME] = "ar"
    _consent(browser)
    assert Participant.objects.get().language == "en"


# A language made by machine: every text of ours stands between brackets, and so does every text of
# the study and of the models. Whatever letters stand outside them, nobody can translate.

PSEUDO = "eo"
OPEN, CLOSE = "⟦", "⟧"
SKIPPED = {"script", "style", "code", "time", "title"}
READ_ALOUD = (
    *("aria-label", "placeholder", "alt", "title"),
    *("data-copied", "data-selected", "data-left", "data-over", "data-unsent-question"),
)


class Letters(HTMLParser):
    """Text outside the brackets, in the page and in what is read aloud."""

    def __init__(self, html: str) -> None:
        super().__init__()
        self.depth = 0
        self.inside: list[str] = []
        self.escaped: list[str] = []
        self.feed(html)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        given = dict(attrs)
        if tag not in {"meta", "link", "input", "br", "hr", "img"}:
            # The menu names each language in that language; a pseudonym is in none.
            own = (tag == "button" and "lang" in given) or given.get("class") == "id"
            self.inside.append("code" if own else tag)
        self.escaped += [v for k in READ_ALOUD if (v := given.get(k)) and self._outside(v)]

    def handle_endtag(self, tag: str) -> None:
        if self.inside:
            self.inside.pop()

    def handle_data(self, data: str) -> None:
        if SKIPPED & set(self.inside):
            return
        if self._outside(data):
            self.escaped.append(data.strip())

    def _outside(self, text: str) -> bool:
        letters = False
        for sign in text:
            self.depth += (sign == OPEN) - (sign == CLOSE)
            letters = letters or (self.depth == 0 and sign.isalpha())
        return letters and "://" not in text and text.strip() != "manyvoices"


def _now():  # type: ignore[no-untyped-def]
    from django.utils import timezone

    return timezone.now()


def _consent(browser: Client) -> None:
    page = browser.get("/s/small/").content.decode()
    entry = re.search(r'name="entry" value="([^"]+)"', page)
    assert entry is not None
    browser.post("/s/small/", {"agree": "1", "age": "1", "entry": entry[1]})


@pytest.fixture
def pseudo(settings, tmp_path: Path, spec: Study) -> Client:  # type: ignore[no-untyped-def]
    """A browser whose interface and study are both in the language made by machine."""
    found = {
        key: [f"{OPEN}{part}{CLOSE}" for part in key.split("\x04")[-1].split("\x00")]
        for key in read_po(CATALOGUES[0])
        if key
    }
    found[""] = [
        "Content-Type: text/plain; charset=UTF-8\nPlural-Forms: nplurals=2; plural=n!=1;\n"
    ]
    write_mo(found, tmp_path / PSEUDO / "LC_MESSAGES" / "django.mo")
    settings.LANGUAGES = [("en", "English"), (PSEUDO, "Made up")]
    settings.LOCALE_PATHS = [tmp_path]
    words = {text: f"{OPEN}{text}{CLOSE}" for text in texts(spec)}
    changed = {"languages": ("en", PSEUDO), "translations": {PSEUDO: words}, "digest": "pseudo"}
    publish_study(spec=spec.model_copy(update=changed), now=_now())
    browser = Client()
    browser.cookies[django_settings.LANGUAGE_COOKIE_NAME] = PSEUDO
    return browser


def _escapes(response: HttpResponse) -> list[str]:
    html = response.content.decode()
    assert f'lang="{PSEUDO}"' in html, html[:300]
    return Letters(html).escaped


@pytest.mark.django_db
def test_no_string_escapes_translation_on_the_way_through_a_study(
    pseudo: Client, answer_all: Callable[..., None]
) -> None:
    seen: dict[str, list[str]] = {}

    def look(name: str, response: HttpResponse) -> None:
        seen[name] = _escapes(response)

    def next_page(name: str) -> None:
        look(name, pseudo.get("/s/small/next/", follow=True))

    look("home", pseudo.get("/"))
    look("consent", pseudo.get("/s/small/"))
    look("consent, errors", pseudo.post("/s/small/", {"entry": "x"}))
    look("consent, expired", pseudo.post("/s/small/", {"entry": "x", "agree": "1", "age": "1"}))
    look("declined", pseudo.get("/s/small/declined/"))
    _consent(pseudo)
    next_page("survey 1")
    wrong = {"q-familiarity": "nothing", "q-self_description": f"{OPEN}{'long ' * 200}{CLOSE}"}
    look("survey 1, errors", pseudo.post("/s/small/survey/1/0/", wrong))
    pseudo.post("/s/small/survey/1/0/", {"q-familiarity": "Somewhat"})
    next_page("survey 2")
    look("survey 2, errors", pseudo.post("/s/small/survey/1/1/", {"q-stated_prefs-safety": "999"}))
    page = {"q-stated_prefs-safety": "80", "q-stated_prefs-creativity-na": "1", "q-gender": "Male"}
    pseudo.post("/s/small/survey/1/1/", page)
    for number, type_name in ((1, "unguided"), (2, "values guided")):
        place = f"/s/small/talk/2/{number}/"
        next_page(f"choose {number}")
        look("choose, errors", pseudo.post("/s/small/talk/2/", {"number": number}))
        pseudo.post("/s/small/talk/2/", {"type": type_name, "number": number})
        next_page(f"opening {number}")
        look("opening, errors", pseudo.post(place, {"action": "prompt", "turn": 0, "prompt": " "}))
        for index in range(2):
            said = {"action": "prompt", "turn": index, "prompt": f"{OPEN}Hello{CLOSE}"}
            pseudo.post(place, said)
            next_page(f"waiting {number} {index}")
            turn = Turn.objects.get(conversation__number=number, index=index)
            answer_all(turn, failing=frozenset({1}) if index == 0 else frozenset())
            answered = turn.utterances.filter(failure=None)
            for utterance in answered:
                utterance.text = f"{OPEN}An answer.{CLOSE}"
                utterance.save()
            next_page(f"rating {number} {index}")
            look("rating, errors", pseudo.post(place, {"action": "rate", "turn": index}))
            scores = {f"score-{u.key}": 20 + int(u.key) for u in answered}
            pseudo.post(place, {"action": "rate", "turn": index} | scores)
            next_page(f"reply {number} {index}")
        pseudo.post(place, {"action": "finish", "turn": 2})
        next_page(f"attributes {number}")
        pseudo.post(f"{place}attributes/", {"performance-fluency": "60", "choice-safety-na": "1"})
        next_page(f"feedback {number}")
        look("feedback, errors", pseudo.post(f"{place}feedback/", {"feedback": ""}))
        pseudo.post(f"{place}feedback/", {"feedback": "Thanks"})
    next_page("done")
    assert Participant.objects.get().completed_at is not None
    assert {name: found for name, found in seen.items() if found} == {}


@pytest.mark.django_db
def test_no_string_escapes_translation_where_something_is_wrong(pseudo: Client) -> None:
    strict = Client(enforce_csrf_checks=True, raise_request_exception=False)
    strict.cookies[django_settings.LANGUAGE_COOKIE_NAME] = PSEUDO
    StudyVersion.objects.get().study.__class__.objects.update(is_open=False)
    pages = {
        "closed": pseudo.get("/s/small/"),
        "missing": pseudo.get("/nowhere/"),
        "cookies": strict.post("/s/small/", {}),
    }
    found = {name: _escapes(response) for name, response in pages.items()}
    assert {name: escaped for name, escaped in found.items() if escaped} == {}


@pytest.fixture
def console_pages(pseudo: Client) -> Callable[[], dict[str, HttpResponse]]:
    """Every page of the console, for its owner, over a study with a person in the middle of it."""
    staff = User.objects.create_user("§", password="§§", is_staff=True, is_superuser=True)

    stranger = User.objects.create_user("§1")

    def look() -> dict[str, HttpResponse]:
        browser = Client()
        browser.cookies[django_settings.LANGUAGE_COOKIE_NAME] = PSEUDO
        pages = {"log in": browser.get("/console/login/")}
        pages["log in, wrong"] = browser.post("/console/login/", {"username": "x", "password": "y"})
        browser.force_login(stranger)
        pages["stranger"] = browser.get("/console/")
        browser.force_login(staff)
        pages["studies"] = browser.get("/console/")
        names = ("study", "people", "conversations", "failures", "quality", "cost", "tables")
        for name in (*names, "roles", "audit"):
            pages[name] = browser.get(reverse(f"console:{name}", args=["small"]))
        wrong = {"action": "give", "username": "nobody", "role": "x"}
        pages["roles, wrong"] = browser.post(reverse("console:roles", args=["small"]), wrong)
        for talk in Conversation.objects.all():
            url = reverse("console:conversation", args=["small", talk.pk])
            pages[f"conversation {talk.number}"] = browser.get(url)
        for who in ("people", "simulated"):
            url = reverse("console:people", args=["small"])
            pages[f"people, {who}"] = browser.get(f"{url}?who={who}&done=survey-1-0")
        return pages

    return look


@pytest.mark.django_db
def test_no_string_escapes_translation_in_the_console(
    pseudo: Client,
    spec: Study,
    answer_all: Callable[..., None],
    console_pages: Callable[[], dict[str, HttpResponse]],
) -> None:
    own = {*texts(spec), *(model.id for model in spec.models)}
    found = _console_escapes(console_pages, own)
    assert found == {}, found
    _consent(pseudo)
    pseudo.post("/s/small/survey/1/0/", {"q-familiarity": "Somewhat"})
    page = {"q-stated_prefs-safety": "80", "q-stated_prefs-creativity-na": "1", "q-gender": "Male"}
    pseudo.post("/s/small/survey/1/1/", page)
    pseudo.post("/s/small/talk/2/", {"type": "unguided", "number": 1})
    said = {"action": "prompt", "turn": 0, "prompt": f"{OPEN}Hello{CLOSE}"}
    pseudo.post("/s/small/talk/2/1/", said)
    turn = Turn.objects.get()
    answer_all(turn, failing=frozenset({1}))
    for utterance in turn.utterances.filter(failure=None):
        utterance.text = f"{OPEN}An answer.{CLOSE}"
        utterance.score = 50
        utterance.save()
    cell = QuotaCell.objects.create(
        study_id="small", key="k", where={"gender": ["Male"]}, limit=1, target=1
    )
    now = _now()
    person = Participant.objects.get()
    Reservation.objects.create(cell=cell, participant=person, reserved_at=now)
    for number, reason in enumerate(Participant.Left.values):
        Participant.objects.create(
            study=person.study, version=person.version, consent_version="c", consented_at=now,
            left_at=now, left_because=reason, simulated=number == 0,
        )  # fmt: skip
    Participant.objects.create(
        study=person.study, version=person.version, consent_version="c", consented_at=now,
        waiting_since=now,
    )  # fmt: skip
    found = _console_escapes(console_pages, own)
    assert found == {}, found


def _console_escapes(
    look: Callable[[], dict[str, HttpResponse]], own: set[str]
) -> dict[str, list[str]]:
    """What escapes on each page. `own`: researchers read their study in the words they wrote."""
    found = {}
    for name, response in look().items():
        signs = (re.sub(r"\bn = [\d.,]+", "", text) for text in _escapes(response))
        escaped = [text for text in signs if text not in own and Letters(text).escaped]
        if escaped:
            found[name] = escaped
    return found


@pytest.mark.django_db
def test_no_string_escapes_translation_while_waiting_leaving_and_looking_at_ones_data(
    pseudo: Client, spec: Study
) -> None:
    _consent(pseudo)
    pages = {"my data": pseudo.get("/s/small/my-data/")}
    pages["erase, not sure"] = pseudo.post("/s/small/my-data/erase/", {})
    person = Participant.objects.get()
    person.waiting_since = _now()
    person.save()
    pages["waiting"] = pseudo.get("/s/small/waiting/")
    person.waiting_since = None
    for reason in Participant.Left.values:
        person.left_because, person.left_at = reason, _now()
        person.save()
        pages[f"left: {reason}"] = pseudo.get("/s/small/left/")
    person.left_because, person.left_at = "", None
    person.save()
    person.study.consent_version = "another"
    person.study.save()
    pages["consent again"] = pseudo.get("/s/small/consent/")
    pages["erased"] = pseudo.post("/s/small/my-data/erase/", {"sure": "1"}, follow=True)
    found = {name: _escapes(r) for name, r in pages.items() if r.status_code in {200, 409, 422}}
    assert {"my data", "erase, not sure", "erased"} <= set(found)
    assert {name: escaped for name, escaped in found.items() if escaped} == {}


@pytest.mark.django_db
def test_no_string_escapes_translation_in_any_kind_of_question(pseudo: Client) -> None:
    every = load_study(ASSETS / "studies" / "all_kinds" / "study.yaml")
    words = {text: f"{OPEN}{text}{CLOSE}" for text in texts(every)}
    changed = {"languages": ("en", PSEUDO), "translations": {PSEUDO: words}, "digest": "pseudo"}
    publish_study(spec=every.model_copy(update=changed), now=_now())
    page = pseudo.get(f"/s/{every.id}/").content.decode()
    entry = re.search(r'name="entry" value="([^"]+)"', page)
    assert entry is not None
    pseudo.post(f"/s/{every.id}/", {"agree": "1", "age": "1", "entry": entry[1]})
    stage, survey = next(iter(every.surveys()))
    found = {}
    for number in range(len(survey.pages)):
        url = f"/s/{every.id}/survey/{stage}/{number}/"
        found[f"page {number}"] = _of_questions(pseudo.get(f"/s/{every.id}/next/", follow=True))
        found[f"page {number}, errors"] = _of_questions(pseudo.post(url, {"q-none": "x"}))
        _skip(every.id, stage, number)
    assert {name: escaped for name, escaped in found.items() if escaped} == {}


def _of_questions(response: HttpResponse) -> list[str]:
    """What escapes, but for the standard list of countries, which has English names only."""
    listed = {*COUNTRIES.values(), NOT_SAID}
    return [text for text in _escapes(response) if text not in listed]


def _skip(study: str, stage: int, number: int) -> None:
    person = Participant.objects.get(study_id=study)
    store_page(participant=person, stage=stage, page=number, values={}, now=_now())
