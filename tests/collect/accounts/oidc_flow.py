"""Run by test_oidc.py in a process of its own, since which service there is is a server's setting.

Beside the server stands a stand-in for a service: a small OpenID provider on this machine, with
discovery, authorisation, tokens and keys as the standard has them (RS256, PKCE). It is no real
service, and says what each scenario wants it to say. Prints what came of each, as JSON.
"""

from __future__ import annotations

import base64
import hashlib
import json
import os
import secrets
import sys
import threading
import time
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any
from urllib.parse import parse_qs, urlsplit

import jwt
import requests
from cryptography.hazmat.primitives.asymmetric import rsa

CLIENT, SECRET = "manyvoices-test", "a-secret-of-the-test"


def _key() -> rsa.RSAPrivateKey:
    return rsa.generate_private_key(public_exponent=65537, key_size=2048)


class StandIn:
    """A service: `wrong` names what it does not do as it should."""

    def __init__(self) -> None:
        self.key, self.other = _key(), _key()
        self.wrong = ""
        self.person: dict[str, Any] = {}
        self.codes: dict[str, dict[str, str]] = {}
        stand_in = self

        class Handler(BaseHTTPRequestHandler):
            def do_GET(self) -> None:
                place = urlsplit(self.path)
                query = {name: values[0] for name, values in parse_qs(place.query).items()}
                if place.path == "/authorize":
                    self.send_response(302)
                    self.send_header("Location", stand_in.authorize(query))
                    self.end_headers()
                else:
                    self._say(stand_in.answer(place.path))

            def do_POST(self) -> None:
                body = self.rfile.read(int(self.headers["Content-Length"])).decode()
                form = {name: values[0] for name, values in parse_qs(body).items()}
                self._say(stand_in.token(form))

            def _say(self, answer: dict[str, Any] | None) -> None:
                self.send_response(200 if answer is not None else 400)
                self.send_header("Content-Type", "application/json")
                self.end_headers()
                self.wfile.write(json.dumps(answer or {"error": "invalid_grant"}).encode())

            def log_message(self, *_words: object) -> None:
                return None

        self.server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.url = f"http://127.0.0.1:{self.server.server_port}"
        threading.Thread(target=self.server.serve_forever, daemon=True).start()

    def answer(self, path: str) -> dict[str, Any] | None:
        if path == "/.well-known/openid-configuration":
            return {
                "issuer": "https://evil.example" if self.wrong == "discovery" else self.url,
                "authorization_endpoint": f"{self.url}/authorize",
                "token_endpoint": f"{self.url}/token",
                "jwks_uri": f"{self.url}/keys",
                "userinfo_endpoint": f"{self.url}/userinfo",
                "token_endpoint_auth_methods_supported": ["client_secret_post"],
            }
        if path == "/keys":
            public = jwt.algorithms.RSAAlgorithm.to_jwk(self.key.public_key(), as_dict=True)
            public |= {"kid": "one", "use": "sig", "alg": "RS256"}
            if self.wrong == "no-alg":
                del public["alg"]
            more = [{**public, "kid": "two"}] if self.wrong == "no-kid-of-two" else []
            return {"keys": [public, *more]}
        if path == "/userinfo":
            return {**self.person, "sub": "another" if self.wrong == "userinfo" else "s-1"}
        return None

    def authorize(self, query: dict[str, str]) -> str:
        assert query["response_type"] == "code"
        assert query["client_id"] == CLIENT
        assert "openid" in query["scope"].split()
        if self.wrong == "denied":
            return f"{query['redirect_uri']}?error=access_denied&state={query['state']}"
        code = secrets.token_urlsafe(12)
        self.codes[code] = query
        state = "another-state" if self.wrong == "state" else query["state"]
        return f"{query['redirect_uri']}?code={code}&state={state}"

    def token(self, form: dict[str, str]) -> dict[str, Any] | None:
        asked = self.codes.pop(form.get("code", ""), None)
        digest = hashlib.sha256(form.get("code_verifier", "").encode()).digest()
        challenge = base64.urlsafe_b64encode(digest).decode().rstrip("=")
        if asked is None or challenge != asked["code_challenge"]:
            return None
        if (form["client_id"], form["client_secret"]) != (CLIENT, SECRET):
            return None
        if form["redirect_uri"] != asked["redirect_uri"] or self.wrong == "token":
            return None
        return {
            "access_token": secrets.token_urlsafe(12),
            "token_type": "Bearer",
            "expires_in": 60,
            "id_token": self._id_token(asked["nonce"]),
        }

    def _id_token(self, nonce: str) -> str:
        now = int(time.time())
        claims = {"iss": self.url, "aud": CLIENT, "sub": "s-1", "iat": now, "exp": now + 60}
        claims |= {"nonce": nonce}
        if "email" in self.person and not self.person.get("only_userinfo"):
            claims |= self.person
        claims |= {
            "nonce": {"nonce": "an-older-nonce"},
            "no-nonce": {},
            "issuer": {"iss": "https://evil.example"},
            "audience": {"aud": "another-program"},
            "audiences": {"aud": [CLIENT, "b"], "azp": "b"},
            "expired": {"iat": now - 900, "exp": now - 600},
        }.get(self.wrong, {})
        if self.wrong == "no-nonce":
            del claims["nonce"]
        if self.wrong == "no-sub":
            del claims["sub"]
        if self.wrong == "none":
            return jwt.encode(claims, None, algorithm="none", headers={"kid": "one"})
        if self.wrong == "shared":
            return jwt.encode(claims, "x" * 32, algorithm="HS256", headers={"kid": "one"})
        key = self.other if self.wrong == "signature" else self.key
        if self.wrong.startswith("no-kid"):
            return jwt.encode(claims, key, algorithm="RS256")
        name = "two" if self.wrong == "kid" else "one"
        kind = "RS512" if self.wrong in ("no-alg", "other-alg") else "RS256"
        return jwt.encode(claims, key, algorithm=kind, headers={"kid": name})


