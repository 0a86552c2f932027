"""The server that writes in place of our own loop, and the weights that it writes with."""

from __future__ import annotations

import json
import urllib.error
import urllib.request
from pathlib import Path
from typing import Any

from manyvoices.design.responders import ResponderSpec
from manyvoices.llm.port import Responder
from manyvoices.llm.providers import build_responder
from manyvoices.train.config_ppo import ServerConfig
from manyvoices.train.distributed import Place, of_all
from manyvoices.train.errors import TrainingError


class ServerRefused(TrainingError):
    """The server did not take the policy's new weights."""


class Server:
    """Gives a responder per round, with the newest adapters where ``lora_name`` is set.

    Every round's adapters have a name of their own (``NAME-v3``): servers keep what they computed
    by the name of the adapter, and would go on with the old one's.

    Args:
        policy: A peft model.
        out: Folder of the run, which the server must see as well.
    """

    def __init__(self, config: ServerConfig, policy: Any, out: Path, place: Place) -> None:
        self.config, self.policy, self.place = config, policy, place
        self.folder = (out / "policy-on-server").absolute()
        self.version = 0

    def responder(self) -> Responder:
        """Behind the port, for the coming round; all processes must call it.

        Raises:
            ServerRefused: The server did not load the adapters.
        """
        name = self.config.model
        if self.config.lora_name is not None:
            self.version += 1
            name = f"{self.config.lora_name}-v{self.version}"
            self._send(name)
        spec = ResponderSpec(
            id="policy",
            provider="openai",
            base_url=self.config.url,
            model=name,
            api_key_env=self.config.key_env,
            max_concurrency=self.config.parallel,
        )
        return build_responder(spec)

    def _send(self, name: str) -> None:
        """Rank 0 sends; where it fails, all ranks hear of it."""
        failed = ""
        if self.place.writes:
            self.policy.save_pretrained(self.folder)
            for old in (name, f"{self.config.lora_name}-v{self.version - 1}"):
                self._post("unload_lora_adapter", {"lora_name": old})  # may not be there
            body = {"lora_name": name, "lora_path": str(self.folder)}
            failed = self._post("load_lora_adapter", body)
        if failures := [text for text in of_all(failed, self.place) if text]:
            raise ServerRefused(
                f"{self.config.url} did not load {self.folder}: {failures[0]}. vLLM needs "
                "--enable-lora and VLLM_ALLOW_RUNTIME_LORA_UPDATING=True, and must see the same "
                "folder. Without generate.server.lora_name the server keeps its weights"
            )

    def _post(self, path: str, body: dict[str, Any]) -> str:
        """What went wrong; empty if nothing did."""
        request = urllib.request.Request(  # noqa: S310 (the configuration allows http and https)
            f"{self.config.url.rstrip('/')}/{path}",
            data=json.dumps(body).encode(),
            headers={"Content-Type": "application/json"},
        )
        try:
            with urllib.request.urlopen(request, timeout=self.config.timeout_s):  # noqa: S310
                return ""
        except (urllib.error.URLError, OSError) as error:
            return str(error)
