"""The OpenAPI interface; it describes itself at ``/api/v1/openapi.json``."""

from __future__ import annotations

from django.http import HttpRequest
from django.shortcuts import get_object_or_404
from django.utils import timezone
from ninja import NinjaAPI

import manyvoices
from manyvoices.collect.api.answer_views import router as answers
from manyvoices.collect.api.auth import ResearcherSession, require
from manyvoices.collect.api.progress import progress_of
from manyvoices.collect.api.quiz_views import router as quizzes
from manyvoices.collect.api.refusals import explain
from manyvoices.collect.api.schemas import Health, Problem, Progress, StudySummary
from manyvoices.collect.api.task_views import router as tasks
from manyvoices.collect.api.tree_views import exports
from manyvoices.collect.api.tree_views import router as trees
from manyvoices.collect.api.webhook_views import router as webhooks
from manyvoices.collect.console.access import Ability, studies_of
from manyvoices.collect.console.queries import progress as reads
from manyvoices.collect.console.queries.study import study_facts
from manyvoices.collect.studies.models import Study

# No page of documentation: ninja's would load scripts from elsewhere, which our policy forbids.
api = NinjaAPI(title="manyvoices", version="1", docs_url=None, auth=ResearcherSession())
explain(api)
for router in (tasks, answers, quizzes, trees, exports):
    api.add_router("/trees", router)
api.add_router("/studies", webhooks)
REFUSED = {401: Problem, 403: Problem}


@api.get("/health", response=Health, auth=None)
def health(request: HttpRequest) -> Health:  # noqa: ARG001
    """For load balancers and for ``manyvoices serve`` itself: answers once the server is up."""
    return Health(status="ok", version=manyvoices.__version__)


@api.get("/studies", response={200: list[StudySummary], **REFUSED})
def studies(request: HttpRequest) -> list[StudySummary]:
    """The studies of this server that the account may see."""
    numbers, mine = reads.current_versions(), studies_of(request)
    return [
        StudySummary(
            id=study.pk,
            title=study.title,
            is_open=study.is_open,
            current_version=numbers.get(study.pk),
            created_at=study.created_at,
        )
        for study in reads.studies()
        if mine is None or study.pk in mine
    ]


@api.get("/studies/{slug:study_id}/progress", response={200: Progress, 404: Problem, **REFUSED})
def progress(request: HttpRequest, study_id: str) -> Progress:
    """How a study is going: the same counts as on the console's page."""
    require(request, study_id, Ability.PROGRESS)
    return progress_of(study_facts(get_object_or_404(Study, pk=study_id), now=timezone.now()))
