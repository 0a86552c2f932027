"""Addresses for contributors: to report a message, to appeal."""

from django.urls import path

from manyvoices.collect.moderation import views

app_name = "moderation"

urlpatterns = [
    path("report/<uuid:message>/", views.report, name="report"),
    path("appeal/<uuid:message>/", views.appeal, name="appeal"),
]
