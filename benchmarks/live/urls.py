"""The server's addresses and one page more: the bare page that others are measured against.

The page is what any Django page with a form does at least: one row read by its key, one template
with the site's frame and a protected form. It goes through the same middleware.
"""

from __future__ import annotations

from typing import Any

from django.http import HttpRequest, HttpResponse
from django.template import engines
from django.urls import path

from manyvoices.collect.studies.models import Study
from manyvoices.collect.urls import urlpatterns as all_pages

FORM = """{% extends "base.html" %}{% load i18n static %}
{% block title %}Bare{% endblock %}
{% block main %}<h1>{% translate "Rate the answers" %}</h1>
<form method="post">{% csrf_token %}<textarea name="prompt"></textarea>
<button type="submit">{% translate "Send" %}</button></form>{% endblock %}
{% block scripts %}{% include "parts/scripts.html" with sliders=True %}{% endblock %}"""


def bare(request: HttpRequest) -> HttpResponse:
    study = Study.objects.get(pk="load")
    template = engines["django"].from_string(FORM) if not _compiled else _compiled[0]
    _compiled[:] = [template]
    return HttpResponse(template.render({"study": study, "page": None}, request))


def empty(_request: HttpRequest) -> HttpResponse:
    return HttpResponse("ok")


_compiled: list[Any] = []
urlpatterns = [path("bare/", bare), path("empty/", empty), *all_pages]
