"""Writing replies: how tokens are drawn, and what a server says."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import pytest

torch = pytest.importorskip("torch", reason="the extra train is not installed")

from tests.train.ppo_runs import (  # noqa: E402
    QUESTIONS,
    Scripted,
    scripted_rounds,
    settings,
)

from manyvoices.llm.port import FailureKind, Reply, ResponderError  # noqa: E402
from manyvoices.train.config_ppo import (  # noqa: E402
    GenerateConfig,
    ServerConfig,
)
from manyvoices.train.ppo.errors import NoReplies  # noqa: E402
from manyvoices.train.ppo.generation import (  # noqa: E402
    Drawn,
    LocalGenerator,
    ServerGenerator,
    seed_of,
)
from manyvoices.train.ppo.rollouts import Asked, Written  # noqa: E402
from manyvoices.train.ppo.round_data import zipped  # noqa: E402
from manyvoices.train.ppo.server import Server, ServerRefused  # noqa: E402

CPU = torch.device("cpu")


# Drawing


def draws(odds: list[float], top_p: float, temperature: float = 1.0, n: int = 4000) -> Counter[int]:
    """How often each token is drawn."""
    scores = torch.tensor(odds).log().expand(n, -1)
    drawn = Drawn(range(n), 1, temperature, top_p)(torch.zeros(n, 1), scores)
    assert torch.isfinite(drawn).sum(1).eq(1).all(), "all tokens but one are impossible"
    return Counter(drawn.argmax(1).tolist())


def test_tokens_are_drawn_as_often_as_the_model_says() -> None:
    counts = draws([0.5, 0.3, 0.0, 0.2], top_p=1.0)
    assert [counts[i] / 4000 for i in range(4)] == pytest.approx([0.5, 0.3, 0, 0.2], abs=0.03)


def test_top_p_keeps_the_smallest_set_that_reaches_it() -> None:
    assert set(draws([0.5, 0.3, 0.15, 0.05], top_p=0.7)) == {0, 1}
    assert set(draws([0.5, 0.3, 0.15, 0.05], top_p=0.4)) == {0}
    assert set(draws([0.5, 0.3, 0.15, 0.05], top_p=0.9)) == {0, 1, 2}


def test_a_low_temperature_takes_the_likeliest_token() -> None:
    assert set(draws([0.3, 0.4, 0.3], top_p=1.0, temperature=0.01)) == {1}


def asked_of(rounds: Any, n: int = 5) -> list[Asked]:
    return [Asked(turns, ids, seed_of(7, i)) for i, (turns, ids) in enumerate(rounds.prompts[:n])]


def test_a_reply_depends_on_its_seed_and_not_on_its_neighbours(tmp_path: Path) -> None:
    rounds, actors, tokenizer = scripted_rounds(settings(tmp_path), Scripted())
    config = GenerateConfig(max_new_tokens=6, top_p=0.9)

    def written(batch_size: int, asked: Sequence[Asked]) -> list[Written]:
        ids = {"stop": 0, "pad": 1}
        return LocalGenerator(actors, tokenizer, config, batch_size=batch_size, **ids)(asked)

    asked = asked_of(rounds)
    together, alone = written(5, asked), written(1, asked)
    assert together == alone == written(2, asked)
    assert [w.ids for w in written(5, asked[::-1])] == [w.ids for w in together[::-1]]
    other = [Asked(a.turns, a.ids, a.seed + 1) for a in asked]
    assert written(5, other) != together
    assert all(len(w.ids) == 6 or w.ended for w in together)


def test_what_was_dealt_out_in_turns_comes_back_in_its_order() -> None:
    assert zipped([[0, 3, 6], [1, 4], [2, 5]]) == [0, 1, 2, 3, 4, 5, 6]


# A server


class Endpoint:
    """A responder that says what it is told to, and remembers what it was asked."""

    id = "policy"

    def __init__(self, answers: Sequence[Any]) -> None:
        self.answers, self.asked = list(answers), []

    async def respond(self, request: Any, *, timeout_s: float) -> Reply:
        self.asked.append(request)
        answer = self.answers[len(self.asked) - 1]
        if isinstance(answer, Exception):
            raise answer
        text, reason, counted = answer
        return Reply(text, reason, None, counted, None, 1.0)

    def parameters(self, request: Any) -> dict[str, Any]:
        return {}

    async def aclose(self) -> None:
        pass


def test_a_servers_text_is_kept_only_if_its_tokens_are_those_that_were_drawn(
    tmp_path: Path,
) -> None:
    rounds, _, tokenizer = scripted_rounds(settings(tmp_path), Scripted())
    n = len(tokenizer("sky")["input_ids"])
    down = ResponderError(FailureKind.UNREACHABLE, "down", retryable=True)
    endpoint = Endpoint(
        [
            ("sky", "stop", n + 1),
            ("sky", "length", n),
            ("sky", "stop", n + 3),
            down,
            ("z", "stop", None),
        ]
    )
    config = GenerateConfig(max_new_tokens=6, temperature=0.5)
    write = ServerGenerator(lambda: endpoint, tokenizer, config, stop=0)
    first, second, third, fourth, fifth = write(asked_of(rounds))
    ids = tuple(tokenizer("sky")["input_ids"])
    assert first == Written((*ids, 0), "sky", True)
    assert second == Written(ids, "sky", False)
    assert third == f"the server drew {n + 3} tokens, and the text encodes to {n}"
    assert fourth == "unreachable: down"
    assert isinstance(fifth, Written)
    assert endpoint.asked[0].messages[0].content == QUESTIONS[0]
    assert (endpoint.asked[0].temperature, endpoint.asked[0].max_tokens) == (0.5, 6)


def test_a_text_that_the_tokenizer_cannot_hold_is_dropped(tmp_path: Path) -> None:
    _, _, tokenizer = scripted_rounds(settings(tmp_path), Scripted())
    write = ServerGenerator(lambda: Endpoint([]), tokenizer, GenerateConfig(), stop=0)
    from tokenizers import normalizers

    tokenizer.backend_tokenizer.normalizer = normalizers.Lowercase()
    assert "does not survive" in str(write.encoded("SKY", True))


def test_dropped_replies_are_counted_and_the_rest_is_trained_on(tmp_path: Path) -> None:
    class Lossy(Scripted):
        def __call__(self, asked: Sequence[Any]) -> list[Any]:
            return ["lost"] * 3 + super().__call__(asked)[3:]

    rounds, actors, _ = scripted_rounds(settings(tmp_path), Lossy())
    made = rounds.at(next(iter(rounds.parts(0, 0, 1))), actors)
    assert made.metrics["dropped"] == 3
    assert len(made.rows) == len(made.asked) == 5
    nothing, actors, _ = scripted_rounds(settings(tmp_path), lambda asked: ["lost"] * len(asked))
    with pytest.raises(NoReplies, match="none of 8 replies of round 0 can be trained on: lost"):
        nothing.at(next(iter(nothing.parts(0, 0, 1))), actors)


def test_a_server_that_does_not_load_adapters_is_named(tmp_path: Path) -> None:
    class Adapters:
        def save_pretrained(self, folder: Path) -> None:
            folder.mkdir()

    from manyvoices.train.distributed import here

    config = ServerConfig(url="http://127.0.0.1:9/v1", model="m", lora_name="policy", timeout_s=1)
    with pytest.raises(ServerRefused, match=r"did not load .* vLLM needs --enable-lora"):
        Server(config, Adapters(), tmp_path, here("cpu")).responder()