def main(folder: str) -> None:
    stand_in = StandIn()
    provider = {"id": "stand-in", "name": "A stand-in", "client_id": CLIENT, "secret": SECRET}
    os.environ |= {
        "MANYVOICES_OIDC": json.dumps({**provider, "server_url": f"{stand_in.url}/"}),
        "MANYVOICES_DATABASE_URL": f"sqlite:///{Path(folder) / 'oidc.sqlite3'}",
        "DJANGO_SETTINGS_MODULE": "manyvoices.collect.settings",
        "MANYVOICES_HOSTS": "testserver",
    }
    import django

    django.setup()
    from django.core.management import call_command

    call_command("migrate", verbosity=0)
    print(json.dumps(_scenarios(stand_in)))
    stand_in.server.shutdown()


def _leads_to(page: Any) -> str:
    """Where the page leads to by itself; its link leads there too."""
    url = str(page["Refresh"]).partition("url=")[2]
    assert url.replace("&", "&amp;") in page.content.decode()
    return url


def _scenarios(stand_in: StandIn) -> dict[str, Any]:
    from allauth.socialaccount.models import SocialAccount
    from django.contrib.auth.models import User
    from django.core.management import call_command
    from django.test import Client

    from manyvoices.collect.accounts import links

    def fresh(wrong: str = "", **person: Any) -> Client:
        call_command("flush", interactive=False, verbosity=0)
        stand_in.wrong, stand_in.person = wrong, person
        return Client()

    def flow(client: Client, next_url: str = "", act: str = "login", **more: str) -> Any:
        begun = client.post(f"/account/with/oidc/stand-in/{act}/", {"next": next_url, **more})
        if begun.status_code != 200:
            return begun
        back = requests.get(_leads_to(begun), allow_redirects=False, timeout=10)
        return client.get(back.headers["Location"].removeprefix("http://testserver"))

    def outcome(client: Client, answer: Any) -> dict[str, Any]:
        users = list(User.objects.order_by("pk").values_list("username", "email"))
        key = client.session.get("_auth_user_id")
        kept = list(SocialAccount.objects.values("provider", "uid", "extra_data"))
        where = answer.headers.get("Location", "")
        return {
            "status": answer.status_code,
            "to": where,
            "as": User.objects.get(pk=key).username if key else None,
            "users": users,
            "kept": kept,
        }

    found: dict[str, Any] = {}
    confirmed = {"email": "Ada@example.org", "email_verified": True}
    client = fresh(**confirmed, name="Ada Lovelace", picture="https://x.example/ada.png")
    page = client.get("/account/sign-in/").content.decode()
    found["button"] = 'action="/account/with/oidc/stand-in/login/"' in page
    begun = client.post("/account/with/oidc/stand-in/login/")
    found["way"] = [_leads_to(begun).startswith(f"{stand_in.url}/authorize?"), begun.status_code]
    found["new"] = outcome(client, flow(client, "/account/keys/"))
    found["again"] = outcome(other := Client(), flow(other))
    client = fresh(**confirmed)
    mine = links.account_for("ada@example.org")
    found["linked"] = outcome(client, flow(client)) | {"mine": mine.username if mine else None}
    stand_in.person = {"email": "new@example.org", "email_verified": True}
    found["moved"] = outcome(other := Client(), flow(other))
    client = fresh(**confirmed, only_userinfo=True)
    found["userinfo"] = outcome(client, flow(client))
    client = fresh(email="ada@example.org", email_verified=False)
    links.account_for("ada@example.org")
    found["claimed"] = outcome(client, flow(client))
    client = fresh()
    found["nameless"] = outcome(client, flow(client))
    client = fresh(**confirmed)
    User.objects.create_user("root", "ada@example.org", is_staff=True)
    found["staff"] = outcome(client, flow(client))
    client = fresh(**confirmed)
    flow(client)
    User.objects.update(is_active=False)
    found["closed"] = outcome(other := Client(), flow(other))
    client = fresh(**confirmed)
    found["elsewhere"] = outcome(client, flow(client, "https://evil.example/"))
    client = fresh(email="ada@example.org", email_verified="true")
    mine = links.account_for("ada@example.org")
    found["in words"] = outcome(client, flow(client)) | {"mine": mine.username if mine else None}
    for unusual in ("no-alg", "no-kid"):
        client = fresh(unusual, **confirmed)
        found[unusual] = outcome(client, flow(client))
    found |= _connecting(stand_in, fresh, flow, outcome)
    for wrong in (
        *("other-alg", "no-kid-of-two"),
        *("state", "nonce", "no-nonce", "issuer", "discovery", "audience", "audiences"),
        *("expired", "signature", "kid", "none", "shared", "no-sub", "denied", "token"),
    ):
        client = fresh(wrong, **confirmed)
        found[wrong] = outcome(client, flow(client))
    client = fresh("userinfo")
    found["userinfo of another"] = outcome(client, flow(client))
    client = fresh(**confirmed)
    begun = client.post("/account/with/oidc/stand-in/login/")
    back = requests.get(_leads_to(begun), allow_redirects=False, timeout=10)
    place = back.headers["Location"].removeprefix("http://testserver")
    found["another browser"] = outcome(other := Client(), other.get(place))
    client.get(place)
    client.logout()
    found["twice"] = outcome(client, client.get(place))
    found["by a link"] = fresh().get("/account/with/oidc/stand-in/login/").status_code
    found["no service"] = fresh().post("/account/with/oidc/other/login/").status_code
    found["pages of allauth"] = [
        fresh().get(f"/account/with/{page}/").status_code for page in ("signup", "login", "email")
    ]
    stand_in.server.shutdown()
    stand_in.server.server_close()
    client = Client()
    found["unreachable"] = outcome(client, flow(client))
    return found


