"""OpenID services that other people wrote, run on this machine from an environment of their own.

``MANYVOICES_TEST_OIDC`` names a virtual environment in which they are installed; they are no
dependency of ours: ``pip install oidc-provider-mock 'canaille[front,oidc,server,sqlite]'``.
"""

from __future__ import annotations

import http.client
import json
import os
import subprocess
import time
from abc import ABC, abstractmethod
from pathlib import Path

from playwright.sync_api import Page

CLIENT, SECRET = "manyvoices", "a-secret-of-the-test"
PATIENCE_S = 300.0
PASSWORD = "correct horse battery"


class RealService(ABC):
    """One service, on its own port, with our server as the program that it knows."""

    program: str
    slash: str
    """What its own name ends with."""
    settings: dict[str, str]
    """What our server must be told beside its address."""
    confirms: bool
    """Whether it says that an address is confirmed."""

    def __init__(self, programs: Path, folder: Path, port: int) -> None:
        self._programs, self._folder, self.port = programs, folder, port
        self.url = f"http://127.0.0.1:{port}"
        self.named = {
            "id": "real", "name": "A university", "client_id": CLIENT, "secret": SECRET,
            "server_url": self.url + self.slash, **self.settings,
        }  # fmt: skip
        self._process: subprocess.Popen[bytes] | None = None
        self._env = {**os.environ, "AUTHLIB_INSECURE_TRANSPORT": "1"}

    @classmethod
    def is_in(cls, programs: Path) -> bool:
        return (programs / cls.program).exists()

    def start(self, redirect_uri: str) -> None:
        """Run it; it sends people back to `redirect_uri` alone."""
        command = self._prepared(redirect_uri)
        with (self._folder / "service.log").open("wb") as log:
            self._process = subprocess.Popen(
                [str(self._programs / self.program), *command],
                cwd=self._folder, env=self._env, stdout=log, stderr=log,
            )  # fmt: skip
        end = time.monotonic() + PATIENCE_S
        while time.monotonic() < end:
            assert self._process.poll() is None, (self._folder / "service.log").read_text()
            try:
                return self.ask("GET", "/.well-known/openid-configuration")
            except OSError:
                time.sleep(0.2)
        raise RuntimeError(f"{self.program} did not come up")

    def stop(self) -> None:
        if self._process is not None:
            self._process.terminate()
            self._process.wait()

    def ask(self, method: str, path: str, body: object = None) -> None:
        """Ask the service itself; it must agree."""
        connection = http.client.HTTPConnection("127.0.0.1", self.port, timeout=60)
        try:
            words = json.dumps(body) if body is not None else None
            connection.request(method, path, words, {"Content-Type": "application/json"})
            assert connection.getresponse().status < 300
        finally:
            connection.close()

    @abstractmethod
    def _prepared(self, redirect_uri: str) -> list[str]:
        """Write down what it needs; the words after its name that run it."""

    @abstractmethod
    def know(self, name: str, address: str) -> None:
        """Let somebody be known to it by this name, with this address from now on."""

    @abstractmethod
    def agree(self, page: Page, name: str) -> None:
        """On its pages: be `name`, and go back to our server as them."""

    @abstractmethod
    def cancel(self, page: Page, name: str) -> None:
        """On its pages: go back without having agreed."""


class Mock(RealService):
    """oidc-provider-mock: believes whoever says who they are, and confirms their address."""

    program, slash, settings, confirms = "oidc-provider-mock", "", {}, True

    def _prepared(self, redirect_uri: str) -> list[str]:
        return ["--port", str(self.port), "--require-nonce", "true"]

    def know(self, name: str, address: str) -> None:
        self.ask("PUT", f"/users/{name}", {"email": address, "email_verified": True})

    def agree(self, page: Page, name: str) -> None:
        page.get_by_placeholder("sub").fill(name)
        page.get_by_role("button", name="Authorize", exact=True).click()

    def cancel(self, page: Page, name: str) -> None:
        page.get_by_role("button", name="Deny").click()


class Canaille(RealService):
    """Canaille: an identity provider with its own database, passwords and consent. It confirms no
    address, signs with whichever algorithm of RSA it likes, and ends its name with a slash."""

    program, slash, confirms = "canaille", "/", False
    settings = {"token_auth": "client_secret_basic"}

    def _prepared(self, redirect_uri: str) -> list[str]:
        config = self._folder / "canaille.toml"
        config.write_text(
            'SECRET_KEY = "a-secret-of-a-throw-away-service"\n'
            'PREFERRED_URL_SCHEME = "http"\nDATABASE = "sql"\n'
            f'[CANAILLE_SQL]\nDATABASE_URI = "sqlite:///{self._folder / "canaille.sqlite"}"\n'
            "[CANAILLE_OIDC]\nTRUSTED_DOMAINS = []\n"
        )
        self._env["CANAILLE_CONFIG"] = str(config)
        self._command("install")
        self._command(
            *("create", "client", "--client-id", CLIENT, "--client-secret", SECRET),
            *("--client-name", "Manyvoices", "--client-uri", redirect_uri),
            *("--redirect-uris", redirect_uri, "--grant-types", "authorization_code"),
            *("--response-types", "code", "--scope", "openid", "--scope", "email"),
            *("--scope", "profile", "--token-endpoint-auth-method", "client_secret_basic"),
        )
        self._command("set", "client", CLIENT, "--audience", CLIENT)
        for name in ("ada", "bea", "eve"):
            self._command(
                *("create", "user", "--user-name", name, "--password", PASSWORD),
                *("--family-name", name, "--emails", f"{name}@university.example"),
            )
        return ["run", "--bind", f"127.0.0.1:{self.port}"]

    def _command(self, *words: str) -> None:
        done = subprocess.run(
            [str(self._programs / self.program), *words],
            cwd=self._folder, env=self._env, capture_output=True, text=True, check=False,
        )  # fmt: skip
        assert done.returncode == 0, done.stderr[-2000:]

    def know(self, name: str, address: str) -> None:
        self._command("set", "user", name, "--emails", address)

    def agree(self, page: Page, name: str) -> None:
        self._enter(page, name)
        consent, back = page.locator("button[name=answer][value=accept]"), page.locator("nav.yours")
        consent.or_(back).wait_for()  # It asks for consent once.
        if consent.is_visible():
            consent.click()

    def cancel(self, page: Page, name: str) -> None:
        self._enter(page, name)
        page.locator("button[name=answer][value=deny]").click()

    def _enter(self, page: Page, name: str) -> None:
        page.locator("input[name=login]").fill(name)
        page.keyboard.press("Enter")
        page.wait_for_url("**/auth/password")
        page.wait_for_load_state("networkidle")  # Its scripts may still exchange the form.
        page.locator("input[name=password]").fill(PASSWORD)
        page.get_by_role("button", name="Sign in").click()


SERVICES: tuple[type[RealService], ...] = (Mock, Canaille)
