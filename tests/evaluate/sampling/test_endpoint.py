"""Models behind a real OpenAI-compatible endpoint, and one behind a door that nobody opens."""

from __future__ import annotations

import subprocess
import sys
import time
import urllib.error
import urllib.request
from collections.abc import Iterator
from pathlib import Path

import pytest
from tests.evaluate.sampling.samples import PROMPTS, config_file

from manyvoices.collect.server.run import kept_port
from manyvoices.evaluate.sampling import Config, read_report, run
from manyvoices.train.config import read_config


@pytest.fixture(scope="module")
def endpoint() -> Iterator[str]:
    """The personas behind OpenAI's chat completions, in a process of their own."""
    with kept_port() as port:
        command = [sys.executable, "-m", "manyvoices.llm.persona_server", "--port", str(port)]
        process = subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
        url = f"http://127.0.0.1:{port}/v1"
        try:
            while not is_up(url):
                assert process.poll() is None, "the personas ended before they began"
                time.sleep(0.1)
            yield url
        finally:
            process.terminate()
            process.wait()


def is_up(url: str) -> bool:
    try:
        urllib.request.urlopen(f"{url}/models").close()
    except urllib.error.URLError:
        return False
    return True


@pytest.fixture
def nowhere() -> Iterator[str]:
    """An address at which nobody listens, as long as the test runs."""
    with kept_port() as port:
        yield f"http://127.0.0.1:{port}/v1"


def test_an_endpoint_answers_and_a_missing_one_is_a_failure_of_its_own(
    tmp_path: Path, endpoint: str, nowhere: str
) -> None:
    models = [
        {"id": "near", "provider": "openai", "base_url": endpoint, "model": "plain"},
        {"id": "far", "provider": "openai", "base_url": nowhere, "model": "plain", "tries": 1},
    ]
    samplings = [{"name": "greedy", "temperature": 0, "max_tokens": 20}]
    config = config_file(tmp_path, models=models, samplings=samplings)
    found = run(read_config(config, Config))
    counts = {row["model"]: row["outcomes"] for row in found.results["rows"]}
    assert counts["near"]["answered"] + counts["near"]["other_language"] == len(PROMPTS)
    assert counts["far"]["failed"] == len(PROMPTS)
    report = read_report(tmp_path / "out" / "reports" / "far_sampling.json")
    more = report.prompts[0].results[0].manyvoices
    assert more is not None
    assert (more.failures[0] or "").startswith("unreachable")
    near = read_report(tmp_path / "out" / "reports" / "near_sampling.json")
    assert near.prompts[0].results[0].sampling_params["max_new_tokens"] == 20
    assert near.prompts[0].results[0].outputs[0]
