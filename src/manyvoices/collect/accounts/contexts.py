"""What the templates about accounts are given."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field

from manyvoices.collect.accounts.models import ApiKey
from manyvoices.collect.accounts.oidc import Service


@dataclass(frozen=True)
class SignInPage:
    next: str
    address: str = ""
    login: str = ""
    service: Service | None = None
    """Another service to sign in with, where there is one."""
    errors: dict[str, str] = field(default_factory=dict)


@dataclass(frozen=True)
class ServicePage:
    """Another service, to which somebody is on their way to sign in."""

    name: str
    url: str


@dataclass(frozen=True)
class LinkPage:
    is_open: bool
    address: str = ""


@dataclass(frozen=True)
class Record:
    study_id: str
    title: str


@dataclass(frozen=True)
class AccountPage:
    address: str
    has_password: bool
    records: Sequence[Record]
    here: Sequence[Record]
    """Studies in which this browser takes part without an account."""
    can_change: bool = True
    """Whether it can get another address here: the server's own accounts cannot."""
    typed: str = ""
    """The new address as it was typed."""
    service: Service | None = None
    is_connected: bool = False
    """Whether the service opens this account."""
    errors: dict[str, str] = field(default_factory=dict)


@dataclass(frozen=True)
class ConfirmPage:
    is_open: bool
    address: str = ""
    """The new address; empty on the page that ends an account."""
    errors: dict[str, str] = field(default_factory=dict)


@dataclass(frozen=True)
class DeletePage:
    address: str
    has_password: bool
    records: Sequence[Record]
    n_keys: int
    refused: str = ""
    """Why the account cannot end here."""
    errors: dict[str, str] = field(default_factory=dict)


@dataclass(frozen=True)
class KeysPage:
    keys: Sequence[ApiKey]
    scopes: Sequence[tuple[str, str]]
    shown: str = ""
    """The text of the key just made; this page alone ever has it."""
    name: str = ""
    errors: dict[str, str] = field(default_factory=dict)
