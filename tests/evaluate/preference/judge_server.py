"""An endpoint that speaks OpenAI's chat completions and judges by a rule of the test's own."""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from threading import Thread

_SIDES = re.compile(r"=== answer (A|B) ===\n(.*?)\n=== end of answer", re.DOTALL)


def sides(prompt: str) -> tuple[str, str]:
    """Both answers, as they stand in our prompt."""
    found = dict(_SIDES.findall(prompt))
    return found["A"], found["B"]


@contextmanager
def judging(say: Callable[[str], str]) -> Iterator[tuple[str, list[str]]]:
    """Serve `say` of the last message; yields the base URL and all prompts that were sent."""
    asked: list[str] = []

    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            body = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
            asked.append(body["messages"][-1]["content"])
            message = {"role": "assistant", "content": say(asked[-1])}
            choice = {"index": 0, "message": message, "finish_reason": "stop"}
            text = json.dumps({"model": "judge", "choices": [choice]}).encode()
            self.send_response(200)
            self.send_header("Content-Type", "application/json")
            self.send_header("Content-Length", str(len(text)))
            self.end_headers()
            self.wfile.write(text)

        def log_message(self, format: str, *args: object) -> None:
            """Quiet."""

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    thread = Thread(target=server.serve_forever, daemon=True)
    thread.start()
    try:
        yield f"http://127.0.0.1:{server.server_port}/v1", asked
    finally:
        server.shutdown()
        thread.join()
        server.server_close()
