"""``manyvoices recruit`` and ``withdraw`` as people type them, beside a platform that answers."""

from __future__ import annotations

import csv
import io
import json
import os
import subprocess
import sys
import threading
from collections.abc import Callable, Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from urllib.parse import urlsplit

import pytest
from tests.serving import ASSETS, Server, Visitor

pytestmark = pytest.mark.slow
STUDY = ASSETS / "studies" / "small" / "study.yaml"


@pytest.fixture
def platform() -> Iterator[str]:
    """A recruitment platform that paid for somebody who is unknown here."""

    class Platform(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            is_known = self.headers["Authorization"] == "Token the-token"
            self.send_response(200 if is_known else 403)
            self.end_headers()
            rows = [
                {"id": "s1", "participant_id": "ghost", "status": "APPROVED"},
                {"id": "s2", "participant_id": "carl", "status": "RETURNED"},
            ]
            self.wfile.write(json.dumps({"results": rows}).encode())

        def log_message(self, *_args: object) -> None:
            """Nothing on the test's output."""

    server = ThreadingHTTPServer(("127.0.0.1", 0), Platform)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    yield f"http://127.0.0.1:{server.server_port}"
    server.shutdown()
    server.server_close()


def _run(*words: str, **environment: str) -> subprocess.CompletedProcess[str]:
    env = {k: v for k, v in os.environ.items() if k != "MANYVOICES_SECRET_KEY"} | environment
    command = [sys.executable, "-m", "manyvoices", *words]
    return subprocess.run(command, capture_output=True, text=True, env=env, check=False)


def _consent(person: Visitor, path: str) -> None:
    person.get(path)
    form = {"agree": "1", "age": "1", "entry": person.hidden("entry")}
    hidden = {
        name: person.hidden(name)
        for name in ("invitation", "external_id")
        if f'name="{name}"' in person.page
    }
    person.post("/s/small/", form | hidden)


def test_invite_reconcile_withdraw_and_check_the_receipt(
    make_server: Callable[[Path], Server], platform: str, tmp_path: Path
) -> None:
    server = make_server(STUDY)
    where = ["--db", server.database_url, "--data", str(tmp_path / "data")]
    (tmp_path / "list.csv").write_text("id\nann\n")
    people = ["--people", str(tmp_path / "list.csv"), "--url", server.url]
    invited = _run("recruit", "invite", "--study", "small", *people, *where)
    assert invited.returncode == 0, invited.stderr
    (row,) = csv.DictReader(io.StringIO(invited.stdout))
    link = urlsplit(row["link"])
    ann, again, carl = (Visitor(server.url) for _ in range(3))
    _consent(ann, f"{link.path}?{link.query}")
    assert ann.path == "/s/small/survey/1/0/"
    again.get(f"{link.path}?{link.query}")
    assert again.path == "/s/small/survey/1/0/"
    _consent(carl, "/s/small/?PROLIFIC_PID=carl")

    ask = ["recruit", "reconcile", "--study", "small", "--platform-study", "x", "--api", platform]
    refused = _run(*ask, *where, PROLIFIC_API_TOKEN="wrong")
    assert refused.returncode == 1
    assert "refused the token" in refused.stderr
    told = _run(*ask, *where, "--release-places", "--json", PROLIFIC_API_TOKEN="the-token")
    assert told.returncode == 0, told.stderr
    report = json.loads(told.stdout)
    kinds = {finding["person"]: finding["kind"] for finding in report["findings"]}
    assert kinds == {"ghost": "paid_but_missing", "carl": "returned"}
    assert report["released"] == 1
    carl.get("/s/small/next/")
    assert carl.path == "/s/small/left/"

    number = next(
        finding["participant_id"] for finding in report["findings"] if finding["person"] == "carl"
    )
    done = _run("withdraw", "--participant", number, "--yes", "--json", *where)
    assert done.returncode == 0, done.stderr
    signed = json.loads(done.stdout)["signed"]
    assert number in _run("withdraw", "--receipt", signed, *where).stdout
    assert _run("withdraw", "--receipt", signed[:-1] + "-", *where).returncode == 1
    assert _run("withdraw", "--participant", number, "--yes", *where).returncode == 1
