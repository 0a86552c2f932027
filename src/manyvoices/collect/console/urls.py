"""Addresses of the researcher's pages."""

from django.contrib.auth.views import LogoutView
from django.urls import path

from manyvoices.collect.console import managing, views

app_name = "console"

urlpatterns = [
    path("", views.studies, name="studies"),
    path("login/", views.LoginView.as_view(), name="login"),
    path("logout/", LogoutView.as_view(next_page="console:login"), name="logout"),
    path("studies/<slug:study_id>/", views.study, name="study"),
    path("studies/<slug:study_id>/people/", views.people, name="people"),
    path("studies/<slug:study_id>/conversations/", views.conversations, name="conversations"),
    path(
        "studies/<slug:study_id>/conversations/<uuid:key>/",
        views.conversation,
        name="conversation",
    ),
    path("studies/<slug:study_id>/failures/", views.failures, name="failures"),
    path("studies/<slug:study_id>/quality/", managing.quality, name="quality"),
    path("studies/<slug:study_id>/quality.csv", managing.quality_file, name="quality-file"),
    path("studies/<slug:study_id>/cost/", managing.cost, name="cost"),
    path("studies/<slug:study_id>/cost.csv", managing.cost_file, name="cost-file"),
    path("studies/<slug:study_id>/progress/<slug:name>.csv", views.sheet, name="sheet"),
    path("studies/<slug:study_id>/tables/", managing.tables, name="tables"),
    path("studies/<slug:study_id>/tables/<slug:name>.csv", managing.table, name="table"),
    path("studies/<slug:study_id>/roles/", managing.roles, name="roles"),
    path("studies/<slug:study_id>/audit/", managing.audit, name="audit"),
]
