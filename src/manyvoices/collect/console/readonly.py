"""What all administration pages share that show what people and models wrote."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from django.contrib.admin import ModelAdmin
from django.db.models import Model
from django.http import HttpRequest

if TYPE_CHECKING:
    BaseAdmin = ModelAdmin[Any]
else:
    BaseAdmin = ModelAdmin  # Django's class takes no type argument while running.


class FixedAdmin(BaseAdmin):
    """Rows are neither added nor deleted here.

    Studies are published from their files; taking data back is a withdrawal, which has rules of its
    own.
    """

    def has_add_permission(self, request: HttpRequest) -> bool:  # noqa: ARG002
        return False

    def has_delete_permission(self, request: HttpRequest, obj: Model | None = None) -> bool:  # noqa: ARG002
        return False


class ReadOnlyAdmin(FixedAdmin):
    """Looking only: what somebody wrote is not changed here either."""

    show_full_result_count = False

    def has_change_permission(self, request: HttpRequest, obj: Model | None = None) -> bool:  # noqa: ARG002
        return False