def _connecting(stand_in: StandIn, fresh: Any, flow: Any, outcome: Any) -> dict[str, Any]:
    """An account and a service that are brought together, and parted again."""
    from django.contrib.auth.models import User
    from django.test import Client

    from manyvoices.collect.accounts import links

    def signed_in(address: str) -> Client:
        client, user = Client(), links.account_for(address)
        assert user is not None
        client.force_login(user)
        return client

    found, leave = {}, "/account/with/oidc/stand-in/leave/"
    fresh(email="ada@university.example")
    client = signed_in("ada@example.org")
    found["connected"] = outcome(client, flow(client, act="connect"))
    found["shown"] = leave in client.get("/account/").content.decode()
    found["opens"] = outcome(other := Client(), flow(other))
    stranger = signed_in("bea@example.org")
    found["taken"] = outcome(stranger, flow(stranger, act="connect"))
    found["parted"] = outcome(client, client.post(leave))
    found["opens no more"] = outcome(other := Client(), flow(other))
    found["the only way"] = outcome(other, other.post(leave))
    fresh()
    client = signed_in("ada@example.org")
    user = User.objects.get()
    user.set_password("a long enough secret")
    user.save()
    client.force_login(user)
    found["no password"] = outcome(client, flow(client, act="connect"))
    found["password"] = outcome(
        client, flow(client, act="connect", password="a long enough secret")
    )
    stand_in.wrong = "denied"
    found["cancelled"] = outcome(
        client, flow(client, act="connect", password="a long enough secret")
    )
    stand_in.wrong = ""
    found["of nobody"] = outcome(other := Client(), flow(other, act="connect"))
    return found


if __name__ == "__main__":
    main(sys.argv[1])
