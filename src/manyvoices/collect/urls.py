"""Every address of the server."""

from django.conf import settings
from django.contrib import admin
from django.urls import include, path
from django.views.i18n import set_language

from manyvoices.collect import leaderboard
from manyvoices.collect.api.urls import api
from manyvoices.collect.people import views as people

urlpatterns = [
    path("", people.home, name="home"),
    path("s/<slug:study_id>/", include("manyvoices.collect.people.urls")),
    path("s/<slug:study_id>/survey/", include("manyvoices.collect.surveys.urls")),
    path("s/<slug:study_id>/talk/", include("manyvoices.collect.conversations.urls")),
    path("s/<slug:study_id>/compare/", include("manyvoices.collect.comparisons.urls")),
    path("s/<slug:study_id>/trees/", include("manyvoices.collect.trees.urls")),
    path("s/<slug:study_id>/moderation/", include("manyvoices.collect.moderation.urls")),
    path("s/<slug:study_id>/community/", include("manyvoices.collect.community.urls")),
    path(
        "console/studies/<slug:study_id>/moderation/",
        include("manyvoices.collect.moderation.console_urls"),
    ),
    path("account/", include("manyvoices.collect.accounts.urls")),
    path("console/studies/<slug:study_id>/reviewers/", include("manyvoices.collect.quality.urls")),
    path(
        "console/studies/<slug:study_id>/comparisons/",
        include("manyvoices.collect.comparisons.console_urls"),
    ),
    path("console/studies/<slug:study_id>/webhooks/", include("manyvoices.collect.webhooks.urls")),
    path("console/", include("manyvoices.collect.console.urls")),
    path("language/", set_language, name="set_language"),
    path("leaderboard/", leaderboard.board_file, name="leaderboard"),
    path("leaderboard/<str:name>", leaderboard.board_file, name="leaderboard_file"),
    path("admin/", admin.site.urls),
    path("api/v1/", api.urls),
]
if getattr(settings, "OIDC_PROVIDER", ""):
    # The addresses of the flow; allauth's own pages are not served.
    from manyvoices.collect.accounts import oidc_views

    place = "account/with/oidc/<slug:provider_id>"
    urlpatterns += [
        path(f"{place}/login/", oidc_views.begin, name="openid_connect_login"),
        path(f"{place}/login/callback/", oidc_views.callback, name="openid_connect_callback"),
        path(f"{place}/connect/", oidc_views.begin_connecting, name="openid_connect_connect"),
        path(f"{place}/leave/", oidc_views.leave, name="openid_connect_leave"),
    ]
