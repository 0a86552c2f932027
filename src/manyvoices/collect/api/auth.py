"""Who may ask: whoever may see the console, by the same login, study by study."""

from __future__ import annotations

from django.http import HttpRequest
from ninja.errors import HttpError
from ninja.security.session import SessionAuth

from manyvoices.collect.console.access import Ability, abilities, is_staff, studies_of

REFUSAL = "This account is not a researcher's account here."


class ResearcherSession(SessionAuth):
    """401 without a login, 403 with an account that has no role in any study."""

    def authenticate(self, request: HttpRequest, key: str | None) -> object | None:  # noqa: ARG002
        if not request.user.is_authenticated:
            return None
        if not is_staff(request) and not studies_of(request):
            raise HttpError(403, REFUSAL)
        return request.user


def require(request: HttpRequest, study_id: str, ability: Ability) -> None:
    """403 where the account may not do that in the study, whether there is such a study or not."""
    if ability not in abilities(request, study_id):
        raise HttpError(403, REFUSAL)
