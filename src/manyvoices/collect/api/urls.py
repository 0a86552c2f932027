"""The OpenAPI interface: documents itself at ``/api/v1/docs``."""

from __future__ import annotations

from django.http import HttpRequest
from ninja import NinjaAPI, Schema

import manyvoices

api = NinjaAPI(title="manyvoices", version="1", docs_url=None)


class Health(Schema):
    """That the server answers, and what it is."""

    status: str
    version: str


@api.get("/health", response=Health, auth=None)
def health(request: HttpRequest) -> Health:  # noqa: ARG001 - ninja passes it by this name
    """For load balancers and for ``manyvoices serve`` itself: answers once the server is up."""
    return Health(status="ok", version=manyvoices.__version__)
